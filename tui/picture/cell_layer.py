"""A picture in coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui.picture.captions import put_captions
from tui.picture.cells import HALVES, Colours, Glyphs, Pixels, by_cell, render
from tui.picture.geometry import Area, Projection
from tui.picture.grid import CellGrid
from tui.picture.layer import Moment, Prepared
from tui.picture.outline import Outline
from tui.picture.stroke import SUBPIXEL_PEN, Mask, paint


@dataclass(frozen=True, eq=False)
class CellPicture:
    """Sub-pixels (height × width × 3) of the shown part, and its cells over black (rows × columns)."""

    pixels: Pixels
    glyphs: Glyphs
    text: NDArray[np.str_]
    foreground: Colours
    background: Colours


def cell_area(columns: int, rows: int, cell_width: int, cell_height: int, glyphs: Glyphs) -> Area:
    """The area whose pixels are the sub-pixels of glyphs in cells of a real size."""
    aspect = (cell_height / glyphs.down) / (cell_width / glyphs.across)
    return Area(columns, rows, glyphs.across, glyphs.down, aspect)


def prepare_cells(image: Image.Image, glyphs: Glyphs) -> CellPicture:
    """From the RGB image of exactly the shown pixels."""
    pixels = np.asarray(image)
    rows, columns = -(-pixels.shape[0] // glyphs.down), -(-pixels.shape[1] // glyphs.across)
    whole = np.zeros((rows * glyphs.down, columns * glyphs.across, 3), np.uint8)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    count = glyphs.down * glyphs.across
    cells = by_cell(whole, glyphs).reshape(rows * columns, count, 3).astype(np.uint8, copy=False)
    text, foreground, background = render(cells, glyphs)
    shape = rows, columns
    parts = text.reshape(shape), foreground.reshape(shape), background.reshape(shape)
    return CellPicture(pixels, glyphs, *parts)


class CellLayer:
    """Draws with half blocks or sextants: every cell is ordinary text."""

    over_cells = False

    def __init__(self) -> None:
        self._projection: Projection | None = None
        self._glyphs = HALVES
        self._photo: Pixels = np.zeros((0, 0, 3), np.uint8)
        self._drawn = self._photo
        self._grid = CellGrid(1, 1, 0)

    def load(self, prepared: Prepared, background: int) -> CellGrid:
        """Takes the cells of the photo; those at its edge are padded with the background."""
        payload = prepared.payload
        assert isinstance(payload, CellPicture)
        self._projection = projection = prepared.projection
        self._glyphs = payload.glyphs
        area = projection.area
        shape = (projection.rows * area.cell_height, projection.columns * area.cell_width, 3)
        self._photo = np.empty(shape, np.uint8)
        self._photo[:] = (background >> 16, background >> 8 & 255, background & 255)
        self._photo[: projection.height, : projection.width] = payload.pixels
        self._drawn = self._photo.copy()
        self._grid = CellGrid(area.columns, area.rows, background)
        here = np.s_[
            projection.top_cell : projection.top_cell + projection.rows,
            projection.left_cell : projection.left_cell + projection.columns,
        ]
        self._grid.text[here] = payload.text
        self._grid.foreground[here] = payload.foreground
        self._grid.background[here] = payload.background
        padded = np.zeros((projection.rows, projection.columns), np.bool_)
        padded[projection.height // area.cell_height :] = True
        padded[:, projection.width // area.cell_width :] = True
        self._render(padded)
        return self._grid.copy()

    def draw(self, outlines: Sequence[Outline], background: int) -> CellGrid:
        """Renders again the cells whose sub-pixels change, and puts the names over them."""
        assert self._projection is not None
        drawn = self._photo.copy()
        coloured = [(outline, np.array(outline.colour, np.uint8)) for outline in outlines]
        paint(drawn, coloured, np.zeros(3, np.uint8), self._projection, SUBPIXEL_PEN)
        changed = np.asarray(by_cell(drawn != self._drawn, self._glyphs).any((2, 3)))
        self._drawn = drawn
        self._render(changed)
        grid = self._grid.copy()
        put_captions(grid, outlines, self._projection)
        return grid

    def _render(self, cells: Mask) -> None:
        """Renders the cells of a mask over the picture's cells into the grid."""
        assert self._projection is not None
        rows, columns = np.nonzero(cells)
        pixels = by_cell(self._drawn, self._glyphs)[rows, columns].astype(np.uint8, copy=False)
        text, foreground, background = render(pixels, self._glyphs)
        place = rows + self._projection.top_cell, columns + self._projection.left_cell
        self._grid.text[place] = text
        self._grid.foreground[place] = foreground
        self._grid.background[place] = background

    def opening(self) -> str:
        """Nothing: it all follows the cells."""
        return ""

    def frame(self, moment: Moment) -> str:
        """Nothing: cells are all there is."""
        return ""

    def forget(self) -> None:
        """Nothing is kept in the terminal."""

    def release(self) -> str:
        """Nothing is kept in the terminal."""
        return ""
