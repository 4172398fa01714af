"""The ask line: one line of text is typed at the foot of a screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input as TextField
from textual.widgets import Label


class AskLine(Horizontal):
    """Enter answers, escape leaves; it is seen only while it asks.

    It lies above the rest: a picture that made room for it would be prepared and sent again, twice.
    """

    DEFAULT_CSS = """
    AskLine { display: none; dock: bottom; layer: above; height: 1; margin-bottom: 1; background: $panel; }
    AskLine Label { width: auto; padding: 0 1; text-style: bold; color: $text-accent; }
    AskLine Input { width: 1fr; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="ask.leave")]

    class Answered(Message):
        """Something was typed for `purpose`."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    def compose(self) -> ComposeResult:
        """What is asked, and the field."""
        yield Label(markup=False)
        yield TextField(compact=True, select_on_focus=False)

    @property
    def is_open(self) -> bool:
        """Whether keys go to the field."""
        return bool(self.display)

    def ask(self, purpose: str, question: str, text: str = "", hint: str = "") -> None:
        """Open, with this text to begin with."""
        self._purpose = purpose
        self._before = self.screen.focused
        self.query_one(Label).update(question)
        field = self.query_one(TextField)
        field.value, field.placeholder = text, hint
        field.cursor_position = len(text)
        self.display = True
        self.screen.add_class("-asking")
        field.focus()
        self.screen.refresh_bindings()

    def action_leave(self) -> None:
        """Answer nothing."""
        self.display = False
        self.screen.remove_class("-asking")
        self.screen.set_focus(self._before)
        self.screen.refresh_bindings()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Answer."""
        event.stop()
        self.action_leave()
        self.post_message(self.Answered(self._purpose, event.value))

    def on_input_changed(self, event: TextField.Changed) -> None:
        """Nobody else wants to know."""
        event.stop()
