"""A day's way through a task: back to what was handed in, to any input, skipping with a reason, progress."""

from pathlib import Path
from typing import Any

import pytest

from store import labeling, skips, submitting
from store.values import Side, Status
from tests.conftest import Project
from tests.labeling_scene import add_pictures, opened, rows, statuses, task
from tui.places import Place


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Twelve pictures, of which three are labeled."""

    def __init__(self, project: Project, **plan: Any) -> None:
        self.olga = project.owner
        self.inputs = add_pictures(project.folder, self.olga, 12)
        self.task = task(self.olga, concepts=["cat", "dog"], **plan)
        labeling.add(self.olga, self.task, self.inputs[1], "dog")
        for input_id in self.inputs[:3]:
            submitting.submit(self.olga, self.task, input_id)

    def open(self, side: str = "label", **options: Any) -> Any:
        return opened(self.olga, Place(side, str(self.task.uid)), **options)


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


async def test_progress_is_of_the_whole_task_after_reopening(scene: Scene) -> None:
    async with scene.open() as stage:
        assert "4/12 · 3 done · 9 left" in stage.text()
        await stage.press("enter")
        assert "5/12 · 4 done · 8 left" in stage.text()
    async with scene.open(size=(120, 30)) as stage:
        await stage.until(lambda: "5/12 · 4 done · 8 left · " in stage.text(), "the pace")
        assert "/h" in stage.text()


async def test_a_number_or_a_name_on_the_command_line_leads_to_the_input(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("colon", *"12", "enter")
        assert stage.screen.input_id == scene.inputs[11]
        await stage.press("colon", *"07.P", "enter")
        assert stage.screen.input_id == scene.inputs[7]
        await stage.press("colon", *"0", "enter")
        assert stage.screen.input_id == scene.inputs[0]
        await stage.press("colon", *"zebra", "enter")
        assert "no input here that is called zebra" in stage.said()[-1]
        await stage.press("colon", *"next input", "enter")
        assert stage.screen.input_id == scene.inputs[1]
        await stage.press("colon", *"1.png", "enter")
        await stage.until(lambda: "11.png" in stage.text() and stage.screen.strip.is_open, "the strip")
        await stage.press("down", "enter")
        assert stage.screen.input_id == scene.inputs[11]


async def test_what_was_handed_in_is_gone_back_to_and_changed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("J")
        await stage.until(lambda: "02.png" in stage.text(), "the strip")
        shown = {line[41:].strip("▌▀▏ ") for line in stage.text().splitlines() if ".png" in line[41:]}
        assert "2 ✓ 01.png  dog" in shown and "5 · 04.png" in shown
        await stage.press("up", "up", "enter")
        assert stage.screen.input_id == scene.inputs[1]
        assert "Submitted: Success" in stage.text()
        await stage.press("1")
        assert rows(input=scene.inputs[1]) == [("dog", 1, "olga"), ("cat", 1, "olga")]
        await stage.press("enter")
        assert stage.screen.input_id == scene.inputs[3]


async def test_any_input_by_its_number_or_a_part_of_its_name(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("J", "1", "1", "enter")
        assert stage.screen.input_id == scene.inputs[10]
        await stage.press("J", *"07.p")
        await stage.until(lambda: stage.screen.strip.query_one("Frames").items[0].place == 7, "it is found")
        await stage.press("enter")
        assert stage.screen.input_id == scene.inputs[7]
        await stage.press("J", "9", "9", "9", "enter")
        assert stage.screen.input_id == scene.inputs[11]
        await stage.press("J", *"nothing")
        await stage.until(lambda: not stage.screen.strip.query_one("Frames").items, "nothing is found")
        await stage.press("enter", "escape")
        assert stage.screen.input_id == scene.inputs[11]
        assert rows() == [("dog", 1, "olga")]


async def test_gg_and_G_go_to_the_ends(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("G")
        assert stage.screen.input_id == scene.inputs[11]
        await stage.press("g", "g")
        assert stage.screen.input_id == scene.inputs[0]


async def test_a_reviewer_goes_to_any_input_too(project: Project) -> None:
    scene = Scene(project, review="manual", labelers=["olga"], reviewers=["anna"])
    from store import users

    anna = users.find("anna")
    async with opened(anna, Place("review", str(scene.task.uid))) as stage:
        await stage.press("enter", "G")
        assert stage.screen.input_id == scene.inputs[2]
        await stage.press("J", *"00.")
        await stage.until(lambda: stage.screen.strip.query_one("Frames").items[0].place == 0, "it is found")
        await stage.press("enter")
        assert stage.screen.input_id == scene.inputs[0]


async def test_a_skip_with_a_reason_goes_on_and_tells_it_when_it_comes_back(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("S", *"too dark", "enter")
        assert stage.screen.input_id == scene.inputs[4]
        assert "3 done · 9 left" in stage.text()
        await stage.press("h")
        assert "Skipped before: too dark" in stage.text()
        assert skips.reason(scene.olga, scene.task, Side.LABEL, scene.inputs[3]) == "too dark"
        assert statuses(scene.task, Side.LABEL)[3][2] == Status.PENDING.name
        await stage.press("u")
        assert "Skipped before" not in stage.text()
        size = stage.screen.view.canvas.size
        await stage.press("S")
        # The picture stays as it is: it would have to be sent again.
        assert "Why skip it?" in stage.text() and stage.screen.view.canvas.size == size
        await stage.press("escape")
        assert stage.screen.input_id == scene.inputs[3]
