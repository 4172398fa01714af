"""Looks and keys to choose: palettes, shipped keymaps, keys that are shown, dim words that are dim."""

from pathlib import Path
from typing import Any

import pytest
from textual.color import Color

import themes
from store import sessions
from tests.conftest import Project
from tests.labeling_scene import add_pictures, opened, rows, task
from tui.places import Place
from tui.widgets.key_echo import KeyEcho


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def place(project: Project) -> Place:
    """A task with three pictures and two concepts."""
    add_pictures(project.folder, project.owner, 3)
    return Place("label", str(task(project.owner, concepts=["cat", "dog"]).uid))


async def test_prodigy_s_keys_skip_and_take_back(project: Project, place: Place) -> None:
    sessions.remember(project.owner, "keymap", "prodigy")
    async with opened(project.owner, place) as stage:
        await stage.press("a", "space")
        assert rows() == [("cat", 1, "olga")]
        assert stage.screen.at == 1
        await stage.press("backspace")
        assert rows() == [] and stage.screen.at == 0
        await stage.press("x")
        assert rows() == [("cat", 0, "olga")]


async def test_vim_s_x_deletes(project: Project, place: Place) -> None:
    sessions.remember(project.owner, "keymap", "vim")
    async with opened(project.owner, place) as stage:
        await stage.press("a", "k", "x")
        assert rows() == []
        await stage.press("X")
        assert rows() == [("cat", 0, "olga")]


async def test_keys_are_shown_with_what_they_do_on_every_screen(project: Project, place: Place) -> None:
    async with opened(project.owner, place, size=(120, 30)) as stage:
        await stage.press("colon", *"show keys", "enter")
        await stage.press("a", "s")
        assert "a Accept  ·  s Skip" in stage.text()
        await stage.press("q", "j")
        assert "j Down" in stage.text()
        await stage.press("colon", *"hide keys", "enter")
        await stage.until(lambda: not stage.app.screen.query(KeyEcho), "they are hidden")


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in Color.parse(colour).rgb]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", sorted(themes.palettes()))
def test_every_colour_of_a_palette_can_be_read_on_its_ground(name: str) -> None:
    palette: dict[str, Any] = themes.palettes()[name]
    for ink in ("foreground", "primary", "accent", "success", "warning", "error"):
        assert contrast(palette[ink], palette["background"]) >= 4.5, ink


@pytest.mark.parametrize("name", sorted(themes.palettes()))
async def test_dim_words_are_dimmer_than_others(project: Project, place: Place, name: str) -> None:
    sessions.remember(project.owner, "theme", name)
    async with opened(project.owner, place) as stage:
        strip = stage.screen.rows.render_line(1)
        hotkey, *_, concept = [part for part in strip if part.text.strip()]
        assert hotkey.text.strip() == "2" and "dog" in concept.text
        ground = Color.from_rich_color(concept.style.bgcolor).hex
        dim, plain = (contrast(Color.from_rich_color(p.style.color).hex, ground) for p in (hotkey, concept))
        assert 3 <= dim < plain
