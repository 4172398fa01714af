"""The marking pane: a text in which keys move a cursor and mark spans."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.widgets.text_pane import TextPane


class MarkingPane(TextPane):
    """Its keys work while it has the focus; what they do not take is the screen's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Mark from here", id="text.select"),
        Binding("enter", "take", "Take", id="text.take"),
        Binding("escape", "leave", "Leave", id="text.leave"),
        Binding("o", "swap", "Other end", id="text.swap"),
        Binding("r", "screen.relabel_span", "Another concept", id="text.relabel", show=False),
        Binding("d,delete", "screen.delete_span", "Delete", id="text.delete", show=False),
        Binding("h,left", "step(-1)", "Left", id="text.left", show=False),
        Binding("l,right", "step(1)", "Right", id="text.right", show=False),
        Binding("j,down", "line(1)", "Down", id="text.down", show=False),
        Binding("k,up", "line(-1)", "Up", id="text.up", show=False),
        Binding("w", "word('next')", "Next word", id="text.next_word", show=False),
        Binding("e", "word('end')", "End of the word", id="text.end_of_word", show=False),
        Binding("b", "word('previous')", "Previous word", id="text.previous_word", show=False),
        Binding(
            "circumflex_accent,home", "edge('start')", "Start of the row", id="text.row_start", show=False
        ),
        Binding("dollar_sign,end", "edge('end')", "End of the row", id="text.row_end", show=False),
        Binding("right_curly_bracket", "paragraph(1)", "Next line", id="text.next_line", show=False),
        Binding("left_curly_bracket", "paragraph(-1)", "Previous line", id="text.previous_line", show=False),
        Binding("ctrl+d,pagedown", "page(0.5)", "Half a page down", id="text.page_down", show=False),
        Binding("ctrl+u,pageup", "page(-0.5)", "Half a page up", id="text.page_up", show=False),
        Binding("g,ctrl+home", "end_of_text(0)", "Beginning", id="text.first", show=False),
        Binding("G,ctrl+end", "end_of_text(1)", "End", id="text.last", show=False),
        Binding("greater_than_sign", "shift(1)", "Move all to the right", id="text.shift_right", show=False),
        Binding("less_than_sign", "shift(-1)", "Move all to the left", id="text.shift_left", show=False),
    ]

    def enter(self) -> None:
        """Give the keys to the cursor, where it is seen."""
        span = self.selected
        start, end = self.in_sight
        if span is not None:
            self.cursor.go(span.start)
        elif not start <= self.cursor.at < end:
            self.cursor.go(start)
        self.screen.set_focus(self, scroll_visible=False)
        self.follow()

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._changed()

    def on_blur(self) -> None:
        """It is not any more."""
        self._changed()

    def _turn(self, action: Callable[[], None]) -> None:
        if self.marker is not None:
            self.marker.take_turn(action)
        else:
            action()

    def _move(self, move: Callable[[], None]) -> None:
        self._turn(lambda: self._moved(move))

    def _moved(self, move: Callable[[], None]) -> None:
        move()
        self.follow()

    def action_step(self, by: int) -> None:
        """Go left or right."""
        self._move(lambda: self.cursor.step(by))

    def action_line(self, by: int) -> None:
        """Go up or down."""
        self._move(lambda: self.cursor.line(by))

    def action_page(self, pages: float) -> None:
        """Go by half a page; the text scrolls as far."""
        rows = round(pages * self.size.height)
        self._turn(lambda: self.scroll_rows(rows))
        self._move(lambda: self.cursor.line(rows))

    def action_word(self, way: str) -> None:
        """Go to another word."""
        self._move(lambda: self.cursor.word(way))

    def action_edge(self, way: str) -> None:
        """Go to an end of the row."""
        self._move(lambda: self.cursor.edge(way))

    def action_paragraph(self, by: int) -> None:
        """Go to another line of the text."""
        self._move(lambda: self.cursor.paragraph(by))

    def action_end_of_text(self, last: int) -> None:
        """Go to the beginning or the end of the text."""
        self._move(lambda: self.cursor.go(len(self.text) if last else 0))

    def action_select(self) -> None:
        """Mark from here; twice: the word."""
        self._move(self.cursor.mark)

    def action_swap(self) -> None:
        """Take the other end in hand."""
        self._move(self.cursor.swap)

    def action_shift(self, by: int) -> None:
        """Move all that is marked."""
        self._move(lambda: self.cursor.shift(by))

    def action_take(self) -> None:
        """What is marked is done; else take hold of the highlighted span here, else mark the word."""
        self._turn(self._take)

    def _take(self) -> None:
        span = self.selected
        if self.cursor.anchor is not None:
            self.finish()
        elif span is not None and span.start <= self.cursor.at < span.end:
            self._moved(lambda: self.cursor.hold(span.start, span.end, span.identity))
        else:
            self._moved(self.cursor.mark_word)

    def action_leave(self) -> None:
        """Mark nothing; if nothing is marked, give the keys back."""
        self._turn(self._leave)

    def _leave(self) -> None:
        if self.cursor.anchor is not None:
            self._moved(self.cursor.drop)
        else:
            self.screen.set_focus(None)
