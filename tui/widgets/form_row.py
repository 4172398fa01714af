"""Form rows: a label and its field on one line."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input as TextField
from textual.widgets import Label

from store.printable import printable


class FormRow(Horizontal):
    """The label is strong while its field has the focus."""

    DEFAULT_CSS = """
    FormRow {
        height: auto;
        & > Label { width: 16; color: $text-muted; }
        &:focus-within > Label { color: $text-primary; text-style: bold; }
        & > Input { width: 1fr; background: $surface; }
        & > Input:focus { background: $panel; }
    }
    """

    def __init__(self, label: str, field: Widget, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = Label(label)
        self._field = field

    def compose(self) -> ComposeResult:
        """Both."""
        yield self._label
        yield self._field

    def call(self, label: str) -> None:
        """Give it another label."""
        self._label.update(label)


def text_field(id: str, placeholder: str, value: str = "") -> TextField:
    """A field for a line of text."""
    return TextField(value, placeholder=printable(placeholder), id=id, compact=True, select_on_focus=False)


def names_in(typed: str) -> tuple[str, ...]:
    """Names as people type them, with commas between them."""
    return tuple(part.strip() for part in typed.split(",") if part.strip())
