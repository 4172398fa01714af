"""Troubles: which inputs of a task could not be looked at, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import troubles
from store.printable import printable
from store.tables import Task
from store.troubles import Trouble
from tui.messages import StoreChanged
from tui.widgets.item_rows import Piece, Rows, fitted
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp


class TroublesScreen(Screen[None]):
    """A list of paths and sentences; the one under the cursor is shown in full."""

    DEFAULT_CSS = """
    TroublesScreen {
        Rows { height: 1fr; }
        #sentence { height: auto; max-height: 6; padding: 0 1; border-top: solid $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "app.pop_screen", "Back", id="troubles.back"),
    ]

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._of = task

    def compose(self) -> ComposeResult:
        """Bar, list, sentence, keys."""
        yield TopBar(f"Troubles of {self._of.name}")
        yield Rows[Trouble](_line, lambda trouble: (trouble.path, trouble.sentence))
        yield Static(id="sentence", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show them at once."""
        self.look_again()
        self.query_one(Rows).focus()

    @on(StoreChanged)
    def look_again(self) -> None:
        """Ask again; the engine may be at it."""
        app = cast("WinnowApp", self.app)
        app.reader.ask("troubles", lambda: troubles.listing(self._of), self.query_one(Rows).show)

    @on(Rows.Moved)
    def tell(self) -> None:
        """The whole sentence of the row under the cursor."""
        trouble = self.query_one(Rows).current
        told = "nothing is wrong" if trouble is None else f"{trouble.path or 'job'}: {trouble.sentence}"
        self.query_one("#sentence", Static).update(printable(told))


def _line(trouble: Trouble, width: int) -> Sequence[Piece]:
    left = width * 2 // 5
    path = printable(trouble.path) if trouble.path else "a job of the engine"
    return [
        (f" {fitted(path, left - 2)} ", ""),
        (fitted(printable(trouble.sentence), width - left), "rows--bad"),
    ]
