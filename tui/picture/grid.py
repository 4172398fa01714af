"""A grid of coloured characters: what a canvas shows as text, and how it is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.picture.stroke import Mask

GAP = 3
"""Unchanged cells between two changed ones that cost less than moving the cursor."""

Sgr = Callable[[int | None, int | None], str]
"""Makes the sequence that sets a foreground and a background, each unless it is None."""


class CellGrid:
    """Characters and colours (0xRRGGBB) of rows × columns cells.

    A character is up to four code points; "" continues the wide character to its left.
    """

    def __init__(self, columns: int, rows: int, background: int) -> None:
        self.text: NDArray[np.str_] = np.full((rows, columns), " ", dtype="<U4")
        self.foreground: NDArray[np.uint32] = np.full((rows, columns), background, np.uint32)
        self.background: NDArray[np.uint32] = np.full((rows, columns), background, np.uint32)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.text.shape
        return rows, columns

    def copy(self) -> CellGrid:
        """A grid of its own with the same cells."""
        twin = CellGrid(self.shape[1], self.shape[0], 0)
        twin.text[:] = self.text
        twin.foreground[:] = self.foreground
        twin.background[:] = self.background
        return twin

    def difference(self, other: CellGrid) -> Mask:
        """Which cells differ from those of a grid of the same shape."""
        differs: Mask = (
            (self.text != other.text)
            | (self.foreground != other.foreground)
            | (self.background != other.background)
        )
        return differs

    def put(self, row: int, column: int, cells: list[str], foreground: int, background: int) -> None:
        """Writes cells into one row, which must have room for them."""
        span = slice(column, column + len(cells))
        self.text[row, span] = cells
        self.foreground[row, span] = foreground
        self.background[row, span] = background

    def strip(self, row: int) -> Strip:
        """One row for Textual."""
        segments = [
            Segment(text, rich_style(foreground, background))
            for text, foreground, background in self._runs(row, 0, self.shape[1])
        ]
        return Strip(segments, self.shape[1])

    def written(self, cells: Mask, visible: Mask, left: int, top: int, sgr: Sgr) -> str:
        """Sequences that write some cells directly, for a grid whose corner is at screen cell (left, top).

        A wide character with one of its halves covered is left out, as it cannot be cut.
        """
        parts: list[str] = []
        covered = self._halves_covered(visible)
        if covered.any():
            whole, self.text = self.text, np.where(covered, " ", self.text)
            try:
                return self.written(cells, np.ones_like(visible), left, top, sgr)
            finally:
                self.text = whole
        for row in np.flatnonzero(cells.any(1)).tolist():
            for first, last in runs(cells[row], GAP):
                start = first
                while start and not self.text[row, start]:
                    start -= 1
                parts.append(f"\x1b[{top + row + 1};{left + start + 1}H")
                ink = paper = None
                for text, foreground, background in self._runs(row, start, last):
                    parts += (
                        sgr(
                            foreground if foreground != ink else None,
                            background if background != paper else None,
                        ),
                        text,
                    )
                    ink, paper = foreground, background
        return "".join(parts) + "\x1b[0m" if parts else ""

    def _halves_covered(self, visible: Mask) -> Mask:
        """Cells of wide characters that cannot be seen as a whole."""
        right = self.text == ""
        covered: Mask = np.zeros(self.shape, np.bool_)
        broken = right[:, 1:] & ~(visible[:, 1:] & visible[:, :-1])
        covered[:, 1:] |= broken
        covered[:, :-1] |= broken
        return covered

    def _runs(self, row: int, first: int, last: int) -> Iterator[tuple[str, int, int]]:
        """Neighbouring cells of one row that have the same colours."""
        foreground, background = self.foreground[row, first:last], self.background[row, first:last]
        changes = (foreground[1:] != foreground[:-1]) | (background[1:] != background[:-1])
        starts = [0, *(np.flatnonzero(changes) + 1).tolist(), last - first]
        text = self.text[row, first:last].tolist()
        for start, end in itertools.pairwise(starts):
            yield "".join(text[start:end]), int(foreground[start]), int(background[start])


def runs(cells: NDArray[np.bool_], gap: int = 0) -> Iterator[tuple[int, int]]:
    """First and end (exclusive) of the runs of set cells, joined across up to `gap` unset ones."""
    if cells.all():
        # By far the most frequent case, and twenty times as fast.
        if cells.size:
            yield 0, cells.size
        return
    columns = np.flatnonzero(cells)
    if columns.size:
        for group in np.split(columns, np.flatnonzero(np.diff(columns) > gap + 1) + 1):
            yield int(group[0]), int(group[-1]) + 1


@lru_cache(maxsize=32768)
def rich_style(foreground: int, background: int) -> Style:
    """The style of two colours 0xRRGGBB."""
    return Style.from_color(_rich_color(foreground), _rich_color(background))


def _rich_color(number: int) -> Color:
    return Color.from_triplet(ColorTriplet(number >> 16, number >> 8 & 255, number & 255))


def true_colour_sgr(foreground: int | None, background: int | None) -> str:
    """Sets colours 0xRRGGBB exactly."""
    if foreground is None:
        return "" if background is None else f"\x1b[48;2;{_channels(background)}m"
    if background is None:
        return f"\x1b[38;2;{_channels(foreground)}m"
    return f"\x1b[38;2;{_channels(foreground)};48;2;{_channels(background)}m"


def _channels(number: int) -> str:
    return f"{number >> 16};{number >> 8 & 255};{number & 255}"


@lru_cache(maxsize=32768)
def nearest_sgr(foreground: int | None, background: int | None) -> str:
    """Sets colours 0xRRGGBB as the nearest of the 256 that every terminal of today has."""
    codes: list[str] = []
    if foreground is not None:
        codes += _rich_color(foreground).downgrade(ColorSystem.EIGHT_BIT).get_ansi_codes()
    if background is not None:
        codes += _rich_color(background).downgrade(ColorSystem.EIGHT_BIT).get_ansi_codes(foreground=False)
    return f"\x1b[{';'.join(codes)}m" if codes else ""
