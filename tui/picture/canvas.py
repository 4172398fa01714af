"""A widget that shows one picture with outlines, in whichever way the terminal can."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial

from PIL import Image
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tui.picture.frame import GraphicsApp
from tui.picture.geometry import FIT, Projection, View
from tui.picture.grid import CellGrid, Sgr, nearest_sgr, true_colour_sgr
from tui.picture.layer import Closer, Prepared
from tui.picture.look import PLAIN, Look
from tui.picture.outline import Outline, cells_of
from tui.picture.painting import Painting
from tui.picture.prepared import prepare
from tui.picture.preparing import Preparing
from tui.terminal import Terminal


class PictureCanvas(Widget):
    """One picture, its outlines and their names; or a sentence where there is none.

    Without a terminal that draws graphics, and in tests without a terminal, it is made of cells.
    """

    DEFAULT_CSS = """
    PictureCanvas { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.view: View = FIT
        """The part that is, or will be, shown; changed by `look_at`."""
        self.look: Look = PLAIN
        """How pictures are looked at; changed by `set_look`."""
        self.outlines: tuple[Outline, ...] = ()
        """The outlines that are, or will be, shown; changed by `set_outlines`."""
        self.painting = Painting(self, self._sgr)
        """What the app's frames take from here."""
        self._image: Image.Image | None = None
        self._closer: Closer | None = None
        self._message = ""
        self._strips: dict[int, Strip] = {}
        self._preparing = Preparing(self, self._swap_in, self._say, lambda: self._say("loading…"))

    # What others ask for

    def show(self, image: Image.Image | None, outlines: Sequence[Outline] = (), view: View = FIT) -> None:
        """Shows an upright image; what is there stays until it is prepared, off the screen's thread."""
        self.outlines, self.view, self._message = tuple(outlines), view, ""
        self._image, self._closer = image, None
        self._prepare_soon()

    def show_prepared(self, prepared: Prepared, outlines: Sequence[Outline] = ()) -> None:
        """Shows at once what `prepare` has made; made for another size, it is prepared again."""
        self._image, self.view = prepared.source, prepared.projection.view
        self.outlines, self._message, self._closer = tuple(outlines), "", prepared.closer
        wanted = tuple(self.content_size), self.look, self.terminal
        if (prepared.size, prepared.look, prepared.terminal) != wanted:
            self._prepare_soon()
        else:
            self._preparing.stop()
            self._swap_in(prepared)

    def show_text(self, text: str) -> None:
        """Shows a sentence instead of a picture."""
        self._image, self.outlines = None, ()
        self._say(text)

    def set_outlines(self, outlines: Sequence[Outline]) -> None:
        """Replaces the outlines; only what changes is written."""
        self.outlines = tuple(outlines)
        if self.prepared is not None and self.prepared.source is self._image:
            self.painting.draw(self.outlines, self._background)
            self._update()

    def look_at(self, view: View) -> None:
        """Shows another part of the picture; what is seen stays until that is prepared."""
        if self._image is not None and view != self.view:
            self.view = view
            self._prepare_soon(patient=True)

    def set_look(self, look: Look) -> None:
        """Shows this picture and those after it brighter, darker, inverted…"""
        if look != self.look:
            self.look = look
            if isinstance(self.app, GraphicsApp):
                self.app.look = look
            self.prepare_again()

    def prepare_again(self) -> None:
        """Prepares the picture for what is wanted now; what is shown stays until then."""
        if self._image is not None:
            self._prepare_soon(patient=True)

    @property
    def prepared(self) -> Prepared | None:
        """The picture that is shown now."""
        return self.painting.prepared

    @property
    def projection(self) -> Projection | None:
        """Where the shown picture lies, None without one."""
        return self.prepared.projection if self.prepared is not None else None

    @property
    def terminal(self) -> Terminal:
        """What pictures are prepared for here; to prepare the next one, with `content_size`."""
        app = self.app
        if not isinstance(app, GraphicsApp) or app.is_headless:
            return Terminal()
        return app.terminal

    # What is shown

    def _prepare_soon(self, *, patient: bool = False) -> None:
        """Prepares on the other thread; unless `patient`, a word takes the picture's place if it lasts."""
        size = self.content_size
        if not self.is_mounted or not size.width or not size.height:
            return
        if self._image is None:
            self._say(self._message)
            return
        make = partial(
            prepare,
            self._image,
            (size.width, size.height),
            self.terminal,
            self.view,
            look=self.look,
            closer=self._closer,
        )
        self._preparing.begin(make, patient=patient and self.prepared is not None)

    def _swap_in(self, prepared: Prepared) -> None:
        """On the screen's thread: puts a prepared picture in the place of what is shown."""
        if prepared.source is self._image and prepared.size == tuple(self.content_size):
            self._message = ""
            self.painting.load(prepared, self.outlines, self._background)
            self._update()

    def _say(self, text: str) -> None:
        """Shows a text in the middle, without a picture."""
        if self._image is None:
            self._preparing.stop()
        self.painting.drop()
        self._message = text
        width, height = self.content_size
        if not width or not height:
            return
        grid = CellGrid(width, height, self._background)
        colour = _number(self.colors[3].rgb)
        lines = textwrap.wrap(text, max(1, width - 2))[:height]
        for row, line in enumerate(lines, (height - len(lines)) // 2):
            cells = cells_of(line)[:width]
            grid.put(row, (width - len(cells)) // 2, cells, colour, self._background)
        self.painting.grid = grid
        self._update()

    @property
    def _background(self) -> int:
        return _number(self.background_colors[1].rgb)

    def _sgr(self) -> Sgr:
        return true_colour_sgr if self.app.console.color_system == "truecolor" else nearest_sgr

    def _update(self) -> None:
        """Shows new cells: written by the painting itself where there is a terminal, else by Textual."""
        app = self.app
        if isinstance(app, GraphicsApp) and app.draws_directly:
            app.push_frame()
        else:
            self._strips.clear()
            self._styles_cache.clear()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of cells for Textual; blank until there are cells for this size.

        Blank as well where the painting writes them itself: Textual's are never seen, and cost 80 ms.
        """
        grid, app = self.painting.grid, self.app
        rows, columns = grid.shape
        direct = isinstance(app, GraphicsApp) and app.draws_directly
        if direct or y >= rows or columns != self.content_size.width:
            return Strip.blank(self.content_size.width, self.rich_style)
        if y not in self._strips:
            self._strips[y] = grid.strip(y)
        return self._strips[y]

    # Life

    def on_mount(self) -> None:
        """Takes part in the app's frames."""
        if isinstance(self.app, GraphicsApp):
            self.app.add_canvas(self)
            self.look = self.app.look

    def on_unmount(self) -> None:
        """Leaves nothing in the terminal."""
        self._preparing.stop()
        self.painting.drop()
        if isinstance(self.app, GraphicsApp):
            self.app.remove_canvas(self)

    def on_resize(self, _: events.Resize) -> None:
        """Prepares again for the new size; blank until then."""
        size = self.content_size
        if (size.height, size.width) == self.painting.grid.shape and self.prepared is not None:
            return
        self.painting.drop()
        if size.width and size.height:
            self.painting.grid = CellGrid(size.width, size.height, self._background)
            self._update()
        # What is prepared for the old size comes to nothing, whatever is said meanwhile.
        self._prepare_soon()


def _number(colour: tuple[int, int, int]) -> int:
    return colour[0] << 16 | colour[1] << 8 | colour[2]
