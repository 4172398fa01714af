"""What the three ways to draw a picture have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from tui.picture.geometry import Projection
from tui.picture.grid import CellGrid
from tui.picture.look import PLAIN, Look
from tui.picture.outline import Outline
from tui.picture.stroke import Mask
from tui.terminal import Terminal

Closer = Callable[[tuple[float, float, float, float], tuple[int, int]], Image.Image | None]
"""Gives a crop (fractions of the upright picture) in exactly so many pixels, from all there are; slow.

None where there are no finer pixels.
"""


@dataclass(frozen=True)
class Moment:
    """What a layer must know to add its part to a frame.

    Masks are rows × columns of the canvas: `visible` cells nothing lies above, `rewritten` cells whose
    text has just been written. `left` and `top` are the canvas's corner in screen cells. `write` gives the
    text of some cells that graphics have covered.
    """

    left: int
    top: int
    visible: Mask
    rewritten: Mask
    write: Callable[[Mask], str]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture ready to be shown on one canvas size; made off the screen's thread.

    `payload` is what its layer needs, `size` the canvas's columns and rows, `source` the image it was
    made from, kept for other sizes, as are how it is looked at and where finer pixels come from. It is for
    one `terminal` alone.
    """

    source: Image.Image
    size: tuple[int, int]
    projection: Projection
    payload: object
    terminal: Terminal
    look: Look = PLAIN
    closer: Closer | None = None


class Layer(Protocol):
    """Draws one picture with outlines in one way."""

    over_cells: bool
    """Whether its pixels lie over the cells and only go away when the cells are written again."""

    def load(self, prepared: Prepared, background: int) -> CellGrid:
        """Takes a new picture without outlines; returns its cells. `background` is 0xRRGGBB."""

    def draw(self, outlines: Sequence[Outline], background: int) -> CellGrid:
        """Takes new outlines; returns the cells."""

    def opening(self) -> str:
        """Graphics that come before the cells of a frame."""

    def frame(self, moment: Moment) -> str:
        """Graphics that follow the cells of a frame; called for every frame."""

    def forget(self) -> None:
        """The terminal has lost everything that was sent to it."""

    def release(self) -> str:
        """Sequences that remove everything from the terminal."""
