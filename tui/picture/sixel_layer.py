"""A picture in Sixel: sent once, then only the cells whose pixels change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui.picture.captions import put_captions
from tui.picture.geometry import Projection
from tui.picture.grid import CellGrid, runs
from tui.picture.layer import Moment, Prepared
from tui.picture.outline import Colour, Outline
from tui.picture.sixel import UNSET, Indices, encode, quantise
from tui.picture.stroke import Mask, Pen, paint

OUTLINE_COLOURS = range(240, UNSET)
"""Palette entries for outlines; a photo uses the lower ones."""

BLACK = OUTLINE_COLOURS.start - 1
"""The palette entry of what is off in a pattern."""


@dataclass(frozen=True, eq=False)
class SixelPicture:
    """Palette indices (height × width) of the shown part, and all of it encoded."""

    indices: Indices
    palette: NDArray[np.uint8]
    text: str


def prepare_sixel(image: Image.Image) -> SixelPicture:
    """From the RGB image of exactly the shown pixels."""
    indices, colours = quantise(image)
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(colours)] = colours
    return SixelPicture(indices, palette, encode(indices, palette))


class SixelLayer:
    """Leaves its cells blank for Textual and draws over them at the end of each frame."""

    over_cells = True

    def __init__(self) -> None:
        self._projection: Projection | None = None
        self._photo: Indices = np.zeros((0, 0), np.uint8)
        self._drawn = self._photo
        self._palette: NDArray[np.uint8] = np.zeros((256, 3), np.uint8)
        self._indices: dict[Colour, int] = {}
        self._photo_text = ""
        self._outlined: Mask = np.zeros((0, 0), np.bool_)
        # For each cell, how many of its lines of pixels have to be sent, from its top.
        self._depth: NDArray[np.intp] = np.zeros((0, 0), np.intp)
        self._captions: Mask = np.zeros((0, 0), np.bool_)

    def load(self, prepared: Prepared, background: int) -> CellGrid:
        """Takes the indexed photo; all of it will be sent with the next frame."""
        payload = prepared.payload
        assert isinstance(payload, SixelPicture)
        self._projection = projection = prepared.projection
        area = projection.area
        shape = (projection.rows * area.cell_height, projection.columns * area.cell_width)
        self._photo = np.full(shape, UNSET, np.uint8)
        self._photo[: projection.height, : projection.width] = payload.indices
        self._drawn = self._photo.copy()
        self._palette = payload.palette.copy()
        self._indices = {}
        self._photo_text = payload.text
        self._outlined = np.zeros((projection.rows, projection.columns), np.bool_)
        self._depth = np.full((projection.rows, projection.columns), area.cell_height)
        self._captions = np.zeros(self._depth.shape, np.bool_)
        return CellGrid(area.columns, area.rows, background)

    def draw(self, outlines: Sequence[Outline], background: int) -> CellGrid:
        """Draws into the indices and notes the cells that changed."""
        assert self._projection is not None
        projection, area = self._projection, self._projection.area
        drawn = self._photo.copy()
        numbered = [(outline, self._index(outline.colour)) for outline in outlines]
        paint(drawn, numbered, BLACK, projection, Pen.of_cell(area.cell_height))
        before, self._drawn = self._drawn, drawn
        self._outlined = self._by_cell(drawn != self._photo)
        grid = CellGrid(area.columns, area.rows, background)
        captions = np.zeros_like(self._captions)
        for row, column, count in put_captions(grid, outlines, projection):
            column -= projection.left_cell
            captions[row - projection.top_cell, column : column + count] = True
        self._depth[self._captions & ~captions] = area.cell_height
        self._depth = np.maximum(self._depth, self._deepest(drawn != before))
        self._captions = captions
        return grid

    def _index(self, colour: Colour) -> int:
        """The palette index of an outline's colour; beyond the 15th colour, that of the nearest one."""
        if colour not in self._indices:
            if len(self._indices) < len(OUTLINE_COLOURS):
                self._indices[colour] = OUTLINE_COLOURS[len(self._indices)]
                self._palette[self._indices[colour]] = colour
            else:
                distances = ((self._palette[OUTLINE_COLOURS].astype(np.intp) - colour) ** 2).sum(1)
                self._indices[colour] = OUTLINE_COLOURS[int(distances.argmin())]
        return self._indices[colour]

    def _by_cell(self, pixels: Mask) -> Mask:
        """Whether any pixel of each cell of the picture is set."""
        assert self._projection is not None
        rows, columns = self._projection.rows, self._projection.columns
        split = pixels.reshape(rows, pixels.shape[0] // rows, columns, -1)
        return np.asarray(split.any((1, 3)))

    def _deepest(self, pixels: Mask) -> NDArray[np.intp]:
        """For each cell of the picture, the number of its lines down to the last one with a set pixel."""
        assert self._projection is not None
        rows, columns, height = *self._depth.shape, self._projection.area.cell_height
        lines = pixels.reshape(rows, height, columns, -1).any(3)
        return np.asarray((lines * np.arange(1, height + 1)[None, :, None]).max(1))

    def opening(self) -> str:
        """Nothing: it all follows the cells."""
        return ""

    def frame(self, moment: Moment) -> str:
        """Draws the dirty cells that can be seen; covered ones are repainted when they are uncovered."""
        if self._projection is None:
            return ""
        top, left = self._projection.top_cell, self._projection.left_cell
        rows, columns = self._depth.shape
        place = slice(top, top + rows), slice(left, left + columns)
        full = self._projection.area.cell_height
        self._depth[moment.rewritten[place]] = full
        seen = moment.visible[place]
        needed = (self._depth > 0) & seen & ~self._captions
        x, y = moment.left + left + 1, moment.top + top + 1
        if seen.all() and ((self._depth == full) | self._captions).all():
            # What was encoded ahead covers the names: they are written once more, over it.
            parts = [f"\x1b[{y};{x}H{self._photo_text}", *self._sixels(self._outlined, x, y)]
            captions = np.zeros_like(moment.visible)
            captions[place] = self._captions
            parts.append(moment.write(captions))
        else:
            parts = list(self._sixels(needed, x, y))
        self._depth[:] = 0
        return "".join(parts)

    def _sixels(self, cells: Mask, x: int, y: int) -> Iterator[str]:
        """Some cells of a picture whose corner is at (x, y), counted from 1."""
        for first, end, row, last in rectangles(cells):
            yield f"\x1b[{y + row};{x + first}H{self._encoded(row, last, first, end)}"

    def _encoded(self, top: int, bottom: int, left: int, right: int) -> str:
        """A rectangle of cells, down to the last line of pixels that is needed."""
        assert self._projection is not None
        width, height = self._projection.area.cell_width, self._projection.area.cell_height
        last = (bottom - 1) * height + int(self._depth[bottom - 1, left:right].max())
        part = self._drawn[top * height : last, left * width : right * width]
        return encode(part, self._palette)

    def forget(self) -> None:
        """Nothing: a cell whose text is written again is drawn again."""

    def release(self) -> str:
        """Nothing: text written over the cells erases the picture."""
        return ""


def rectangles(cells: Mask) -> Iterator[tuple[int, int, int, int]]:
    """Covers the set cells: first and end column, first and end row of each rectangle."""
    if cells.size and cells.all():
        yield 0, cells.shape[1], 0, cells.shape[0]
        return
    open_spans: dict[tuple[int, int], int] = {}
    for row in range(len(cells) + 1):
        spans = set(runs(cells[row])) if row < len(cells) else set()
        for span in [span for span in open_spans if span not in spans]:
            yield *span, open_spans.pop(span), row
        for span in spans:
            open_spans.setdefault(span, row)
