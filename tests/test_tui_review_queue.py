"""The review queue: filtered, ordered, refreshed, and decided for all of a labeler; two reviewers at once."""

import sys
from pathlib import Path
from typing import Any

import pytest

from store import assignments, labeling, reviewing, submitting, users
from store.tables import Assignment, Step
from store.values import Side, Verdict
from tests.conftest import Project
from tests.labeling_scene import Stage, statuses
from tests.pty_rig import PtyRig
from tests.test_tui_review import Scene, lines
from tests.winnow_process import environment
from tui.screens.queue_filter import QueueFilterScreen
from tui.screens.review import ReviewScreen
from tui.screens.whose_work import WhoseWorkScreen


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def files(stage: Stage) -> list[str]:
    """The files that the table shows."""
    return [next(word for word in line.split() if word.endswith(".png")) for line in lines(stage)]


async def form(stage: Stage, *keys: str) -> None:
    """Open the filter's form and press keys in it."""
    await stage.pilot.press("f")
    await stage.until(lambda: isinstance(stage.screen, QueueFilterScreen), "the form")
    await stage.pilot.press(*keys)
    await stage.until(lambda: isinstance(stage.screen, ReviewScreen), "the table")
    await stage.settle()


async def test_the_form_filters_by_labeler_concept_and_any(project: Project) -> None:
    scene = Scene(project, labelers=["anna", "bob"], strategy="full")
    bob = users.find("bob")
    for input_id in scene.inputs:
        submitting.submit(bob, scene.task, input_id)
    labeling.add(bob, scene.task, scene.inputs[3], "zebra")
    async with scene.open() as stage:
        await form(stage, *"bob", "tab", *"zebra", "enter")
        assert files(stage) == ["03.png"]
        assert "1 of 4: by bob and zebra · escape shows all" in stage.text()
        assert "1/1 · 0 done · 1 left" in stage.text()
        await stage.press("escape")
        await stage.until(lambda: len(files(stage)) == 4, "everything is shown")
        await form(stage, *"nobody", "enter", "escape")
        assert len(files(stage)) == 4
        await form(stage, "tab", *"cat, zebra", "enter")
        assert files(stage) == ["00.png", "02.png", "03.png"]
        assert "cat or zebra" in stage.text()
        await stage.press("o")
        await stage.until(lambda: "highest score first" in stage.text(), "the order is said")


async def test_what_cannot_be_meant_is_said_in_the_form(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("f", *"anne", "enter")
        assert "there is no user 'anne': did you mean 'anna'?" in stage.text()
        await stage.press(*["backspace"] * 4, "tab", "tab", *"done", "enter")
        assert "'done' is no status" in stage.text()


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


async def test_refresh_keeps_the_filter_and_says_what_is_new(project: Project) -> None:
    scene = Scene(project, reviewers=["olga", "bob"], stacked=True)
    async with scene.open() as stage:
        await stage.press("slash", *"cat", "enter")
        assert files(stage) == ["00.png", "02.png"]
        reviewing.decide(users.find("bob"), scene.task, scene.inputs[:1], Verdict.REJECT)
        await stage.press("R")
        assert files(stage) == ["02.png"]
        assert stage.said()[-1] == "1 no longer open"


async def test_all_of_a_labeler_within_the_filter_is_one_step_and_asked_with_the_count(
    project: Project,
) -> None:
    scene = Scene(project, labelers=["anna", "bob"], strategy="full")
    for input_id in scene.inputs:
        labeling.add(users.find("bob"), scene.task, input_id, "dog")
        submitting.submit(users.find("bob"), scene.task, input_id)
    async with scene.open() as stage:
        await stage.press("slash", *"cat", "enter")
        before = Step.select().count()
        await stage.pilot.press("X")
        await stage.until(lambda: isinstance(stage.screen, WhoseWorkScreen), "who")
        assert "Reject all of" in stage.text()
        await stage.press("j", "enter")
        await stage.until(lambda: "Reject all 2 inputs of bob" in stage.text(), "the question")
        await stage.press("y")
        await stage.until(lambda: bool(stage.said()) and "rejected 2 inputs" in stage.said()[-1], "done")
        given = {(user, i): status for user, i, status in statuses(scene.task, Side.LABEL)}
        assert [given["bob", i] for i in scene.inputs] == ["REVIEW_DENIED", "AWAITING_REVIEW"] * 2
        assert [given["anna", i] for i in scene.inputs] == ["AWAITING_REVIEW"] * 4
        assert Step.select().count() == before + 1
        await stage.press("u")
        assert {status for *_, status in statuses(scene.task, Side.LABEL)} == {"AWAITING_REVIEW"}


async def test_very_many_marks_are_decided_in_parts_and_undone_as_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.review_deciding.AT_ONCE", 2)
    monkeypatch.setattr("store.sweeps.PART", 1)
    async with scene.open() as stage:
        await stage.press("asterisk", "a", "y")
        await stage.until(lambda: scene.reviews() == ["SUCCESS"] * 4, "all are approved")
        await stage.settle()
        await stage.press("u")
        assert scene.reviews() == ["AWAITING_REVIEW"] * 4


async def test_undo_stops_a_sweep_that_is_under_way_and_takes_back_what_it_did(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.review_deciding.AT_ONCE", 2)
    monkeypatch.setattr("store.sweeps.PART", 1)
    async with scene.open() as stage:
        shown: list[str] = []
        before = assignments.open_among

        def pressed_in_between(*given: Any) -> set[int]:
            if not shown:
                shown.append("")
                stage.app.call_from_thread(stage.screen.action_undo)
            return before(*given)

        monkeypatch.setattr("store.sweeps.assignments.open_among", pressed_in_between)
        await stage.press("asterisk", "a", "y")
        await stage.settle()
        assert any("was undone before it was through" in said for said in stage.said())
        assert scene.reviews() == ["AWAITING_REVIEW"] * 4
        assert "0 done · 4 left" in stage.text()


def _reviewer(folder: Path, name: str, size: tuple[int, int]) -> PtyRig:
    settings: dict[str, str | None] = {**environment(folder), "NO_COLOR": None}
    command = [sys.executable, "-m", "store.cli", "--as", name, "open", "animals", "--review"]
    return PtyRig(command, environment=settings, directory=folder, columns=size[0], rows=size[1])


def test_two_reviewers_share_a_task_in_two_terminals(project: Project) -> None:
    """Partitioned: each sees their own half, and what both decide at once is all there."""
    scene = Scene(project, reviewers=["olga", "rolf"])
    narrow, wide = (80, 24), (160, 50)
    with _reviewer(project.folder, "olga", narrow) as olga, _reviewer(project.folder, "rolf", wide) as rolf:
        for rig in (olga, rolf):
            rig.wait_for("1/2 · 0 done · 2 left")
        for rig, keys in ((olga, ("a", "x")), (rolf, ("x", "a"))):
            rig.press(*keys)
        for rig in (olga, rolf):
            rig.wait_for("2/2 · 2 done · 0 left")
    assert sorted(scene.reviews()) == ["REVIEW_DENIED"] * 2 + ["SUCCESS"] * 2
    mine = Assignment.select().where(Assignment.side == Side.REVIEW)
    assert len({row.input_id for row in mine}) == 4


def test_two_reviewers_of_the_same_inputs_see_each_other(project: Project) -> None:
    """Stacked: what one rejects is closed for the other, who is told so and loses nothing."""
    scene = Scene(project, reviewers=["olga", "rolf"], stacked=True)
    with (
        _reviewer(project.folder, "olga", (80, 24)) as olga,
        _reviewer(project.folder, "rolf", (160, 50)) as rolf,
    ):
        for rig in (olga, rolf):
            rig.wait_for("1/4 · 0 done · 4 left")
        olga.press("x")
        olga.wait_for("2/4 · 1 done · 3 left")
        rolf.wait_for(lambda: any("✗" in line and "00.png" in line for line in rolf.screen()))
        rolf.press("a")
        rolf.wait_for("is no longer open: it is Review Denied")
        rolf.wait_for("olga, ")
        rolf.press("j", "a")
        rolf.wait_for("2 done · 2 left")
    given = {(user, input_id): status for user, input_id, status in statuses(scene.task, Side.REVIEW)}
    first, second = scene.inputs[:2]
    assert (given["olga", first], given["rolf", first]) == ("REVIEW_DENIED", "REVIEW_DENIED")
    assert (given["olga", second], given["rolf", second]) == ("AWAITING_REVIEW", "SUCCESS")
