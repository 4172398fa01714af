"""A painting: what a canvas has on the terminal, and what of it is still to be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from textual.geometry import Region
from textual.widget import Widget

from tui.picture.grid import CellGrid, Sgr
from tui.picture.hole import Spans, add_holes
from tui.picture.layer import Layer, Moment, Prepared
from tui.picture.outline import Outline
from tui.picture.prepared import layer_of
from tui.picture.stroke import Mask
from tui.picture.visible import visible_cells


class Painting:
    """Writes the cells of one widget itself, each once until it changes or is written over.

    In every frame `begin` comes first, then `opening`, the cells of everything else, and `closing`.
    """

    def __init__(self, widget: Widget, sgr: Callable[[], Sgr]) -> None:
        self.grid = CellGrid(1, 1, 0)
        """The cells that are, or will be, seen."""
        self.prepared: Prepared | None = None
        """The picture that is shown now."""
        self._widget, self._sgr = widget, sgr
        self._layer: Layer | None = None
        self._written = self.grid
        self._region = Region()
        self._visible: Mask = np.zeros((0, 0), np.bool_)
        self._valid: Mask = self._visible
        self._farewell = ""

    def load(self, prepared: Prepared, outlines: Sequence[Outline], background: int) -> None:
        """Puts a prepared picture in the place of what is shown."""
        layer = layer_of(prepared)
        if self._layer is not None and type(self._layer) is type(layer):
            layer = self._layer
        else:
            self.drop()
        if layer.over_cells:
            self.spoil()
        self._layer, self.prepared = layer, prepared
        self.grid = layer.load(prepared, background)
        if outlines:
            self.draw(outlines, background)

    def draw(self, outlines: Sequence[Outline], background: int) -> None:
        """Replaces the outlines; only what changes will be written."""
        if self._layer is not None:
            self.grid = self._layer.draw(outlines, background)

    def drop(self) -> None:
        """Lets go of the picture."""
        if self._layer is not None:
            self._farewell += self._layer.release()
            if self._layer.over_cells:
                self.spoil()
        self._layer = self.prepared = None

    def spoil(self) -> None:
        """All cells have to be written again."""
        self._valid = np.zeros_like(self._valid)

    def forget(self) -> None:
        """The terminal has lost all that was sent to it; it is sent again with the next frame."""
        if self._layer is not None:
            self._layer.forget()
        self.spoil()

    def begin(self, holes: dict[int, Spans] | None = None) -> None:
        """Notes which cells it will write in this frame, and adds them to the holes if asked."""
        region = self._widget.content_region if self._widget.is_attached else Region()
        if region != self._region or self._valid.shape != (region.height, region.width):
            self._valid = np.zeros((region.height, region.width), np.bool_)
            self._region = region
        if self.grid.shape == (region.height, region.width):
            self._visible = visible_cells(self._widget)
        else:
            # Not drawn for this size yet: until then, the cells are Textual's.
            self._visible = np.zeros_like(self._valid)
        if holes is not None:
            add_holes(holes, self._visible, region.x, region.y)

    def farewell(self) -> str:
        """What removes from the terminal that which has been let go of; told once."""
        farewell, self._farewell = self._farewell, ""
        return farewell

    def opening(self) -> str:
        """Graphics before the cells of a frame."""
        return self.farewell() + (self._layer.opening() if self._layer is not None else "")

    def closing(self) -> str:
        """The cells that the terminal does not show yet, and the graphics that belong to them."""
        region, grid = self._region, self.grid
        if grid.shape != self._visible.shape:
            return ""
        stale = self._visible & ~self._valid
        if self._written is not grid:
            stale |= self._visible & self._written_difference()
            self._written = grid
        # What is covered has been written over by whatever covers it.
        self._valid = self._visible
        sgr = self._sgr()

        def write(cells: Mask) -> str:
            return grid.written(cells, self._visible, region.x, region.y, sgr)

        text = write(stale)
        if self._layer is not None:
            text += self._layer.frame(Moment(region.x, region.y, self._visible, stale, write))
        return f"\x1b7{text}\x1b8" if text else ""

    def _written_difference(self) -> Mask:
        if self._written.shape != self.grid.shape:
            return np.ones(self.grid.shape, np.bool_)
        return self.grid.difference(self._written)
