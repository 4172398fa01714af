"""Lets canvases add graphics to the frames that Textual writes."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from textual import events
from textual.app import App, ReturnType
from textual.screen import Screen

from tui import parser, tmux
from tui.picture.look import PLAIN, Look
from tui.terminal import Terminal, window_cell_size

if TYPE_CHECKING:
    from tui.picture.canvas import PictureCanvas
    from tui.picture.hole import Spans

FENCE = "\x1b[5n"

FRAMES_AHEAD = 3
"""Frames written before the terminal has answered for the first of them: more would be seen late."""

HEAVY = 16_384
"""Characters of a frame after which no other one follows before the terminal has answered: a photo."""

CLIENT_SECONDS = 5.0
"""Seconds after which tmux is asked who looks on; it tells nobody that a client has attached."""

SETTLING = 1.5
"""Seconds in which tmux may still throw away what is for a client that has just attached."""

LOST_AFTER = 2.0
"""Seconds after which an answer is taken for lost."""


class GraphicsApp(App[ReturnType]):
    """An app whose canvases draw in the same synchronised update as its cells.

    Textual is pinned exactly because this overrides its private `_display`, `_begin_update` and
    `_end_update`.
    """

    def __init__(self, *args: Any, terminal: Terminal | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terminal = terminal or Terminal()
        """What was found out about the terminal before the app started."""
        self.look: Look = PLAIN
        """How pictures are looked at, until the app ends."""
        self._canvases: list[PictureCanvas] = []
        self._fences: list[tuple[float, int]] = []
        self._wrote = 0
        self._frame_waits = False
        self._window_cell: tuple[int, int] | None = None
        if self.terminal.answered:
            parser.install(self.terminal.unread, pixels_from_zero=self.terminal.counts_pixels_from_zero)

    @property
    def draws_directly(self) -> bool:
        """Whether there is a terminal that graphics can be written to."""
        there = self._running and not self._closed and not self.is_headless and self._driver is not None
        # Without colours a filter of Textual's has to see every cell.
        return there and not self.no_color

    def add_canvas(self, canvas: PictureCanvas) -> None:
        """Asks a canvas for its part of every frame from now on."""
        self._canvases.append(canvas)

    def remove_canvas(self, canvas: PictureCanvas) -> None:
        """Asks it no more, and writes what removes its graphics from the terminal."""
        if canvas in self._canvases:
            self._canvases.remove(canvas)
        self._write(canvas.painting.farewell())

    def push_frame(self) -> None:
        """Writes a frame in which only canvases have changed; later if the terminal is behind."""
        if not self.draws_directly or self._batch_count:
            return
        now = time.monotonic()
        self._fences = [fence for fence in self._fences if now - fence[0] < LOST_AFTER]
        if sum(frames for _, frames in self._fences) >= FRAMES_AHEAD:
            if not self._frame_waits:
                self._frame_waits = True
                self.set_timer(LOST_AFTER, self._catch_up)
            return
        before = self._wrote
        for canvas in self._canvases:
            canvas.painting.begin()
        self._begin_update()
        self._end_update()
        if self.terminal.answered:
            self._fences.append((now, FRAMES_AHEAD if self._wrote - before > HEAVY else 1))
            self._write(FENCE)

    def _catch_up(self) -> None:
        if self._frame_waits:
            self._frame_waits = False
            self.push_frame()

    def _fence_passed(self) -> None:
        if self._fences:
            self._fences.pop(0)
        self._catch_up()

    def _write(self, text: str) -> None:
        if text and self._driver is not None and not self.is_headless:
            self._driver.write(text)
            self._wrote += len(text)

    def on_load(self) -> None:
        """Frames are paced by what the input thread hears."""
        loop = asyncio.get_running_loop()

        def heard() -> None:
            loop.call_soon_threadsafe(self._fence_passed)

        parser.on_fence(heard)
        self.app_resume_signal.subscribe(self, self._resumed)
        if self.terminal.client is not None:
            self.set_interval(CLIENT_SECONDS, self._ask_client)

    def _ask_client(self) -> None:
        self.run_worker(self._follow_client(), group="tmux", exclusive=True)

    async def _follow_client(self) -> None:
        """Draws for the terminal that has been attached since, in the way that this one can."""
        client = await asyncio.to_thread(tmux.client)
        if client is None or client == self.terminal.client:
            # Nobody looks on, or the same one.
            return
        self.terminal = self.terminal.looked_at_by(client)
        for canvas in self._canvases:
            canvas.prepare_again()
        self.set_timer(SETTLING, self.resend)

    def resend(self) -> None:
        """Writes all of the screen anew: the terminal may have lost what it had, or be another one."""
        for canvas in self._canvases:
            canvas.painting.forget()
        self._fences.clear()
        self.refresh(layout=True)

    def _resumed(self, _: App[Any]) -> None:
        self.resend()

    def on_resize(self, _: events.Resize) -> None:
        """A larger font changes the size of cells in pixels, and comes as a resize."""
        if self.terminal.answered and sys.__stdin__ is not None:
            cell = window_cell_size(sys.__stdin__.fileno())
            if cell and self._window_cell and cell != self._window_cell:
                self.terminal = replace(self.terminal, cell_width=cell[0], cell_height=cell[1])
            self._window_cell = cell

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not self._canvases:
            super()._display(screen, renderable)
            return
        # Imported here: it needs numpy (0.2 s), and the first frame has no canvas.
        from tui.picture.hole import with_holes

        holes: dict[int, Spans] = {}
        if self.draws_directly:
            for canvas in self._canvases:
                canvas.painting.begin(holes)
        super()._display(screen, with_holes(renderable, holes))

    def _begin_update(self) -> None:
        super()._begin_update()
        for canvas in self._canvases:
            self._write(canvas.painting.opening())

    def _end_update(self) -> None:
        for canvas in self._canvases:
            self._write(canvas.painting.closing())
        super()._end_update()
