"""A widget that shows one picture with outlines, in whichever way the terminal can."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from PIL import Image
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.picture.frame import GraphicsApp
from tui.picture.geometry import FIT, Projection, View
from tui.picture.grid import CellGrid, nearest_sgr, true_colour_sgr
from tui.picture.hole import Spans, add_holes
from tui.picture.layer import Closer, Layer, Moment, Prepared
from tui.picture.look import PLAIN, Look
from tui.picture.outline import Outline, cells_of
from tui.picture.prepared import layer_of, prepare
from tui.picture.stroke import Mask
from tui.picture.visible import visible_cells
from tui.terminal import Terminal

PATIENCE = 0.3
"""Seconds of preparing after which the old picture makes way for a word."""

# One thread: a picture that nobody waits for any more is never begun.
_preparing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="winnow-picture")


class PictureCanvas(Widget):
    """One picture, its outlines and their names; or a sentence where there is none.

    Without a terminal that draws graphics, and in tests without a terminal, it is made of cells.
    """

    DEFAULT_CSS = """
    PictureCanvas { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._image: Image.Image | None = None
        self._view: View = FIT
        self._look: Look = PLAIN
        self._closer: Closer | None = None
        self._outlines: tuple[Outline, ...] = ()
        self._prepared: Prepared | None = None
        self._layer: Layer | None = None
        self._message = ""
        self._grid = CellGrid(1, 1, 0)
        self._written = self._grid
        self._strips: dict[int, Strip] = {}
        self._region = Region()
        self._visible: Mask = np.zeros((0, 0), np.bool_)
        self._valid: Mask = self._visible
        self._farewell = ""
        self._slow: Timer | None = None

    # What others ask for

    def show(self, image: Image.Image | None, outlines: Sequence[Outline] = (), view: View = FIT) -> None:
        """Shows an upright image; what is there stays until it is prepared, off the screen's thread."""
        self._outlines, self._view, self._message = tuple(outlines), view, ""
        self._image, self._closer = image, None
        self._prepare_soon()

    def show_prepared(self, prepared: Prepared, outlines: Sequence[Outline] = ()) -> None:
        """Shows at once what `prepare` has made; made for another size, it is prepared again."""
        self._image, self._view = prepared.source, prepared.projection.view
        self._outlines, self._message, self._closer = tuple(outlines), "", prepared.closer
        wanted = tuple(self.content_size), self._look, self.terminal
        if (prepared.size, prepared.look, prepared.terminal) != wanted:
            self._prepare_soon()
        else:
            self.workers.cancel_group(self, "prepare")
            self._swap_in(prepared)

    def show_text(self, text: str) -> None:
        """Shows a sentence instead of a picture."""
        self.workers.cancel_group(self, "prepare")
        self._image, self._outlines = None, ()
        self._say(text)

    def set_outlines(self, outlines: Sequence[Outline]) -> None:
        """Replaces the outlines; only what changes is written."""
        self._outlines = tuple(outlines)
        if self._prepared is not None and self._layer is not None and self._prepared.source is self._image:
            self._update(self._layer.draw(self._outlines, self._background))

    def look_at(self, view: View) -> None:
        """Shows another part of the picture; what is seen stays until that is prepared."""
        if self._image is not None and view != self._view:
            self._view = view
            self._prepare_soon(patient=True)

    def set_look(self, look: Look) -> None:
        """Shows this picture and those after it brighter, darker, inverted…"""
        if look != self._look:
            self._look = look
            if isinstance(self.app, GraphicsApp):
                self.app.look = look
            if self._image is not None:
                self._prepare_soon(patient=True)

    def prepare_again(self) -> None:
        """Prepares the picture for the terminal as it is now; what is shown stays until then."""
        if self._image is not None:
            self._prepare_soon(patient=True)

    @property
    def view(self) -> View:
        """The part that is, or will be, shown."""
        return self._view

    @property
    def look(self) -> Look:
        """How pictures are looked at."""
        return self._look

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """The outlines that are, or will be, shown."""
        return self._outlines

    @property
    def prepared(self) -> Prepared | None:
        """The picture that is shown now."""
        return self._prepared

    @property
    def projection(self) -> Projection | None:
        """Where the shown picture lies, None without one."""
        return self._prepared.projection if self._prepared is not None else None

    @property
    def terminal(self) -> Terminal:
        """What pictures are prepared for here; to prepare the next one, with `content_size`."""
        app = self.app
        if not isinstance(app, GraphicsApp) or app.is_headless:
            return Terminal()
        return app.terminal

    # Preparing

    def _prepare_soon(self, *, patient: bool = False) -> None:
        """Prepares on the other thread; unless `patient`, a word takes the picture's place if it lasts."""
        size = self.content_size
        if not self.is_mounted or not size.width or not size.height:
            return
        self._stop_waiting()
        if self._image is None:
            self.workers.cancel_group(self, "prepare")
            self._say(self._message)
            return
        if not patient or self._prepared is None:
            self._slow = self.set_timer(PATIENCE, lambda: self._say("loading…"))
        self.run_worker(
            self._prepare(self._image, (size.width, size.height), self._view), group="prepare", exclusive=True
        )

    async def _prepare(self, image: Image.Image, size: tuple[int, int], view: View) -> None:
        loop = asyncio.get_running_loop()
        make = partial(prepare, image, size, self.terminal, view, look=self._look, closer=self._closer)
        try:
            prepared = await loop.run_in_executor(_preparing, make)
        except (OSError, ValueError, SyntaxError, MemoryError) as problem:
            if image is self._image:
                self._stop_waiting()
                self._say(f"This picture cannot be shown: {problem}")
            return
        if image is self._image and size == tuple(self.content_size):
            self._swap_in(prepared)

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.stop()
            self._slow = None

    def _swap_in(self, prepared: Prepared) -> None:
        """On the screen's thread: puts a prepared picture in the place of what is shown."""
        self._stop_waiting()
        layer = layer_of(prepared)
        if self._layer is not None and type(self._layer) is type(layer):
            layer = self._layer
        else:
            self._drop_layer()
        if layer.over_cells:
            self._valid = np.zeros_like(self._valid)
        self._layer, self._prepared, self._message = layer, prepared, ""
        grid = layer.load(prepared, self._background)
        if self._outlines:
            grid = layer.draw(self._outlines, self._background)
        self._update(grid)

    def _say(self, text: str) -> None:
        self._stop_waiting()
        self._drop_layer()
        self._message = text
        size = self.content_size
        if size.width and size.height:
            self._update(self._text_grid(text, size.width, size.height))

    def _text_grid(self, text: str, width: int, height: int) -> CellGrid:
        """A text in the middle."""
        grid = CellGrid(width, height, self._background)
        colour = _number(self.colors[3].rgb)
        lines = textwrap.wrap(text, max(1, width - 2))[:height]
        for row, line in enumerate(lines, (height - len(lines)) // 2):
            cells = cells_of(line)[:width]
            grid.put(row, (width - len(cells)) // 2, cells, colour, self._background)
        return grid

    def _drop_layer(self) -> None:
        if self._layer is not None:
            self._farewell += self._layer.release()
            if self._layer.over_cells:
                self._valid = np.zeros_like(self._valid)
        self._layer = self._prepared = None

    @property
    def _background(self) -> int:
        return _number(self.background_colors[1].rgb)

    # Painting

    def _update(self, grid: CellGrid) -> None:
        """Shows new cells: written by the canvas itself where there is a terminal, else by Textual."""
        self._grid = grid
        app = self.app
        if isinstance(app, GraphicsApp) and app.draws_directly:
            app.push_frame()
        else:
            self._strips.clear()
            self._styles_cache.clear()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of cells for Textual; blank until there are cells for this size.

        Blank as well where the canvas writes them itself: Textual's are never seen, and cost 80 ms.
        """
        rows, columns = self._grid.shape
        app = self.app
        direct = isinstance(app, GraphicsApp) and app.draws_directly
        if direct or y >= rows or columns != self.content_size.width:
            return Strip.blank(self.content_size.width, self.rich_style)
        if y not in self._strips:
            self._strips[y] = self._grid.strip(y)
        return self._strips[y]

    def begin_frame(self, holes: dict[int, Spans] | None = None) -> None:
        """Notes which cells the canvas will write in this frame, and adds them to the holes if asked."""
        region = self.content_region if self.is_attached else Region()
        if region != self._region or self._valid.shape != (region.height, region.width):
            self._valid = np.zeros((region.height, region.width), np.bool_)
            self._region = region
        if self._grid.shape == (region.height, region.width):
            self._visible = visible_cells(self)
        else:
            # Not drawn for this size yet: until then, the cells are Textual's.
            self._visible = np.zeros_like(self._valid)
        if holes is not None:
            add_holes(holes, self._visible, region.x, region.y)

    def opening(self) -> str:
        """Graphics before the cells of a frame."""
        farewell, self._farewell = self._farewell, ""
        return farewell + (self._layer.opening() if self._layer is not None else "")

    def closing(self) -> str:
        """The cells that the terminal does not show yet, and the graphics that belong to them."""
        region, grid = self._region, self._grid
        if grid.shape != self._visible.shape:
            return ""
        stale = self._visible & ~self._valid
        if self._written is not grid:
            stale |= self._visible & self._written_difference()
            self._written = grid
        # What is covered has been written over by whatever covers it.
        self._valid = self._visible
        sgr = true_colour_sgr if self.app.console.color_system == "truecolor" else nearest_sgr

        def write(cells: Mask) -> str:
            return grid.written(cells, self._visible, region.x, region.y, sgr)

        text = write(stale)
        if self._layer is not None:
            text += self._layer.frame(Moment(region.x, region.y, self._visible, stale, write))
        return f"\x1b7{text}\x1b8" if text else ""

    def _written_difference(self) -> Mask:
        if self._written.shape != self._grid.shape:
            return np.ones(self._grid.shape, np.bool_)
        return self._grid.difference(self._written)

    def forget(self) -> None:
        """The terminal has lost all that was sent to it; it is sent again with the next frame."""
        if self._layer is not None:
            self._layer.forget()
        self._valid = np.zeros_like(self._valid)

    # Life

    def on_mount(self) -> None:
        """Takes part in the app's frames."""
        if isinstance(self.app, GraphicsApp):
            self.app.add_canvas(self)
            self._look = self.app.look

    def on_unmount(self) -> None:
        """Leaves nothing in the terminal."""
        self._stop_waiting()
        self._drop_layer()
        if isinstance(self.app, GraphicsApp):
            self.app.remove_canvas(self, self._farewell)

    def on_resize(self, _: events.Resize) -> None:
        """Prepares again for the new size; blank until then."""
        size = self.content_size
        if (size.height, size.width) == self._grid.shape and self._prepared is not None:
            return
        self._drop_layer()
        if size.width and size.height:
            self._update(CellGrid(size.width, size.height, self._background))
        if self._message:
            self._say(self._message)
        else:
            self._prepare_soon()


def _number(colour: tuple[int, int, int]) -> int:
    return colour[0] << 16 | colour[1] << 8 | colour[2]
