"""Specimens: one small photo with a box, printed below each other in each way that the terminal can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image, ImageDraw

from tui.picture import kitty
from tui.picture.cell_layer import CellLayer
from tui.picture.grid import nearest_sgr, true_colour_sgr
from tui.picture.kitty_layer import KittyPicture
from tui.picture.prepared import prepare
from tui.picture.sixel_layer import SixelPicture
from tui.terminal import Terminal

SIZE = (24, 8)
"""Columns and rows of each."""


def photo() -> Image.Image:
    """An upright photo with an orange box."""
    from store import media
    from store.demo import photos_folder

    image = media.open_upright(photos_folder() / "004.jpg").convert("RGB")
    width, height = image.size
    ImageDraw.Draw(image).rectangle(
        (width * 0.1, height * 0.1, width * 0.9, height * 0.9), outline=(255, 140, 0), width=width // 32
    )
    return image


def in_kitty(image: Image.Image, terminal: Terminal) -> str:
    """The text that shows an image with Kitty graphics; the terminal may forget it when it scrolls away."""
    prepared = prepare(image, SIZE, replace(terminal, graphics="kitty"))
    payload, projection = prepared.payload, prepared.projection
    assert isinstance(payload, KittyPicture)
    number = kitty.new_image_number()
    size = {"c": projection.columns, "r": projection.rows}
    text = kitty.command(payload.png, a="T", U=1, f=100, i=number, **size)
    ink = true_colour_sgr(number, None)
    rows = (
        "".join(kitty.placeholder(row, column) for column in range(projection.columns))
        for row in range(projection.rows)
    )
    return (kitty.through_tmux(text) if payload.in_tmux else text) + "".join(
        f"  {ink}{row}\x1b[0m\r\n" for row in rows
    )


def in_sixel(image: Image.Image, terminal: Terminal) -> str:
    """The text that shows an image with Sixel; terminals differ in where it leaves the cursor."""
    prepared = prepare(image, SIZE, replace(terminal, graphics="sixel"))
    payload, rows = prepared.payload, prepared.projection.rows
    assert isinstance(payload, SixelPicture)
    return f"{chr(10) * rows}\x1b[{rows}A\r  \x1b7{payload.text}\x1b8\x1b[{rows}B\r"


def in_cells(image: Image.Image, terminal: Terminal, *, sextants: bool) -> str:
    """The text that shows an image with half blocks or sextants."""
    terminal = replace(terminal, graphics="cells", sextants=sextants)
    prepared = prepare(image, SIZE, terminal)
    grid = CellLayer().load(prepared, 0)
    sgr = true_colour_sgr if terminal.true_colour else nearest_sgr
    left, width = prepared.projection.left_cell, prepared.projection.columns
    lines = []
    for row in range(grid.shape[0]):
        cells = zip(grid.text[row], grid.foreground[row], grid.background[row], strict=True)
        drawn = [f"{sgr(int(ink), int(paper))}{text}" for text, ink, paper in cells][left : left + width]
        lines.append(f"  {''.join(drawn)}\x1b[0m\r\n")
    return "".join(lines)


def specimens(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """A title and the text of each way; the text is empty where the title says why it is left out."""
    image = photo()
    way = (
        ("sextants" if terminal.sextants else "halves") if terminal.graphics == "cells" else terminal.graphics
    )
    pixels = (
        ("Kitty graphics", "kitty", terminal.why_not_kitty, in_kitty),
        ("Sixel", "sixel", terminal.why_not_sixel, in_sixel),
    )
    for title, name, why_not, draw in pixels:
        told = f": {why_not}" if why_not else _taken(name == way)
        yield f"{title}{told}", "" if why_not else draw(image, terminal)
    yield f"cells, half blocks{_taken(way == 'halves')}", in_cells(image, terminal, sextants=False)
    known = "" if terminal.sextants else " (the font needs them: U+1FB00)"
    yield f"cells, sextants{known}{_taken(way == 'sextants')}", in_cells(image, terminal, sextants=True)


def _taken(taken: bool) -> str:
    return "  <- taken" if taken else ""
