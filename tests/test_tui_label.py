"""Labeling by keyboard: what each key writes, what the list shows, what happens when things go wrong."""

import threading
from pathlib import Path
from typing import Any

import pytest

from store import jobs, models, progress, reviewing, submitting, users
from store.tables import Annotation, Assignment, Concept, Job, Task
from store.values import Side, Status, Verdict
from tests.conftest import Project
from tests.labeling_scene import (
    CLASSIFIER,
    DETECTOR,
    add_pictures,
    opened,
    predicted,
    rows,
    statuses,
    task,
)
from tui.entries import Entry
from tui.hotkeys import Hotkeys
from tui.places import Place
from tui.screens.label import LabelScreen
from tui.screens.tasks import TasksScreen
from tui.widgets.concept_field import matches
from tui.widgets.concept_list import bar, number

Said = dict[int, list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Four pictures and a task of olga's with suggestions on the first two."""

    def __init__(self, project: Project, **plan: Any) -> None:
        self.olga = project.owner
        self.folder = project.folder
        self.inputs = add_pictures(project.folder, self.olga)
        self.version = models.find(CLASSIFIER)
        self.task = task(self.olga, **{"assist": CLASSIFIER, **plan})
        first, second, *_ = self.inputs
        predicted(
            self.version,
            {
                first: [("tiger cat", 0.7), ("tabby", 0.25), ("goldfish", 0.03)],
                second: [("goldfish", 0.9)],
            },
        )

    def open(self, **options: Any) -> Any:
        return opened(self.olga, Place("label", str(self.task.uid)), **options)


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


async def test_the_list_is_sorted_by_score_with_hotkeys_and_the_task_s_progress(scene: Scene) -> None:
    async with scene.open() as stage:
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]
        text = stage.text()
        assert "animals  1/4 · 0 done · 4 left" in text
        assert "00.png" in text
        assert "Classifications (3)" in text
        shown = [line for line in text.splitlines() if "tiger cat" in line]
        assert " 1 " in shown[0] and "0.70" in shown[0] and "█" in shown[0]


async def test_a_digit_accepts_and_takes_back(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("2")
        assert rows() == [("tabby", 1, "olga")]
        assert Annotation.get().status == Status.PENDING
        assert Annotation.get().score == 0.25
        assert stage.marks() == {"tiger cat": None, "tabby": 1, "goldfish": None}
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]
        await stage.press("2")
        assert rows() == []
        assert stage.marks()["tabby"] is None


async def test_keys_typed_ahead_act_in_their_order(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "2", "1", "enter", "1", "enter")
        assert rows(input=scene.inputs[0]) == [("tabby", 1, "olga")]
        assert rows(input=scene.inputs[1]) == [("goldfish", 1, "olga")]
        assert stage.screen.input_id == scene.inputs[2]


@pytest.mark.parametrize("leave", ["q", "ctrl+c"])
async def test_leaving_waits_for_what_was_typed_before(scene: Scene, leave: str) -> None:
    async with scene.open() as stage:
        busy = threading.Event()
        stage.app.writer.submit(busy.wait)
        await stage.pilot.press("1", "enter", "1", "enter", leave)
        assert rows() == []
        busy.set()
        await stage.until(lambda: stage.app._exit or not isinstance(stage.screen, LabelScreen), "left")
        assert rows() == [("tiger cat", 1, "olga"), ("goldfish", 1, "olga")]
        assert statuses(scene.task, Side.LABEL)[:2] == [
            ("olga", input_id, "SUCCESS") for input_id in scene.inputs[:2]
        ]


async def test_keys_typed_after_leaving_are_for_the_screen_below(scene: Scene) -> None:
    async with scene.open() as stage:
        busy = threading.Event()
        stage.app.writer.submit(busy.wait)
        await stage.pilot.press("1", "q", "slash", "z")
        busy.set()
        await stage.until(lambda: stage.app.writer.idle, "written")
        await stage.until(lambda: isinstance(stage.screen, TasksScreen), "left")
        await stage.until(lambda: stage.screen.query_one("#filter").value == "z", "filtered")
        assert rows() == [("tiger cat", 1, "olga")]


async def test_a_and_x_decide_on_the_highlighted_one_and_go_on(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("tab", "a")
        assert rows() == [("tabby", 1, "olga")]
        assert stage.screen.rows.current.name == "goldfish"
        await stage.press("x")
        assert rows() == [("tabby", 1, "olga"), ("goldfish", 0, "olga")]
        await stage.press("a")
        assert rows() == [("tabby", 1, "olga"), ("goldfish", 1, "olga")]


async def test_a_again_and_again_accepts_one_after_the_other_and_takes_nothing_back(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("a", "a", "a", "a", "a")
        assert rows() == [(name, 1, "olga") for name in ("tiger cat", "tabby", "goldfish")]
        assert stage.screen.rows.current.name == "goldfish"


async def test_going_on_passes_what_is_decided(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("2", "k", "a")
        assert stage.screen.rows.current.name == "goldfish"


async def test_d_takes_back_what_was_accepted_or_rejected(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("a", "x", "k", "k", "d")
        assert stage.marks() == {"tiger cat": None, "tabby": 0, "goldfish": None}
        await stage.press("j", "d")
        assert rows() == []
        await stage.press("d")
        assert "nobody has accepted it" in stage.said()[-1]


async def test_accept_all_is_one_step_of_what_is_shown(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("greater_than_sign")
        assert stage.names() == ["tiger cat", "tabby"]
        await stage.press("A")
        assert rows() == [("tiger cat", 1, "olga"), ("tabby", 1, "olga")]
        assert "accepted 2 suggestions" in stage.said()
        await stage.press("u")
        assert rows() == []


async def test_a_new_concept_is_typed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("slash", *"Zorg", "enter")
        assert rows() == [("Zorg", 1, "olga")]
        assert Concept.get(Concept.name == "Zorg").joined
        assert stage.screen.rows.current.name == "Zorg"
        await stage.press("1")
        assert ("tiger cat", 1, "olga") in rows()


async def test_a_known_concept_is_found_by_a_few_letters(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("c", *"goldf", "down")
        assert "goldfish" in stage.text() and "goldfinch" in stage.text()
        await stage.press("enter")
        assert rows() == [("goldfish", 1, "olga")]
        await stage.press("slash", "escape")
        assert rows() == [("goldfish", 1, "olga")]


async def test_letters_in_the_field_are_no_keys(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("slash", *"qax1u", "escape")
        assert rows() == []
        assert stage.screen.input_id == scene.inputs[0]


async def test_another_concept_instead_of_the_suggested_one_is_one_step(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("e", *"my cat", "enter")
        (annotation,) = Annotation.select()
        assert annotation.concept.name == "my cat"
        assert annotation.original_concept.name == "tiger cat"
        assert stage.names() == ["my cat", "tabby", "goldfish"]
        assert "(tiger cat)" in stage.text()
        await stage.press("u")
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]


async def test_submitting_goes_on_and_ends_at_the_end(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "enter")
        assert statuses(scene.task, Side.LABEL)[0] == ("olga", scene.inputs[0], "SUCCESS")
        assert rows(status=Status.SUCCESS) == [("tiger cat", 1, "olga")]
        assert "2/4 · 1 done · 3 left" in stage.text()
        await stage.press("enter", "enter", "enter")
        assert "Nothing is left to label here" in stage.text()
        assert {status for _, _, status in statuses(scene.task, Side.LABEL)} == {"SUCCESS"}
        await stage.press("enter", "a", "1", "x", "A", "e", "s")
        assert rows() == [("tiger cat", 1, "olga")]


async def test_what_was_skipped_comes_again_after_the_last(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("s", "enter", "enter", "enter")
        assert stage.screen.input_id == scene.inputs[0]
        assert statuses(scene.task, Side.LABEL)[0] == ("olga", scene.inputs[0], "PENDING")


async def test_undo_goes_back_to_where_it_was_and_redo_forth(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "enter", "u")
        assert stage.screen.input_id == scene.inputs[0]
        assert stage.said()[-1] == f"undone: submit input {scene.inputs[0]}"
        assert rows(status=Status.PENDING) == [("tiger cat", 1, "olga")]
        assert "0 done" in stage.text()
        await stage.press("u")
        assert rows() == []
        await stage.press("ctrl+r", "ctrl+r")
        assert rows(status=Status.SUCCESS) == [("tiger cat", 1, "olga")]
        assert "1 done" in stage.text()


async def test_undo_does_not_reach_out_of_the_task(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("u")
        assert Task.select().where(Task.deleted == False).count() == 1
        assert "not in this task" in stage.said()[-1]


async def test_what_was_submitted_can_be_changed(project: Project) -> None:
    scene = Scene(project, review="manual")
    async with scene.open() as stage:
        await stage.press("1", "enter", "h")
        assert "Submitted: Awaiting Review" in stage.text()
        await stage.press("2")
        assert rows(status=Status.AWAITING_REVIEW) == [("tiger cat", 1, "olga"), ("tabby", 1, "olga")]


async def test_what_was_sent_back_comes_first_with_who_and_why(project: Project) -> None:
    scene = Scene(project, review="manual", reviewers=["olga"], labelers=["olga"], own_review=True)
    first, _, third, fourth = scene.inputs
    for input_id in (third, fourth):
        submitting.submit(scene.olga, scene.task, input_id)
        wish = f"which cat is {input_id}? [b]"
        reviewing.decide(scene.olga, scene.task, [input_id], Verdict.REQUEST_CHANGES, comment=wish)
    assert progress.summaries(scene.olga)[0].sent_back == 2
    async with opened(scene.olga, Place()) as stage:
        assert "2 sent back" in stage.text()
    async with scene.open() as stage:
        assert stage.screen.input_id == third
        assert "Sent back by olga" in stage.text() and f"which cat is {third}? [b]" in stage.text()
        await stage.press("s")
        assert stage.screen.input_id == fourth and f"which cat is {fourth}?" in stage.text()
        await stage.press("1", "enter")
        assert stage.screen.input_id == first and "Sent back" not in stage.text()
        await stage.press("enter", "enter")
        assert stage.screen.input_id == third and "Sent back" in stage.text()
        await stage.press("enter", "h")
        assert "Sent back" not in stage.text()
    assert progress.summaries(scene.olga)[0].sent_back == 0


async def test_a_task_without_a_model_offers_its_concepts(project: Project) -> None:
    scene = Scene(project, assist=None, concepts=["cat", "dog"])
    async with scene.open() as stage:
        assert stage.names() == ["cat", "dog"]
        await stage.press("2")
        assert rows() == [("dog", 1, "olga")]
        assert stage.names() == ["cat", "dog"]
        await stage.press("2", "1")
        assert rows() == [("cat", 1, "olga")]


async def test_suggestions_arrive_by_themselves_and_move_no_hotkey(project: Project) -> None:
    scene = Scene(project, concepts=["tabby", "goldfish", "tiger cat"])
    third = scene.inputs[2]
    async with scene.open() as stage:
        await stage.press("l", "l")
        assert stage.screen.input_id == third
        assert "predicting…" in stage.text()
        assert stage.names() == ["tabby", "goldfish", "tiger cat"]

        def engine() -> None:
            predicted(scene.version, {third: [("goldfish", 0.8), ("tabby", 0.1)]})

        stage.app.writer.submit(engine)
        await stage.until(lambda: stage.names() == ["goldfish", "tabby", "tiger cat"], "suggestions arrive")
        await stage.pilot.pause()
        assert "predicting…" not in stage.text()
        await stage.press("1")
        assert rows() == [("tabby", 1, "olga")]


async def test_what_comes_next_is_asked_of_the_engine_once(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("l", "l", "h", "l")
        asked = [(job.priority, job.payload["inputs"]) for job in Job.select().order_by(Job.id)]
        third, fourth = scene.inputs[2:]
        assert asked == [(jobs.AHEAD, [third, fourth]), (jobs.INTERACTIVE, [third])]
        assert {job.model_version_id for job in Job.select()} == {scene.version.id}


async def test_an_engine_that_cannot_run_the_model_is_told_instead_of_waited_for(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("l", "l")
        assert "predicting…" in stage.text()

        def fail() -> None:
            Job.update(state="failed", error="it is not installed here").execute()

        stage.app.writer.submit(fail)
        await stage.until(lambda: "No suggestions: it is not" in stage.text(), "told")
        assert "predicting…" not in stage.text()


async def test_the_model_s_failure_is_told_and_labeling_goes_on(scene: Scene) -> None:
    from store import predictions

    predictions.keep(scene.version, {scene.inputs[0]: "The picture is damaged."}, 0.01)
    async with scene.open() as stage:
        assert "The model could not look" in stage.text() and "The picture is damaged." in stage.text()
        await stage.press("slash", *"Zorg", "enter", "enter")
        assert rows(input=scene.inputs[0]) == [("Zorg", 1, "olga")]


async def test_a_vanished_and_a_broken_picture_are_a_sentence(scene: Scene) -> None:
    (scene.folder / "00.png").unlink()
    (scene.folder / "01.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x1b[2J" * 9)
    async with scene.open() as stage:
        await stage.until(lambda: "not there any more" in stage.text(), "the sentence")
        await stage.press("1", "enter")
        await stage.until(lambda: "damaged" in stage.text(), "the other sentence")
        assert rows() == [("tiger cat", 1, "olga")]


async def test_an_input_that_somebody_else_has_now_is_refused_in_a_sentence(project: Project) -> None:
    scene = Scene(project, labelers=["olga", "anna"], strategy="dynamic")
    async with scene.open() as stage:
        first = scene.inputs[0]

        def taken() -> None:
            anna = users.find("anna")
            Assignment.update(user=anna, version=-1).where(Assignment.input == first).execute()

        stage.app.writer.submit(taken)
        await stage.settle()
        await stage.press("enter")
        assert "is not yours to label" in stage.said()[-1]
        assert stage.screen.is_done(first)


async def test_boxes_are_numbered_outlined_and_accepted(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga)
    version = models.find(DETECTOR)
    made = task(olga, type="detection", assist=DETECTOR)
    left, right = (0.1, 0.1, 0.4, 0.9), (0.5, 0.2, 0.9, 0.8)
    predicted(version, {first: [("sheep", 0.9, left), ("sheep", 0.6, right), ("dog", 0.4, left)]})
    async with opened(olga, Place("label", str(made.uid))) as stage:
        assert stage.names() == ["sheep.1", "sheep.2", "dog.1"]
        await stage.until(lambda: len(stage.screen.view.canvas.outlines) == 3, "outlines")
        await stage.press("2")
        outlines = {outline.label: outline for outline in stage.screen.view.canvas.outlines}
        assert not outlines["2 sheep.2"].dashed and outlines["2 sheep.2"].selected
        assert outlines["1 sheep.1"].dashed and outlines["3 dog.1"].dashed
        assert Annotation.get().region_kind == 1
        await stage.press("tab", "e", *"wolf", "up", "enter")
        assert rows() == [("sheep", 1, "olga"), ("wolf", 1, "olga")]
        await stage.press("1", "1", "2")
        assert rows() == [("wolf", 1, "olga")]


async def test_a_text_is_read_and_labeled(project: Project) -> None:
    hostile = "\x1b]0;owned\x07 漢字 🎉 " + "long " * 400
    (project.folder / "note.txt").write_text(hostile, "utf-8")
    from store import adding

    adding.add(project.owner, [project.folder])
    made = task(project.owner, type="text", concepts=["good", "bad"])
    async with opened(project.owner, Place("label", str(made.uid))) as stage:
        text = stage.text()
        assert "\\x1b]0;owned\\x07 漢字 🎉" in text and "\x1b" not in text
        await stage.press("ctrl+d", "2", "enter")
        assert rows() == [("bad", 1, "olga")]


async def test_names_are_shown_literally(project: Project) -> None:
    scene = Scene(project, assist=None, concepts=["[red]x[/red]", "[b"])
    async with scene.open() as stage:
        assert "[red]x[/red]" in stage.text() and "[b" in stage.text()


async def test_the_app_opens_at_the_input_where_it_was(scene: Scene) -> None:
    async with opened(scene.olga, Place("label", str(scene.task.uid), scene.inputs[2])) as stage:
        assert stage.screen.input_id == scene.inputs[2]
        assert stage.screen.place() == Place("label", str(scene.task.uid), scene.inputs[2])
        await stage.press("q")
        assert type(stage.screen).__name__ == "TasksScreen"


async def test_leaving_at_once_loses_nothing(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.pilot.press("1", "enter", "q")
        await stage.until(lambda: stage.app.writer.idle, "written")
    assert rows(status=Status.SUCCESS) == [("tiger cat", 1, "olga")]


async def test_a_large_terminal_names_who_said_it(scene: Scene) -> None:
    async with scene.open(size=(160, 50)) as stage:
        line = next(line for line in stage.text().splitlines() if "tabby" in line)
        assert CLASSIFIER[:8] in line


def test_a_hotkey_stays_with_its_entry() -> None:
    entries = [Entry((n, 0, 0), f"c{n}") for n in range(30)]
    hotkeys = Hotkeys()
    hotkeys.give(entries[:2])
    hotkeys.give(reversed(entries))
    assert [hotkeys.of(entry) for entry in entries[:2]] == ["1", "2"]
    assert hotkeys.of(entries[29]) == "3"
    assert hotkeys.find(entries, "'0") == entries[12]
    assert hotkeys.of(entries[5]) == ""


async def test_the_second_bank_follows_an_apostrophe(project: Project) -> None:
    names = [f"c{n:02}" for n in range(1, 13)]
    scene = Scene(project, assist=None, concepts=names)
    async with scene.open() as stage:
        await stage.press("apostrophe", "2", "0")
        assert rows() == [("c12", 1, "olga"), ("c10", 1, "olga")]


def test_matches_put_beginnings_first() -> None:
    names = ["black cat", "concatenate", "cat", "catfish", "dog"]
    assert matches(names, "CAT ") == ["cat", "catfish", "black cat", "concatenate"]
    assert matches(names, "") == names
    assert matches(names, "zebra") == []


def test_numbers_are_never_rounded_up() -> None:
    assert [number(score) for score in (0.8999, 0.9, 0.29, 1.0, 0.0)] == [
        "0.89",
        "0.90",
        "0.29",
        "1.00",
        "0.00",
    ]
    assert bar(1.0) == "████" and bar(0.0) == "    " and bar(0.5) == "██  "
