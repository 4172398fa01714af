"""Reviewing by keyboard: verdicts on one and on many, fixes, undo, conflicts, a table that never moves."""

from pathlib import Path
from typing import Any

import pytest

from store import labeling, reviewing, submitting, users
from store.bounds import thresholds as thresholds_of
from store.predictions import Said
from store.queues import Order
from store.tables import Annotation, Assignment, Review, Task
from store.values import Region, Side, Status, Verdict
from tests.conftest import Project
from tests.labeling_scene import Stage, add_pictures, opened, rows, statuses, task
from tui.places import Place
from tui.queue_filter import EVERYTHING
from tui.review_queue import View


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Four pictures that anna has labeled and olga is to review."""

    def __init__(self, project: Project, **plan: Any) -> None:
        self.olga = project.owner
        self.inputs = add_pictures(project.folder, self.olga)
        settled = {
            "labelers": ["anna"],
            "reviewers": ["olga"],
            "review": "manual",
            "concepts": ["cat", "dog"],
        }
        self.task = task(self.olga, **{**settled, **plan})
        self.anna = users.find("anna")
        for number, input_id in enumerate(self.inputs):
            region = Region.from_box(0.1, 0.1, 0.5, 0.5) if self.task.type == "detection" else None
            labeling.add(self.anna, self.task, input_id, "cat" if number % 2 == 0 else "dog", region)
            submitting.submit(self.anna, self.task, input_id)

    def open(self, at_input: int | None = None, **options: Any) -> Any:
        return opened(self.olga, Place("review", str(self.task.uid), at_input), **options)

    def reviews(self) -> list[str]:
        """What became of the review assignments, by input."""
        return [status for _, _, status in statuses(self.task, Side.REVIEW)]


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


def lines(stage: Stage) -> list[str]:
    """The table's lines with a file."""
    return [line.strip() for line in stage.text().splitlines() if ".png" in line and "/4" not in line]


async def test_the_table_says_who_labeled_what(scene: Scene) -> None:
    async with scene.open() as stage:
        assert "Review animals  1/4 · 0 done · 4 left" in stage.text()
        assert [line.split() for line in lines(stage)] == [
            ["▌", "00.png", "anna", "cat"],
            ["01.png", "anna", "dog"],
            ["02.png", "anna", "cat"],
            ["03.png", "anna", "dog"],
        ]


async def test_approve_and_reject_go_on_to_the_next(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("enter")
        assert stage.names() == ["cat"]
        assert "anna" in stage.text()
        await stage.press("a", "x")
        assert scene.reviews() == ["SUCCESS", "REVIEW_DENIED", "AWAITING_REVIEW", "AWAITING_REVIEW"]
        assert Annotation.get(Annotation.input == scene.inputs[0]).status == Status.SUCCESS
        assert Annotation.get(Annotation.input == scene.inputs[1]).status == Status.REVIEW_DENIED
        assert "3/4 · 2 done · 2 left" in stage.text()
        await stage.press("q")
        shown = lines(stage)
        assert [shown[0].split()[0], shown[1].split()[0]] == ["✓", "✗"]
        assert shown[2].startswith("▌")


async def test_changes_are_asked_for_with_a_comment(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("enter", "c")
        assert "Which changes?" in stage.text()
        await stage.press(*"axe it", "enter")
        assert Review.get().comment == "axe it" and Review.get().verdict == Verdict.REQUEST_CHANGES
        assert statuses(scene.task, Side.LABEL)[0] == ("anna", scene.inputs[0], "PENDING")
        assert stage.screen.input_id == scene.inputs[1]
        await stage.press("h")
        assert "Sent back for changes." in stage.text() and "olga: axe" in stage.text()
        await stage.press("q")
        assert lines(stage)[0].split()[:2] == ["▌", "↩"]


async def test_changes_need_a_comment_and_a_person(project: Project) -> None:
    scene = Scene(project)
    async with scene.open() as stage:
        await stage.press("enter", "c", "enter")
        assert "which changes you want" in stage.said()[-1]
        assert scene.reviews()[0] == "AWAITING_REVIEW"
        await stage.press(*"why", "escape", "a")
        assert scene.reviews()[0] == "SUCCESS"


async def test_a_comment_that_is_refused_stays_in_its_field(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("enter", "c", *"axe it")
        reviewing.decide(scene.olga, scene.task, scene.inputs[:1], Verdict.APPROVE)
        await stage.press("enter")
        assert Review.select().count() == 1
        assert "axe it" in stage.text()


async def test_fixing_then_approving(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("enter", "e", *"tabby", "enter")
        await stage.press("slash", *"sofa", "enter")
        assert rows(input=scene.inputs[0]) == [("tabby", 1, "anna"), ("sofa", 1, "olga")]
        await stage.press("a")
        first = Annotation.input == scene.inputs[0]
        assert {row.status for row in Annotation.select().where(first)} == {Status.SUCCESS}
        await stage.press("d")
        assert rows(input=scene.inputs[1]) == []
        assert "deleted dog" in stage.said()
        await stage.press("u")
        assert rows(input=scene.inputs[1]) == [("dog", 1, "anna")]
        await stage.press("1", "a")
        assert rows(input=scene.inputs[1]) == []
        assert scene.reviews()[1] == "SUCCESS"


async def test_undo_takes_the_verdict_back_and_returns(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("enter", "a", "u")
        assert stage.screen.input_id == scene.inputs[0]
        assert scene.reviews()[0] == "AWAITING_REVIEW" and "0 done" in stage.text()
        await stage.press("ctrl+r")
        assert scene.reviews()[0] == "SUCCESS" and "1 done" in stage.text()
        await stage.press("q", "u")
        assert scene.reviews()[0] == "AWAITING_REVIEW" and "0 done" in stage.text()


async def test_a_verdict_on_what_is_marked_is_asked_and_one_step(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("space", "j", "space")
        assert "2 marked" in stage.text()
        await stage.press("a")
        assert "Approve 2 inputs of 'animals'?" in stage.text()
        await stage.press("n")
        assert set(scene.reviews()) == {"AWAITING_REVIEW"}
        await stage.press("a", "y")
        await stage.settle()
        assert scene.reviews() == ["SUCCESS", "AWAITING_REVIEW", "SUCCESS", "AWAITING_REVIEW"]
        assert "marked" not in stage.text()
        await stage.press("u")
        assert set(scene.reviews()) == {"AWAITING_REVIEW"}


async def test_a_range_is_marked(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("j", "V", "G")
        assert "3 marked" in stage.text()
        await stage.press("V", "x", "y")
        await stage.settle()
        assert scene.reviews() == ["AWAITING_REVIEW", *["REVIEW_DENIED"] * 3]


async def test_everything_is_marked_and_unmarked(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("a", "asterisk")
        assert "3 marked" in stage.text()
        await stage.press("escape")
        assert "marked" not in stage.text()


async def test_the_filter_keeps_the_order_and_the_viewer_walks_in_it(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("slash", *"anna do", "enter")
        await stage.until(lambda: len(stage.screen.queue.shown) == 2, "the filter")
        await stage.settle()
        assert [line.split()[-3] for line in lines(stage)] == ["01.png", "03.png"]
        assert "2 of 4: with anna do · escape shows all" in stage.text()
        await stage.press("enter", "a")
        assert stage.screen.input_id == scene.inputs[3]
        await stage.press("q", "slash")
        await stage.press(*["backspace"] * 10, *"zebra", "enter")
        await stage.until(lambda: "Nothing in the queue matches" in stage.text(), "no match")
        await stage.press("escape")
        assert len(lines(stage)) == 4


async def test_what_somebody_else_has_decided_is_a_sentence_and_a_mark(project: Project) -> None:
    scene = Scene(project, reviewers=["olga", "bob"], stacked=True)
    async with scene.open() as stage:
        await stage.press("enter")
        bob = users.find("bob")
        reviewing.decide(bob, scene.task, scene.inputs[:1], Verdict.REJECT)
        await stage.press("a")
        assert "is no longer open: it is Review Denied" in stage.said()[-1]
        assert "Rejected." in stage.text()
        assert Review.select().count() == 1
        await stage.press("s")
        assert stage.screen.input_id == scene.inputs[1]
        await stage.press("q")
        assert lines(stage)[0].startswith("✗")


async def test_marks_on_what_is_decided_already_go_away(project: Project) -> None:
    scene = Scene(project, reviewers=["olga", "bob"], stacked=True)
    async with scene.open() as stage:
        await stage.press("asterisk")
        reviewing.decide(users.find("bob"), scene.task, scene.inputs[:1], Verdict.REJECT)
        await stage.press("a", "y")
        await stage.settle()
        assert "no longer open" in stage.said()[-1]
        assert "3 marked" in stage.text()
        await stage.press("a", "y")
        await stage.settle()
        mine = Assignment.select().where(Assignment.side == Side.REVIEW, Assignment.user == scene.olga)
        assert [row.status for row in mine.order_by(Assignment.input)] == [
            Status.REVIEW_DENIED,
            *[Status.SUCCESS] * 3,
        ]


async def test_the_table_stays_as_it_was_until_it_is_refreshed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("a")
        assert len(lines(stage)) == 4
        await stage.press("R")
        assert [line.split()[-3] for line in lines(stage)] == ["01.png", "02.png", "03.png"]


async def test_it_opens_at_the_input_where_it_was(scene: Scene) -> None:
    async with scene.open(scene.inputs[2]) as stage:
        assert stage.screen.input_id == scene.inputs[2]
        assert stage.screen.place() == Place("review", str(scene.task.uid), scene.inputs[2])
        await stage.press("a", "a", "a", "a")
        assert "Everything here is decided" in stage.text()
        await stage.press("x", "d", "e", "slash", "c", "q")
        assert "4 done · 0 left" in stage.text()
        assert set(scene.reviews()) == {"SUCCESS"}


async def test_an_empty_queue_is_a_sentence(scene: Scene) -> None:
    reviewing.decide(scene.olga, scene.task, scene.inputs, Verdict.APPROVE)
    async with scene.open() as stage:
        assert "Nothing waits for your review here" in stage.text()
        await stage.press("enter", "a", "x", "space", "V", "asterisk", "j", "G")
        assert "Nothing waits for your review here" in stage.text()


async def test_a_hundred_thousand_lines_cost_no_more_than_those_in_sight(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store import review_lines

    asked: list[int] = []
    read = review_lines.read

    def counted(of: Task, reviewer: Any, inputs: Any) -> Any:
        asked.append(len(inputs))
        return read(of, reviewer, inputs)

    monkeypatch.setattr(review_lines, "read", counted)
    async with scene.open() as stage:
        many = [scene.inputs[n % 4] + 1000 * (n // 4) for n in range(100_000)]
        asked.clear()
        stage.screen._opened(View(many, many, EVERYTHING, Order.INPUT))
        await stage.press("G")
        assert stage.screen.table.cursor == 99_999
        await stage.press("g", "g")
        assert stage.screen.table.cursor == 0
        assert "1/100000" in stage.text()
        assert sum(asked) < 2_000


async def test_a_model_cannot_be_asked_for_changes(project: Project) -> None:
    from store import models, running
    from store.jobs import claim
    from store.predictions import Router, write_chunk

    olga = project.owner
    first, *_ = add_pictures(project.folder, olga, 1)
    made = task(olga, auto="efficientnet-lite0", concepts=["tabby"], lower=0.1, upper=0.9, reviewers=["olga"])
    running.start(olga, made)
    (job,) = claim("test", priorities=(0, 10))
    tabby = models.concepts(models.find("efficientnet-lite0"))["tabby"]
    router = Router.of(made, thresholds_of(made))
    write_chunk(router, job, "test", {first: [Said(tabby.id, 0.5)]})
    async with opened(olga, Place("review", str(made.uid))) as stage:
        assert "efficientnet" in stage.text() and "tabby 0.50" in stage.text()
        await stage.press("enter", "c", *"which?", "enter")
        assert "is a model and cannot change its labels" in stage.said()[-1]
        await stage.press("a")
        assert statuses(made, Side.REVIEW) == [("olga", first, "SUCCESS")]


async def test_adding_where_regions_are_asked_for_draws_and_nothing_typed_decides(project: Project) -> None:
    scene = Scene(project, type="detection")
    async with scene.open() as stage:
        await stage.press("enter")
        before = rows()
        await stage.press("slash", "d", "x", "a")
        assert stage.screen.canvas.is_editing
        assert rows() == before and Review.select().count() == 0
