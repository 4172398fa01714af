"""The input strip: the inputs before and after, what became of them, and the way to any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input as TextField
from textual.widgets import Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted


@dataclass(frozen=True)
class Frame:
    """One input of the strip."""

    place: int
    """In the queue, from 0."""
    path: str
    is_done: bool
    said: str = ""
    """The concepts that stand on it."""


class Frames(Rows[Frame], can_focus=False):
    """The inputs; the strip's keys move the cursor."""

    DEFAULT_CSS = """
    Frames {
        height: 1fr;
        & .rows--cursor { background: $primary-muted; color: $foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__(self.frame_line, lambda frame: frame.place)

    def frame_line(self, frame: Frame, width: int) -> Sequence[Piece]:
        """Place, done or not, what was said, the path's end."""
        here = "▌" if frame is self.current else " "
        mark, style = ("✓", "rows--good") if frame.is_done else ("·", "rows--dim")
        start = f"{here}{frame.place + 1:>6} "
        room = width - len(start) - 3
        name = printable(frame.path).rsplit("/", 1)[-1]
        said = f"  {printable(frame.said)}" if frame.said else ""
        return [(start, "rows--dim"), (f"{mark} ", style), (fitted(name + said, room), "")]


class InputStrip(Vertical):
    """Appears in place of the list; enter goes to the highlighted input, escape stays."""

    DEFAULT_CSS = """
    InputStrip { display: none; height: 1fr; }
    InputStrip Static { height: 1; color: $text-accent; text-style: bold; padding: 0 1; }
    InputStrip Input { height: 1; border: none; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stay", id="strip.leave"),
        Binding("down,tab,ctrl+n", "move(1)", "Next", id="strip.next"),
        Binding("up,shift+tab", "move(-1)", "Previous", id="strip.previous", show=False),
        Binding("pagedown", "move(10)", "Page down", id="strip.page_down", show=False),
        Binding("pageup", "move(-10)", "Page up", id="strip.page_up", show=False),
    ]

    class Asked(Message):
        """Something was typed: the screen shows what fits."""

        def __init__(self, typed: str) -> None:
            super().__init__()
            self.typed = typed

    class Chosen(Message):
        """Go to this place."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    class Left(Message):
        """Stay."""

    def compose(self) -> ComposeResult:
        """Title, field, inputs."""
        yield Static("Go to an input", markup=False)
        yield TextField(placeholder="number or name, then enter", select_on_focus=False, compact=True)
        yield Frames()

    @property
    def is_open(self) -> bool:
        """Whether keys go to the field."""
        return bool(self.display)

    @property
    def typed(self) -> str:
        """What is typed."""
        return self.query_one(TextField).value.strip()

    def open(self, typed: str = "") -> None:
        """Open, with this typed already."""
        self.display = True
        field = self.query_one(TextField)
        field.value = typed
        field.cursor_position = len(typed)
        field.focus()
        self.post_message(self.Asked(typed))

    def show(self, frames: Sequence[Frame], on: int) -> None:
        """Show these inputs with the cursor on the one at place `on`, if it is among them."""
        rows = self.query_one(Frames)
        rows.items = ()
        index = next((index for index, frame in enumerate(frames) if frame.place == on), 0)
        rows.set_reactive(Rows.cursor, index)
        rows.show(frames)

    def on_input_changed(self, event: TextField.Changed) -> None:
        """Filter as it is typed."""
        event.stop()
        if self.is_open:
            self.post_message(self.Asked(self.typed))

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Go there; a number is taken at its word, however quickly enter came after it."""
        event.stop()
        frame = self.query_one(Frames).current
        if self.typed.isdecimal():
            self._close(self.Chosen(int(self.typed) - 1))
        elif frame is not None:
            self._close(self.Chosen(frame.place))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A double click goes to what it is on."""
        event.stop()
        frame = self.query_one(Frames).current
        if frame is not None:
            self._close(self.Chosen(frame.place))

    def on_click(self) -> None:
        """Typing goes on wherever one clicks."""
        self.query_one(TextField).focus()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(Frames).cursor += by

    def action_leave(self) -> None:
        """Stay where one is."""
        self._close(self.Left())

    def _close(self, message: Message) -> None:
        self.display = False
        self.screen.set_focus(None)
        self.post_message(message)
