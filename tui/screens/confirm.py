"""A question that must be answered before something is taken away."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from store.printable import printable


class ConfirmScreen(ModalScreen[bool]):
    """Yes by `y`, no by anything that usually means no. Enter alone does not delete."""

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        Vertical { width: 64; max-width: 90%; height: auto; padding: 1 2; }
        Vertical { background: $surface; border: round $warning; }
        Static { width: 1fr; }
        .answers { margin-top: 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,q", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = printable(question)
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and the two keys."""
        with Vertical():
            yield Static(self._question, markup=False)
            yield Static(f"y  {self._yes}     n  Leave it", classes="answers", markup=False)

    def action_answer(self, answer: bool) -> None:
        """Go with the answer."""
        self.dismiss(answer)
