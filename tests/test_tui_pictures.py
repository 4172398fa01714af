"""Pictures prepared ahead: what comes next is always there, what lies behind makes room."""

from pathlib import Path

import pytest

from tests.conftest import Project
from tests.labeling_scene import add_pictures, opened, task
from tui import pictures
from tui.places import Place
from tui.screens.viewer_display import NEXT_PICTURES


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


async def test_what_lies_behind_makes_room_and_what_comes_next_stays(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "ROOM", 0)
    there = add_pictures(project.folder, project.owner, 9)
    place = Place("label", str(task(project.owner, concepts=["cat"]).uid))
    async with opened(project.owner, place) as stage:
        for _ in range(5):
            await stage.press("l")
        kept = stage.screen.pictures
        near = there[4 : 5 + NEXT_PICTURES + 1]
        await stage.until(lambda: all(kept.get(input_id) is not None for input_id in near), "what comes next")
        assert all(kept.get(input_id) is None for input_id in there[:4])


async def test_what_was_looked_at_last_is_still_there(project: Project) -> None:
    there = add_pictures(project.folder, project.owner, 9)
    place = Place("label", str(task(project.owner, concepts=["cat"]).uid))
    async with opened(project.owner, place) as stage:
        for _ in range(5):
            await stage.press("l")
        await stage.until(lambda: stage.screen.pictures.get(there[8]) is not None, "what comes next")
        assert all(stage.screen.pictures.get(input_id) is not None for input_id in there)
