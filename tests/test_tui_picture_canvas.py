"""The canvas through a PTY, as a terminal of each kind shows it, and without a terminal."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from tests.picture_app import STEP, PictureApp
from tests.pty_rig import PtyRig
from tui.picture.canvas import PictureCanvas
from tui.picture.geometry import Area, Projection
from tui.picture.outline import Outline
from tui.picture.prepared import prepare
from tui.terminal import Terminal

Kind = Literal["kitty", "sixel", "cells"]
KINDS: list[Kind] = ["kitty", "sixel", "cells"]
CELL = (10, 20)
RED = (255, 0, 0)
BACKGROUND = (0x10, 0x20, 0x30)
TOLERANCE = {"kitty": 6.0, "sixel": 10.0, "cells": 12.0}
"""Mean error of a channel: palettes and, for cells, ten pixels in one."""
STEP_BYTES = {"kitty": 1024, "sixel": 20 * 1024, "cells": 2048}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A wide and a tall picture in soft colours, without red."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for name, (width, height) in {"wide.png": (320, 240), "tall.png": (200, 400)}.items():
        y, x = np.mgrid[0:height, 0:width]
        green = 90 + 60 * np.sin(x / 50) + 30 * np.cos(y / 35)
        pixels = np.stack([60 + 40 * np.cos(x / 60), green, 120 + 60 * np.sin(y / 45)], -1)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
        paths.append(folder / name)
    return paths


class Looker:
    """Looks at the canvas of the app in a rig."""

    def __init__(self, rig: PtyRig, pictures: list[Path]) -> None:
        self.rig, self.kind, self.photos = rig, rig.kind, [Image.open(path) for path in pictures]

    def canvas(self) -> np.ndarray:
        """Pixels of the canvas: the right 60% of the first 18 rows."""
        columns = self.rig.emulator.columns
        left = columns - round(columns * 0.6)
        screen = np.asarray(self.rig.picture())
        return screen[: 18 * CELL[1], left * CELL[0] :]

    def settled(self) -> np.ndarray:
        """The same, once nothing is written any more."""
        self.rig.wait_until_quiet()
        return self.canvas()

    def projection(self, photo: int = 0) -> Projection:
        image = self.photos[photo]
        columns = round(self.rig.emulator.columns * 0.6)
        rows = min(18, self.rig.emulator.rows)
        if self.kind == "cells":
            return Projection(*image.size, Area(columns, rows, 1, 2))
        return Projection(*image.size, Area(columns, rows, *CELL))

    def scale(self) -> tuple[int, int]:
        """Screen pixels of one pixel of the projection."""
        return (10, 10) if self.kind == "cells" else (1, 1)

    def wanted(self, box: tuple[float, ...] | None, photo: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """What the canvas should show, and which pixels are edges of the box."""
        projection, (across, down) = self.projection(photo), self.scale()
        shown = self.photos[photo].resize((projection.width, projection.height), Image.Resampling.LANCZOS)
        edges = np.zeros((projection.height, projection.width), bool)
        if box is not None:
            pixels = projection.box(*box)
            thin = 1 if self.kind == "cells" else 2
            edges[pixels.top : pixels.bottom, pixels.left : pixels.right] = True
            edges[pixels.top + thin : pixels.bottom - thin, pixels.left + thin : pixels.right - thin] = False
        area = projection.area
        canvas = np.empty((area.height * down, area.width * across, 3), np.uint8)
        canvas[:] = BACKGROUND
        mask = np.zeros(canvas.shape[:2], bool)
        top, left = projection.top_cell * CELL[1], projection.left_cell * CELL[0]
        place = slice(top, top + projection.height * down), slice(left, left + projection.width * across)
        canvas[place] = np.kron(np.asarray(shown), np.ones((down, across, 1), np.uint8))
        mask[place] = np.kron(edges, np.ones((down, across), bool))
        canvas[mask] = RED
        return canvas, mask

    def label(self, box: tuple[float, ...], photo: int = 0) -> tuple[slice, slice]:
        """The pixels under the name "sheep.1"."""
        column, row = self.projection(photo).to_cell(box[0], box[1])
        return slice(row * CELL[1], (row + 1) * CELL[1]), slice(
            (column + 1) * CELL[0], (column + 8) * CELL[0]
        )

    def shows(self, box: tuple[float, ...] | None, photo: int = 0) -> bool:
        """Whether the photo is there with the edges of the box on exactly their pixels."""
        wanted, mask = self.wanted(box, photo)
        canvas = self.canvas()
        if canvas.shape != wanted.shape:
            return False
        red = (canvas == RED).all(2)
        if box is not None:
            place = self.label(box, photo)
            wanted[place], red[place], mask[place] = canvas[place], False, False
        error = np.abs(canvas.astype(int) - wanted.astype(int)).mean()
        return bool(np.array_equal(red, mask) and error < TOLERANCE[self.kind])

    def wait_until_it_shows(self, box: tuple[float, ...] | None, photo: int = 0) -> None:
        self.rig.wait_for(lambda: self.shows(box, photo))
        if box is not None:
            assert "sheep.1" in self.rig.text


BOX = (0.25, 0.25, 0.75, 0.75)


def moved(box: tuple[float, ...], across: int, down: int) -> tuple[float, ...]:
    return (
        box[0] + across * STEP, box[1] + down * STEP, box[2] + across * STEP, box[3] + down * STEP,
    )  # fmt: skip


Opener = Callable[..., Looker]


@pytest.fixture
def opened(pictures: list[Path]) -> Iterator[Opener]:
    """Opens the app in front of a terminal of some kind, and waits for its picture."""
    rigs: list[PtyRig] = []

    def opener(kind: Kind, **options: object) -> Looker:
        app = Path(__file__).with_name("picture_app.py")
        rig = PtyRig([sys.executable, app, *pictures], kind=kind, **options)  # type: ignore[arg-type]
        rigs.append(rig)
        looker = Looker(rig, pictures)
        looker.wait_until_it_shows(BOX)
        return looker

    yield opener
    for rig in rigs:
        rig.close()


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_exact_and_cheap_and_the_photo_is_sent_once(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    assert f"ready {kind}" in rig.text
    rig.wait_until_quiet()
    images, box = rig.emulator.counts.images, BOX
    for key, across, down in (("l", 1, 0), ("l", 1, 0), ("j", 0, 1), ("k", 0, -1), ("h", -1, 0)):
        before, box = rig.written, moved(box, across, down)
        rig.send(key)
        looker.wait_until_it_shows(box)
        rig.wait_until_quiet()
        assert rig.written - before <= STEP_BYTES[kind]
    assert rig.emulator.counts.images == images
    assert not rig.strays


@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_a_patterned_box_are_cheap_too(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    plain = looker.settled()
    rig.press("d")
    rig.wait_for(lambda: not np.array_equal(looker.canvas(), plain))
    for key in "lljkh":
        rig.wait_until_quiet()
        before, seen = rig.written, looker.canvas()
        rig.send(key)
        rig.wait_for(lambda seen=seen: not np.array_equal(looker.canvas(), seen))  # type: ignore[misc]
        rig.wait_until_quiet()
        assert rig.written - before <= STEP_BYTES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_many_steps_leave_no_smear(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    chance, x, y = random.Random(7), 0, 0
    for _ in range(60):
        key, across, down = chance.choice((("h", -1, 0), ("l", 1, 0), ("j", 0, 1), ("k", 0, -1)))
        if abs(x + across) <= 12 and abs(y + down) <= 12:
            x, y = x + across, y + down
            looker.rig.send(key)
    looker.wait_until_it_shows(moved(BOX, x, y))
    looker.rig.send("b")
    looker.wait_until_it_shows(None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_dialog_lies_over_the_picture_and_leaves_it_as_it_was(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    before = looker.settled()
    rig.press("m")
    rig.wait_for("a dialog")
    rig.wait_until_quiet()
    row = next(row for row, line in enumerate(rig.screen()) if "a dialog" in line)
    screen = np.asarray(rig.picture())
    # The dialog is 24 × 5 cells in the middle of 80 columns; its first row has text.
    dialog = screen[(row + 1) * CELL[1] : (row + 5) * CELL[1], 28 * CELL[0] : 52 * CELL[0]]
    assert (dialog == (0, 0, 255)).all()
    during = looker.canvas()
    changed = (during != before).any(2)
    # The canvas begins at column 32: all but the dialog's rows and columns is as it was.
    changed[row * CELL[1] : (row + 5) * CELL[1], : 20 * CELL[0]] = False
    assert not changed.any()
    sent = rig.emulator.counts.images
    rig.press("escape")
    rig.wait_for(lambda: np.array_equal(looker.canvas(), before))
    assert rig.emulator.counts.images == sent


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_under_a_dialog_is_seen_beside_it_and_after_it(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    looker.rig.send("m")
    looker.rig.wait_for("a dialog")
    before = looker.settled()
    looker.rig.send("lll")
    looker.rig.wait_for(lambda: not np.array_equal(looker.canvas(), before))
    assert "a dialog" in looker.rig.text
    looker.rig.press("escape")
    looker.wait_until_it_shows(moved(BOX, 3, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_another_screen_shows_nothing_of_the_picture(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    before = looker.settled()
    rig.press("e")
    rig.wait_for("elsewhere")
    rig.wait_for(lambda: len(np.unique(looker.canvas().reshape(-1, 3), axis=0)) == 1)
    assert not rig.emulator.placements
    rig.press("escape")
    rig.wait_for(lambda: np.array_equal(looker.canvas(), before))


@pytest.mark.parametrize("kind", KINDS)
def test_a_toast_over_the_picture_goes_without_a_trace(kind: Kind, opened: Opener) -> None:
    looker = opened(kind, rows=20)
    before = looker.settled()
    looker.rig.press("t")
    looker.rig.wait_for("a toast")
    assert not np.array_equal(looker.canvas(), before)
    looker.rig.wait_for(lambda: np.array_equal(looker.canvas(), before))


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_picture_replaces_all_of_this_one(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    kept = len(looker.rig.emulator.images)
    for photo in (1, 0, 1):
        looker.rig.press("n")
        looker.wait_until_it_shows(BOX, photo)
    looker.rig.wait_until_quiet()
    assert len(looker.rig.emulator.images) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_size_shows_the_picture_in_that_size(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    kept = len(looker.rig.emulator.images)
    for columns, rows in ((100, 30), (60, 24), (80, 24)):
        looker.rig.resize(columns, rows)
        looker.wait_until_it_shows(BOX)
    looker.rig.wait_until_quiet()
    assert len(looker.rig.emulator.images) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_takes_the_place_of_the_picture(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    looker.rig.press("p", "v")
    looker.rig.wait_for("The file has vanished.")
    looker.rig.wait_until_quiet()
    canvas = looker.canvas()
    row = next(row for row, line in enumerate(looker.rig.screen()) if "vanished" in line)
    rest = np.delete(canvas, slice(row * CELL[1], (row + 1) * CELL[1]), axis=0)
    assert (rest == BACKGROUND).all()
    assert not looker.rig.emulator.images


@pytest.mark.parametrize("kind", KINDS)
def test_polygons_and_suggestions_are_drawn_dashed(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    looker.rig.press("p")
    looker.rig.wait_for("[dog]")
    looker.rig.wait_for("羊")
    looker.rig.wait_until_quiet()
    canvas = looker.canvas()
    blue, green = ((canvas == colour).all(2) for colour in ((0, 153, 255), (0, 255, 0)))
    box = looker.projection().box(0.05, 0.1, 0.2, 0.6)
    scale = looker.scale()[0]
    left = blue[box.top * scale + 40 : box.bottom * scale, box.left * scale]
    assert left.any() and not left.all()
    columns = np.flatnonzero(green.any(0))
    assert columns[0] == pytest.approx(0.2 * 480, abs=14)
    assert columns[-1] == pytest.approx(0.7 * 480, abs=14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["q", "x"])
def test_nothing_is_left_in_the_terminal(kind: Kind, way: str, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    rig.press("p")
    rig.wait_for("[dog]")
    rig.press(way)
    if way == "q":
        assert rig.wait_for_exit() == 0
    rig.wait_for(lambda: not rig.emulator.images and not rig.emulator.placements)
    assert not rig.strays


@pytest.mark.parametrize("kind", KINDS)
def test_another_terminal_is_sent_everything(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    rig.press("p")
    rig.wait_for("[dog]")
    before = looker.settled()
    rig.lose_everything()
    rig.press("s")
    rig.wait_for(lambda: np.array_equal(looker.canvas(), before))
    assert f"ready {kind}" in rig.text


@pytest.mark.parametrize("kind", KINDS)
def test_after_being_stopped_it_is_all_there(kind: Kind, opened: Opener) -> None:
    looker = opened(kind)
    rig = looker.rig
    before = looker.settled()
    rig.press("ctrl+z")
    rig.wait_for(lambda: stopped(rig.process.pid))
    rig.lose_everything()
    os.kill(rig.process.pid, signal.SIGCONT)
    rig.wait_for(lambda: np.array_equal(looker.canvas(), before))
    rig.send("l")
    looker.wait_until_it_shows(moved(BOX, 1, 0))
    assert not rig.strays


@pytest.fixture
def tmux(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Sets who looks on from behind a tmux that is only a script; returns the environment inside it."""
    script = tmp_path / "tmux"
    script.write_text(f"#!/bin/sh\ncat {tmp_path}/client\n")
    script.chmod(0o755)

    def looked_at_by(client: str) -> dict[str, str]:
        (tmp_path / "next").write_text(client)
        (tmp_path / "next").rename(tmp_path / "client")
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        return {"TMUX": "/tmp/tmux", "TERM": "tmux-256color", "PATH": path}

    return looked_at_by


def test_inside_tmux_kitty_is_reached_and_steps_stay_exact(
    opened: Opener, tmux: Callable[[str], dict[str, str]]
) -> None:
    looker = opened("kitty", environment=tmux("7\tkitty(0.41.1)\tRGB\ton\n"))
    rig = looker.rig
    before = looker.settled()
    rig.press("m")
    rig.wait_for("a dialog")
    rig.press("escape")
    rig.wait_for(lambda: np.array_equal(looker.canvas(), before))
    rig.wait_until_quiet()
    for key, box in (("l", moved(BOX, 1, 0)), ("j", moved(BOX, 1, 1))):
        written = rig.written
        rig.send(key)
        looker.wait_until_it_shows(box)
        rig.wait_until_quiet()
        assert rig.written - written <= STEP_BYTES["kitty"]
    # Unwrapped, tmux would take them for the title of its window.
    assert not re.search(rb"(?<!\x1b)\x1b_G", bytes(rig.output))
    assert all("P" in placed.keys for placed in rig.emulator.placements.values())
    assert not rig.strays


def test_who_attaches_on_another_terminal_sees_the_picture_in_its_way(
    opened: Opener, tmux: Callable[[str], dict[str, str]]
) -> None:
    looker = opened("kitty", environment=tmux("7\tkitty(0.41.1)\tRGB\ton\n"))
    rig = looker.rig
    rig.lose_everything()
    tmux("8\tXTerm(379)\tRGB\ton\n")
    rig.wait_for(lambda: rig.text.count("▀") > 200)
    rig.wait_for("ready kitty")
    assert not rig.emulator.placements
    rig.lose_everything()
    tmux("9\tkitty(0.41.1)\tRGB\ton\n")
    rig.wait_for(lambda: bool(rig.emulator.placements) and "sheep.1" in "".join(rig.emulator.screen()))
    looker.wait_until_it_shows(BOX)


def stopped(process: int) -> bool:
    """Whether the kernel says so; reaps nothing."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_a_slow_terminal_gets_fewer_frames_and_the_last_one(opened: Opener) -> None:
    looker = opened("sixel")
    looker.rig.wait_until_quiet()
    looker.rig.delay = 0.25
    before = bytes(looker.rig.output).count(b"\x1b[5n")
    for _ in range(20):
        looker.rig.send("l")
    looker.wait_until_it_shows(moved(BOX, 20, 0))
    frames = bytes(looker.rig.output).count(b"\x1b[5n") - before
    assert 1 <= frames < 20


@pytest.mark.parametrize("kind", ["kitty", "sixel"])
def test_it_works_without_synchronised_updates(kind: Kind, opened: Opener) -> None:
    looker = opened(kind, synchronised=False)
    looker.rig.send("l")
    looker.wait_until_it_shows(moved(BOX, 1, 0))


def test_few_colours_still_show_the_picture(opened: Opener) -> None:
    looker = opened("cells", environment={"TERM_PROGRAM": "Apple_Terminal"})
    assert looker.rig.emulator.counts.sixels == 0


async def test_without_a_terminal_it_is_made_of_cells(pictures: list[Path]) -> None:
    app = PictureApp([str(path) for path in pictures], Terminal(graphics="kitty"))
    async with app.run_test(size=(80, 24)) as pilot:
        canvas = app.query_one(PictureCanvas)
        await app.workers.wait_for_complete()
        assert canvas.terminal.graphics == "cells"
        assert canvas.projection is not None
        text = "".join(canvas.render_line(y).text for y in range(18))
        assert text.count("▀") > 600
        assert "sheep.1" in text
        await pilot.press("l", "m", "escape", "n", "p", "v")
        await app.workers.wait_for_complete()
        assert "The file has vanished." in "".join(canvas.render_line(y).text for y in range(18))


async def test_a_prepared_picture_is_shown_at_once(pictures: list[Path]) -> None:
    app = PictureApp([str(pictures[0])], Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        canvas = app.query_one(PictureCanvas)
        await app.workers.wait_for_complete()
        image = Image.open(pictures[1])
        prepared = prepare(image, (canvas.content_size.width, canvas.content_size.height), canvas.terminal)
        canvas.show_prepared(prepared, [Outline(box=(0, 0, 1, 1), label="cow")])
        assert canvas.prepared is prepared
        assert "cow" in canvas.render_line(0).text
        canvas.show_prepared(prepare(image, (10, 5), canvas.terminal))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert canvas.prepared is not None
        assert canvas.prepared.size == tuple(canvas.content_size)


async def test_a_broken_picture_says_why(tmp_path: Path, pictures: list[Path]) -> None:
    whole = tmp_path / "whole.jpg"
    Image.open(pictures[0]).save(whole)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(whole.read_bytes()[:2000])
    app = PictureApp([str(broken)], Terminal())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        canvas = app.query_one(PictureCanvas)
        assert "cannot be shown" in " ".join(canvas.render_line(y).text for y in range(18))
