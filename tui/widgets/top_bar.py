"""The top bar: where one is, who one is, and how the engine is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.cells import cell_len, set_cell_size
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from store.printable import printable

if TYPE_CHECKING:
    from tui.app import WinnowApp

OPENING = "opening…"


class TopBar(Widget):
    """One line: the title on the left, the engine's state on the right, or that more is about to open."""

    DEFAULT_CSS = """
    TopBar {
        dock: top;
        height: 1;
        background: $panel;
        color: $foreground;
    }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = printable(title)

    def on_mount(self) -> None:
        """Follow the app."""
        self.watch(self.app, "engine_state", self._app_changed, init=False)
        self.watch(self.app, "opening", self._app_changed, init=False)

    def _app_changed(self) -> None:
        self.refresh()

    def retitle(self, title: str) -> None:
        """Show another title."""
        self._title = printable(title)
        self.refresh()

    def render(self) -> RenderResult:
        """The title keeps at least half of the width; the engine's line is cut, not the title."""
        app = cast("WinnowApp", self.app)
        state, told = app.engine_state, OPENING if app.opening else app.engine_state.line
        width = self.size.width - 2
        title = self._title
        room = max(width - cell_len(title) - 2, width // 2 - 2)
        line = told if cell_len(told) <= room else set_cell_size(told, room - 1) + "…"
        left = width - cell_len(line)
        style = "$text-success" if state.running else "$text-warning"
        return Content.assemble(
            " ",
            (set_cell_size(title, left), "bold"),
            (line, style if told != "engine off" else ""),
            " ",
        )
