"""The text pane: a text of any length, wrapped to the width there is, with its spans and a cursor."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Protocol

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.entries import Identity
from tui.text.cursor import Cursor
from tui.text.glyphs import Glyph
from tui.text.spans import Span, innermost, tags
from tui.text.wrapping import HANGING, Row, Wrapped, blocks

MARGIN = 1
"""Columns left of the text."""

WHEEL = 3
"""Rows that a turn of the mouse wheel scrolls."""

TINT = 0.35
"""How much of its concept's colour lies under a span that is not highlighted."""


class Marker(Protocol):
    """Who is told at once of what is done in the text: the next key may build on it."""

    def take_turn(self, action: Callable[[], None]) -> None:
        """Run an action, after the writes that keys before it began."""

    def span_pointed(self, identity: Identity) -> None:
        """The cursor or the mouse is on another span."""

    def span_marked(self, start: int, end: int, held: Identity | None) -> None:
        """A stretch is marked; `held` is the span that it was, None for a new one."""


class TextPane(Widget, can_focus=True):
    """Only the rows in sight are made. While it has the focus, its cursor is seen and keys move it."""

    FOCUS_ON_CLICK = False
    COMPONENT_CLASSES = {"text--dim", "text--found"}
    DEFAULT_CSS = """
    TextPane {
        width: 1fr; height: 1fr;
        & .text--dim { color: $text-muted; }
        & .text--found { background: $warning-muted; color: $text-warning; }
    }
    """

    class Moved(Message):
        """The cursor, what is marked, what is found or what is in sight has changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""
        self.marker: Marker | None = None
        self.spans: Sequence[Span] = ()
        self.found: Sequence[tuple[int, int]] = ()
        """Where the text that is looked for is, in order."""
        self._top = 0
        self._seen: list[Row] = []
        self._under: Identity | None = None
        self._pressed: int | None = None
        self._dragging = self._scrolling = False
        self._starts: Sequence[int] = (0,)
        self.wrapped = Wrapped("", 0)
        self.cursor = Cursor(self.wrapped)

    # What is shown

    def show(self, text: str) -> None:
        """Show a text from its beginning."""
        self.text, self._starts = text, blocks(text)
        self.spans, self.found, self._top, self._under = (), (), 0, None
        self._wrap()
        self.cursor = Cursor(self.wrapped)
        self._changed()

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew; the same text stays on top."""
        self._wrap()
        self._changed()

    def _wrap(self) -> None:
        # A column for the scrollbar.
        width = self.size.width - MARGIN - HANGING - 1
        self.wrapped = Wrapped(self.text, width, self._starts)
        self.wrapped.tag(tags(self.spans))
        self.cursor.wrapped = self.wrapped

    def mark(self, spans: Sequence[Span]) -> None:
        """Show these spans; the highlighted one is brought in sight when it was not highlighted before."""
        before = next((span for span in self.spans if span.selected), None)
        now = next((span for span in spans if span.selected), None)
        if list(spans) == list(self.spans):
            return
        self.spans = spans
        self.wrapped.tag(tags(spans))
        if now is not None and (before is None or before.identity != now.identity):
            self._come_to(now)
        self._changed()

    def _come_to(self, span: Span) -> None:
        inside = span.start <= self.cursor.at < span.end
        if self.cursor.anchor is None and not inside:
            self.cursor.go(span.start)
            self._under = span.identity
        self.reveal(span.start)

    @property
    def selected(self) -> Span | None:
        """The highlighted span."""
        return next((span for span in self.spans if span.selected), None)

    def find(self, found: Sequence[tuple[int, int]], index: int) -> None:
        """Show where something was found, and go to one of the places."""
        self.found = found
        if found:
            self.cursor.go(found[index][0])
            self.follow()
        self._changed()

    # Scrolling

    @property
    def top(self) -> Row:
        """The first row in sight."""
        return self.wrapped.find(self._top)

    @property
    def in_sight(self) -> tuple[int, int]:
        """The characters in sight, [start, end)."""
        rows = self._rows()
        return self.wrapped.extent(rows[0])[0], self.wrapped.extent(rows[-1])[1]

    def _rows(self) -> list[Row]:
        if not self._seen:
            self._seen.append(self.top)
            while len(self._seen) < self.size.height and self._seen[-1] != self.wrapped.last:
                self._seen.append(self.wrapped.step(self._seen[-1], 1))
        return self._seen

    def scroll_rows(self, by: int) -> None:
        """Scroll down or up."""
        self._scroll(self.wrapped.step(self.top, by))

    def scroll_pages(self, pages: float) -> None:
        """Scroll down by so many pages, or up."""
        self.scroll_rows(round(pages * self.size.height))

    def _scroll(self, row: Row) -> None:
        lowest = self.wrapped.step(self.wrapped.last, -max(self.size.height - 1, 0))
        start = self.wrapped.extent(min(row, lowest))[0]
        if start != self._top:
            self._top = start
            self._changed()

    def reveal(self, offset: int) -> None:
        """Scroll as little as it needs to have a character in sight."""
        row, height = self.wrapped.find(offset), self.size.height
        if row < self.top:
            near = self.wrapped.step(self.top, -1) == row
            self._scroll(row if near else self.wrapped.step(row, -(height // 3)))
        elif height and row > (bottom := self.wrapped.step(self.top, height - 1)):
            near = self.wrapped.step(bottom, 1) == row
            self._scroll(self.wrapped.step(row, -(height - 1) if near else -(height // 3)))

    def follow(self) -> None:
        """The cursor has moved: bring it in sight, and say which span it is on now."""
        self.reveal(self.cursor.at)
        under = innermost(self.spans, self.cursor.at) if self.cursor.anchor is None else None
        if self.cursor.anchor is None and (under.identity if under else None) != self._under:
            self._under = under.identity if under else None
            if under is not None:
                self._tell(lambda marker: marker.span_pointed(under.identity))
        self._changed()

    def _changed(self) -> None:
        self._seen = []
        self.refresh()
        self.post_message(self.Moved())

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width, base = self.size.width, self.rich_style
        segments = [Segment(" " * MARGIN, base)]
        if y < len(self._rows()):
            segments += self._row(self._rows()[y], base)
        bar = Segment(self._bar(y), self.get_component_rich_style("text--dim"))
        return Strip([*Strip(segments).adjust_cell_length(width - 1, base), bar], width)

    def _row(self, row: Row, base: Style) -> list[Segment]:
        start, end = self.wrapped.extent(row)
        near = [span for span in self.spans if span.start < end and start < span.end]
        if not near and not self.found and not start <= self.cursor.at < end and not self.cursor.marked:
            # Most rows are nothing but text: one piece instead of a hundred.
            plain = self.wrapped.plain(row)
            if plain is not None:
                return [Segment(plain, base)]
        segments: list[Segment] = []
        for glyph in self.wrapped.glyphs(row):
            if glyph.before:
                segments.append(Segment(glyph.before, base + self._tag_style(near, glyph)))
            segments.append(Segment(glyph.shown, base + self._glyph_style(near, glyph)))
            if glyph.after:
                segments.append(Segment(glyph.after, base + self._tag_style(near, glyph)))
        return list(Segment.simplify(segments))

    def _glyph_style(self, near: Sequence[Span], glyph: Glyph) -> Style:
        style, marked = Style(), self.cursor.marked
        around = [span for span in near if span.start < glyph.end and glyph.start < span.end]
        if around:
            style = self._span_style(around)
        if glyph.escaped:
            style += Style(italic=True, color=self.get_component_rich_style("text--dim").color)
        if self._is_found(glyph):
            style += self.get_component_rich_style("text--found", partial=True) + Style(bold=True)
        if marked is not None and marked[0] < glyph.end and glyph.start < marked[1]:
            style += Style(reverse=True)
        if self.has_focus and glyph.start == self.cursor.at:
            # On what is marked, which is reversed already, the cursor is the underlined end.
            style += Style(bold=True, underline=True, reverse=True)
        return style

    def _span_style(self, around: Sequence[Span]) -> Style:
        """Underlined, twice where spans overlap, struck out where it is explicitly not there."""
        top = next((span for span in around if span.selected), None)
        top = top or min(around, key=lambda span: span.end - span.start)
        ground = self.background_colors[1]
        colour = type(ground)(*top.colour)
        style = Style(
            underline=len(around) == 1,
            underline2=len(around) > 1,
            italic=top.value is None,
            strike=top.value == 0,
        )
        if top.selected:
            return style + Style(color="black", bgcolor=colour.rich_color, bold=True)
        return style + Style(bgcolor=ground.blend(colour, TINT).rich_color)

    def _tag_style(self, near: Sequence[Span], glyph: Glyph) -> Style:
        edges = [s for s in near if glyph.start <= s.start < glyph.end or glyph.start < s.end <= glyph.end]
        span = next((span for span in edges if span.selected), edges[0] if edges else None)
        colour = type(self.background_colors[1])(*span.colour).rich_color if span is not None else None
        return Style(color=colour, bold=True)

    def _is_found(self, glyph: Glyph) -> bool:
        place = bisect_left(self.found, (glyph.end, 0)) - 1
        return place >= 0 and self.found[place][1] > glyph.start

    def _bar(self, y: int) -> str:
        height, length = self.size.height, len(self.text)
        start, end = self.in_sight
        if not length or (start == 0 and end >= length):
            return " "
        first = min(start * height // length, height - 1)
        last = max(end * height // length, first + 1)
        return "▐" if first <= y < last else "│"

    # The mouse

    def _offset_at(self, x: int, y: int) -> int:
        rows = self._rows()
        glyph = self.wrapped.at(rows[min(y, len(rows) - 1)], max(x - MARGIN, 0))
        return glyph.start if glyph is not None else 0

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self.scroll_rows(-WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to mark, to move an end of the highlighted span, or to scroll by the bar."""
        if event.button != 1 or not self.text:
            return
        self.capture_mouse()
        if event.x >= self.size.width - 1:
            self._scrolling = True
            self._scroll_to_bar(event.y)
        else:
            self._pressed = self._offset_at(event.x, event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark up to here; above and below the text it scrolls."""
        if self._scrolling:
            self._scroll_to_bar(event.y)
        if self._pressed is None:
            return
        if not 0 <= event.y < self.size.height:
            self.scroll_rows(1 if event.y > 0 else -1)
        offset = self._offset_at(event.x, min(max(event.y, 0), self.size.height - 1))
        if self.cursor.anchor is None or not self._dragging:
            if offset == self._pressed:
                return
            self._begin_drag(self._pressed)
        self.cursor.go(offset)
        self.follow()

    def _begin_drag(self, pressed: int) -> None:
        self._dragging = True
        span = self.selected
        glyph = self.wrapped.glyph(pressed)
        self.cursor.drop()
        if span is not None and glyph is not None and glyph.start <= span.start < glyph.end:
            self.cursor.hold(span.start, span.end, span.identity)
            self.cursor.swap()
        elif span is not None and glyph is not None and glyph.start < span.end <= glyph.end:
            self.cursor.hold(span.start, span.end, span.identity)
        else:
            self.cursor.go(pressed)
            self.cursor.mark()
        self.screen.set_focus(self, scroll_visible=False)

    def on_mouse_up(self, _: events.MouseUp) -> None:
        """What is marked stays so until it is given a concept; a click points at a span."""
        self.release_mouse()
        pressed, dragged = self._pressed, self._dragging
        self._pressed, self._dragging, self._scrolling = None, False, False
        if dragged and self.cursor.held is not None:
            self.finish()
        elif pressed is not None and not dragged:
            self.cursor.drop()
            self.cursor.go(pressed)
            self._under = None
            self.follow()

    def on_click(self, event: events.Click) -> None:
        """A double click marks the word."""
        if event.chain == 2 and self.text:
            self.cursor.mark_word()
            self.screen.set_focus(self, scroll_visible=False)
            self._changed()

    def _scroll_to_bar(self, y: int) -> None:
        at = len(self.text) * min(max(y, 0), self.size.height) // max(self.size.height, 1)
        self._scroll(self.wrapped.find(at))

    def finish(self) -> None:
        """Tell what is marked."""
        marked, held = self.cursor.marked, self.cursor.held
        if marked is not None:
            assert held is None or isinstance(held, tuple)
            self._tell(lambda marker: marker.span_marked(*marked, held))

    def _tell(self, what: Callable[[Marker], None]) -> None:
        if self.marker is not None:
            what(self.marker)
