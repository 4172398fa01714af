"""The foot of the screen: the keys that fit, and what is typed or told there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.conftest import Project
from tests.labeling_scene import Stage, add_pictures, opened, rows, task
from tui.app import WinnowApp
from tui.places import Place
from tui.terminal import Terminal
from tui.widgets.ask_line import AskLine
from tui.widgets.command_line import CommandLine
from tui.widgets.key_footer import Hint, KeyFooter, fitting


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def place(project: Project) -> Place:
    add_pictures(project.folder, project.owner, 1)
    return Place("label", str(task(project.owner, concepts=["cat", "dog"]).uid))


@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (60, ["Submit", "Accept", "Reject", "Add", "Change", "Back", "Help"]),
        (80, ["Submit", "Accept", "Reject", "Add", "Change", "Take back", "Skip", "Back", "Help"]),
        (120, ["Submit", "Accept", "Reject", "Add", "Change", "Take back", "Skip", "Undo", "Back", "Help"]),
    ],
)
async def test_the_keys_that_matter_are_whole(
    project: Project, place: Place, width: int, keys: list[str]
) -> None:
    async with opened(project.owner, place, size=(width, 24)) as stage:
        last = stage.text().splitlines()[-1]
        hints = stage.screen.query_one(KeyFooter).hints
        assert [hint.does for hint in hints] == keys
        assert last.rstrip() == " ".join(f"{hint.shown} {hint.does}" for hint in hints)


async def test_a_click_on_a_key_presses_it(project: Project, place: Place) -> None:
    async with opened(project.owner, place) as stage:
        column = stage.text().splitlines()[-1].index("a Accept")
        await stage.pilot.click(KeyFooter, offset=(column + 3, 0))
        await stage.settle()
        assert rows() == [("cat", 1, "olga")]


hints = some.builds(Hint, some.just("x"), some.text("abc", max_size=3), some.text("def", max_size=9))


@given(some.lists(hints, min_size=2, max_size=15), some.integers(30, 200))
def test_what_fits_is_the_beginning_and_the_last_two(found: list[Hint], width: int) -> None:
    shown = fitting(found, width)
    assert shown[-2:] == found[-2:]
    assert shown[:-2] == found[: len(shown) - 2]
    assert sum(hint.width for hint in shown) <= width + 1


@pytest.mark.parametrize("keys", ["S", "colon"])
async def test_what_is_told_does_not_cover_what_is_typed(project: Project, place: Place, keys: str) -> None:
    app = WinnowApp(project.owner, Terminal(), first=place, with_engine=False)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        stage = Stage(app, pilot)
        await stage.until(lambda: app.has_reopened and stage.screen.is_mounted, "the screen opens")
        await stage.press(keys)
        app.notify("told " * 30, timeout=60)
        await stage.press(*"because")
        await stage.until(lambda: "told told" in stage.text(), "told")
        asked = stage.screen.query_one(AskLine if keys == "S" else CommandLine)
        assert "because" in stage.text().splitlines()[asked.region.y]
        await stage.press("escape")
    app.writer.close()
