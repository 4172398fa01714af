"""Keys: the shipped keymaps fit the code, and a user's own is refused with a reason where it cannot work."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import themes
import tui.screens
import tui.widgets
from store.errors import Refused
from tests.conftest import Project
from tests.frame_scene import opened, shows
from tui import keys


def declared() -> dict[str, str]:
    """Every binding of the app's own screens and widgets: id → keys."""
    importlib.import_module("tui.app")
    for package in (tui.screens, tui.widgets):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    found: dict[str, str] = {}
    classes: list[type] = [DOMNode]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        if one.__module__.startswith("tui."):
            for binding in one.__dict__.get("BINDINGS", []):
                assert isinstance(binding, Binding), f"{one}: {binding}"
                assert binding.id, f"{one} has a binding without an id: {binding}"
                found[binding.id] = binding.key
    return found


def test_the_default_keymap_is_what_the_code_has() -> None:
    assert keys.default() == declared()


@pytest.mark.parametrize("name", sorted(themes.keymaps()))
def test_every_shipped_keymap_is_free_of_clashes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_KEYMAP", name)
    assert keys.load()


@pytest.fixture
def own(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keymap.toml"
    monkeypatch.setenv("WINNOW_KEYMAP", str(path))
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tasks]\nnwe = 'n'", "there is no binding tasks.nwe"),
        ("[tasks]\nnew = 'd'", "the key d is set for both"),
        ("[tasks]\nnew = 'u'", "the key u is set for both"),
        ("[tasks]\nnew = 'j'", "the key j is set for both"),
        ("[tasks]\nnew = 'alt+n'", "do not pass it on"),
        ("[tasks]\nnew = 'ctrl+enter'", "do not pass it on"),
        ("[tasks]\nnew = 'nonsense'", "which is no key"),
        ("[tasks]\nnew = 3", "write tables of the form"),
        ("tasks = [", "is no TOML"),
        ("extends = 'emacs'", "there is no keymap emacs"),
    ],
)
def test_a_keymap_that_cannot_work_is_refused(own: Path, text: str, says: str) -> None:
    own.write_text(text)
    with pytest.raises(Refused, match=says):
        keys.load()


def test_a_missing_keymap_is_refused(own: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        keys.load()


async def test_an_own_keymap_changes_what_a_key_does_and_what_the_help_says(
    own: Path, project: Project
) -> None:
    own.write_text("[tasks]\nnew = 'y, f2'\n")
    async with opened(project.owner) as (_, pilot):
        await pilot.press("question_mark", *"tasks.new")
        await shows(pilot, "y f2")
        await pilot.press("escape", "y")
        await shows(pilot, "First pass")


async def test_a_bad_keymap_is_said_on_the_screen_and_the_keys_stay(own: Path, project: Project) -> None:
    own.write_text("[tasks]\nnwe = 'm'\n")
    async with opened(project.owner) as (app, pilot):
        await pilot.pause()
        assert any("there is no binding tasks.nwe" in note.message for note in app._notifications)
        await pilot.press("n")
        await shows(pilot, "First pass")
