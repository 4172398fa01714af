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


class TopBar(Widget):
    """One line: the title on the left, the engine's state on the right."""

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
        """Follow the engine."""
        self.watch(self.app, "engine_state", self._engine_changed, init=False)

    def _engine_changed(self) -> None:
        self.refresh()

    def retitle(self, title: str) -> None:
        """Show another title."""
        self._title = printable(title)
        self.refresh()

    def render(self) -> RenderResult:
        """The title keeps at least half of the width; the engine's line is cut, not the title."""
        state = cast("WinnowApp", self.app).engine_state
        width = self.size.width - 2
        title = self._title
        room = max(width - cell_len(title) - 2, width // 2 - 2)
        line = state.line if cell_len(state.line) <= room else set_cell_size(state.line, room - 1) + "…"
        left = width - cell_len(line)
        style = "$text-success" if state.running else "$text-warning"
        return Content.assemble(
            " ",
            (set_cell_size(title, left), "bold"),
            (line, style if state.line != "engine off" else ""),
            " ",
        )
