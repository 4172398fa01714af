"""Whose work: one of the labelers whose work is in a queue is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted

Work = tuple[str, int]
"""A labeler and on how many inputs."""


class WhoseWorkScreen(ModalScreen[str | None]):
    """Ends with a name, or None."""

    DEFAULT_CSS = """
    WhoseWorkScreen {
        align: center middle;
        Vertical { width: 56; max-width: 90%; height: auto; padding: 1 2; }
        Vertical { background: $surface; border: round $primary; }
        Rows { height: auto; max-height: 12; margin-top: 1; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", id="whose.choose"),
        Binding("escape,q", "leave", "Leave", id="whose.leave"),
    ]

    def __init__(self, question: str, works: Mapping[str, int]) -> None:
        super().__init__()
        self._question = question
        self._works = sorted(works.items(), key=lambda work: -work[1])

    def compose(self) -> ComposeResult:
        """The question and the labelers, who made most first."""
        with Vertical():
            yield Static(printable(self._question), classes="title", markup=False)
            yield Rows[Work](_line, lambda work: work[0])
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show them."""
        rows = self.query_one(Rows)
        rows.styles.height = min(len(self._works), 12)
        rows.show(self._works)
        rows.focus()

    @on(Rows.Chosen)
    def action_choose(self) -> None:
        """The one under the cursor."""
        current: Work | None = self.query_one(Rows).current
        self.dismiss(None if current is None else current[0])

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)


def _line(work: Work, width: int) -> Sequence[Piece]:
    name, count = work
    return [(f" {fitted(printable(name), width - 12)} ", ""), (f"{count:>9} ", "rows--dim")]
