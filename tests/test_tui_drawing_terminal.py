"""Regions drawn through a real terminal, by keys alone and by the terminal's mouse reports."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.pty_rig import Kind, PtyRig
from tests.winnow_process import environment, winnow, winnow_json
from tui.picture.geometry import Area, Projection

CELL = (10, 20)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two photos of 600 × 400 stored pixels, the second to be turned upright, and a task for boxes."""
    folder = tmp_path / "p"
    folder.mkdir()
    winnow(folder, "init")
    turned = Image.Exif()
    turned[0x0112] = 6
    gradient = Image.linear_gradient("L").resize((600, 400)).convert("RGB")
    gradient.save(folder / "a.png")
    gradient.rotate(90, expand=True).resize((600, 400)).save(folder / "b.jpg", exif=turned)
    winnow(folder, "add", ".")
    winnow(folder, "task", "create", "boxes", "--type", "detection", "--concept", "goat")
    return folder


def terminal(folder: Path, kind: Kind) -> PtyRig:
    settings: dict[str, str | None] = {**environment(folder), "NO_COLOR": None}
    command = [sys.executable, "-m", "store.cli", "open", "boxes", "--label"]
    return PtyRig(command, kind=kind, environment=settings, directory=folder, cell=CELL)


def boxes(folder: Path) -> list[tuple[str, str, list[float]]]:
    """Path, concept and box in pixels of the stored annotations."""
    found: list[Any] = winnow_json(folder, "annotation", "list", "--json")
    size = {"a.png": (600, 400), "b.jpg": (400, 600)}
    return [
        (
            row["path"],
            row["concept"],
            [
                round(value * side, 6)
                for value, side in zip(row["region"]["box"], size[row["path"]] * 2, strict=True)
            ],
        )
        for row in found
    ]


@pytest.mark.parametrize("kind", ["kitty", "sixel", "cells"])
def test_boxes_drawn_by_keys_are_exact_on_both_photos_and_at_two_zooms(project: Path, kind: Kind) -> None:
    with terminal(project, kind) as rig:
        rig.wait_for("a.png")
        rig.wait_until_quiet()
        rig.press("b")
        rig.wait_for("first corner  300,200 px")
        rig.press("h", "h", "h", "K", "space", "L", "L", "l", "down", "J")
        rig.wait_for("other corner  318,201 px  21×11 px")
        rig.press("enter")
        rig.wait_for("What is in the region?")
        rig.press(*"goat", "enter")
        rig.wait_for("goat.1")
        rig.press("l")
        rig.wait_for("b.jpg")
        rig.wait_until_quiet()
        rig.press("b", "+", "+", "+")
        rig.wait_for("first corner  200,300 px")
        rig.press("space", *"llllll", *"jjjjjjjjj", "space", "tab")
        rig.wait_for("bottom side  203,309 px  6×9 px")
        rig.press("j", "enter")
        rig.wait_for("What is in the region?")
        rig.press("enter")
        rig.wait_for("goat.1")
        rig.wait_until_quiet()
        assert rig.strays == []
    assert boxes(project) == [
        ("a.png", "goat", [297, 190, 318, 201]),
        ("b.jpg", "goat", [200, 300, 206, 310]),
    ]


def test_a_box_is_dragged_by_the_terminal_s_mouse(project: Path) -> None:
    with terminal(project, "cells") as rig:
        rig.wait_for("▀▀▀")
        rig.wait_until_quiet()
        columns = max(line.count("▀") for line in rig.screen())
        # Columns and rows from 1, as terminals count them.
        rig.send("\x1b[<0;11;11M\x1b[<32;15;12M\x1b[<32;21;13M\x1b[<0;21;13m")
        rig.wait_for("What is in the region?")
        rig.press("enter")
        rig.wait_for("goat.1")
        rig.wait_until_quiet()
    ((path, concept, (left, top, right, bottom)),) = boxes(project)
    assert (path, concept) == ("a.png", "goat")
    assert all(value == round(value) for value in (left, top, right, bottom))
    # The photo is as wide as its part of the screen: 11 columns and 3 rows of that were dragged over.
    pixels = 600 / columns
    assert right - left == pytest.approx(11 * pixels, abs=2)
    assert bottom - top == pytest.approx(3 * pixels * CELL[1] / CELL[0], abs=pixels)


def drag(rig: PtyRig, begin: tuple[int, int], end: tuple[int, int], first: int) -> None:
    """Drags between pixels of the screen on a terminal that reports them, counted from `first`."""
    # It reports its size by itself, and the mouse in pixels.
    rig.send("\x1b[?2048;2$y\x1b[48;24;80;480;800t")
    rig.wait_for(lambda: b"\x1b[?1016h" in rig.output)
    rig.wait_until_quiet()
    (x0, y0), (x1, y1) = begin, end
    rig.send(f"\x1b[<0;{x0 + first};{y0 + first}M")
    for button, final in ((32, "M"), (0, "m")):
        rig.send(f"\x1b[<{button};{x1 + first};{y1 + first}{final}")
    rig.wait_for("What is in the region?")
    rig.press("enter")
    rig.wait_for("goat.1")


def red_part(rig: PtyRig) -> tuple[int, int, int, int]:
    """Where something red can be seen: left, top, right, bottom in pixels."""
    red, green, _ = rig.picture().split()
    box = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 200)).getbbox()
    assert box is not None
    return box


def test_a_drag_is_exact_to_the_pixel_whichever_the_terminal_counts_from(tmp_path: Path) -> None:
    winnow(tmp_path, "init")
    Image.new("RGB", (600, 400), "red").save(tmp_path / "a.png")
    winnow(tmp_path, "add", ".")
    winnow(tmp_path, "task", "create", "boxes", "--type", "detection", "--concept", "goat")
    kinds: tuple[tuple[Kind, int], ...] = (("kitty", 0), ("sixel", 1))
    for kind, first in kinds:
        with terminal(tmp_path, kind) as rig:
            rig.wait_for("a.png")
            rig.wait_until_quiet()
            left, top, right, bottom = red_part(rig)
            # From the picture's first pixel: one less would be beside it.
            drag(rig, (left, top), (left + 123, top + 77), first)
            rig.wait_until_quiet()
        projection = Projection(600, 400, Area(right - left, bottom - top, 1, 1))
        x, y = projection.to_image(123, 77)
        assert boxes(tmp_path)[-1:] == [("a.png", "goat", [0, 0, round(x * 600), round(y * 400)])]
        winnow(tmp_path, "undo")
