"""A choice: one of a few things, on one line, changed by left and right."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from store.printable import printable

Value = TypeVar("Value", bound=Hashable)


class Choice(Widget, Generic[Value], can_focus=True):
    """Shows what is chosen between two arrows."""

    DEFAULT_CSS = """
    Choice {
        height: 1;
        width: 1fr;
        background: $surface;
        &:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right,space", "turn(1)", "Other choice", id="choice.next", key_display="l"),
        Binding("h,left", "turn(-1)", "Previous choice", id="choice.previous", show=False),
    ]

    index: reactive[int] = reactive(0)
    """Which of the options is chosen."""

    class Changed(Message):
        """Something else is chosen."""

        def __init__(self, choice: Choice[Any]) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, options: Sequence[tuple[Value, str]], *, id: str | None = None) -> None:
        """`options` are values and what is shown for them; the first is chosen."""
        super().__init__(id=id)
        self._options = list(options)

    @property
    def value(self) -> Value:
        """What is chosen."""
        return self._options[self.index][0]

    def offer(self, options: Sequence[tuple[Value, str]]) -> None:
        """Offer other things; what was chosen stays so where it still can."""
        was = self.value if self._options else None
        self._options = list(options)
        values = [value for value, _ in self._options]
        self.index = values.index(was) if was in values else 0
        self.refresh()

    def choose(self, value: Value) -> None:
        """Choose a value that is offered."""
        self.index = [offered for offered, _ in self._options].index(value)

    def watch_index(self, before: int, now: int) -> None:
        """Tell that it changed."""
        if before != now:
            self.post_message(self.Changed(self))

    def render(self) -> RenderResult:
        """‹ what is chosen ›, and how many there are."""
        shown = printable(self._options[self.index][1]) if self._options else "–"
        many = f"  {self.index + 1}/{len(self._options)}" if len(self._options) > 1 else ""
        return Content.assemble("‹ " if many else "  ", shown, " ›" if many else "", (many, "dim"))

    def action_turn(self, by: int) -> None:
        """Choose the next or the one before."""
        if self._options:
            self.index = (self.index + by) % len(self._options)

    def on_click(self) -> None:
        """The next one."""
        self.action_turn(1)
