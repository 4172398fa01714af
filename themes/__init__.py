"""How the app looks and which keys do what: style sheet, palettes and keymaps, as data."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
STYLE = FOLDER / "winnow.tcss"
KEYMAPS = FOLDER / "keymaps"


@cache
def palettes() -> dict[str, dict[str, Any]]:
    """The palettes by name: what `textual.theme.Theme` takes, one TOML file each."""
    found = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
    return {name: {"name": name, **palette} for name, palette in found.items()}


@cache
def keymaps() -> dict[str, Path]:
    """The keymaps by name; `default` holds the key of every binding there is."""
    return {path.stem: path for path in sorted(KEYMAPS.glob("*.toml"))}
