"""Rows: a list drawn line by line, of any length, with a cursor that stays on its row."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Item = TypeVar("Item")

Piece = tuple[str, str]
"""A stretch of a line and the component class that styles it ("" for the row's own style)."""

Drawn = tuple[tuple[Piece, ...], bool]
"""A row's pieces and whether the cursor is on it."""

TWICE = 0.8
"""Seconds within which the second `g` of `gg` must come."""


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis when it is longer."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


class Rows(ScrollView, Generic[Item], can_focus=True):
    """Shows `items` by `line`, one line each. Not a cell of an invisible row is made."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--cursor",
        "rows--dim",
        "rows--good",
        "rows--doubtful",
        "rows--bad",
        "rows--strong",
    }
    DEFAULT_CSS = """
    Rows {
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & .rows--cursor { background: $panel; }
        &:focus .rows--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        &:focus .rows--cursor { text-style: bold; }
        & .rows--dim { color: $text-muted; }
        & .rows--good { color: $text-success; }
        & .rows--doubtful { color: $text-warning; }
        & .rows--bad { color: $text-error; }
        & .rows--strong { color: $text-primary; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", id="list.down", show=False),
        Binding("k,up", "move(-1)", "Up", id="list.up", show=False),
        Binding("ctrl+d,pagedown", "page(1)", "Half a page down", id="list.page_down", show=False),
        Binding("ctrl+u,pageup", "page(-1)", "Half a page up", id="list.page_up", show=False),
        Binding("home", "first", "First", id="list.first", show=False),
        Binding("g", "first_at_second", "First (gg)", id="list.gg", show=False),
        Binding("G,end", "last", "Last", id="list.last", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """The index of the row that the cursor is on."""

    class Moved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """A row was clicked twice."""

    def __init__(
        self,
        line: Callable[[Item, int], Sequence[Piece]],
        key: Callable[[Item], Hashable],
        *,
        id: str | None = None,
    ) -> None:
        """`line` makes an item's pieces for a width in cells; `key` tells which item is which."""
        self._inks: dict[tuple[str, Style], Style] = {}
        super().__init__(id=id)
        self._line = line
        self._key = key
        self._g_at = 0.0
        self._drawn: dict[int, Drawn] = {}
        self.items: Sequence[Item] = ()

    def show(self, items: Sequence[Item]) -> None:
        """Show other items; the cursor stays on the item it was on, or near where that was."""
        on = self.current
        self.items = items
        self._make_room(len(items))
        index = min(self.cursor, max(0, len(items) - 1))
        if on is not None and (not items or self._key(items[index]) != self._key(on)):
            key = self._key(on)
            index = next((i for i, item in enumerate(items) if self._key(item) == key), index)
        self.set_reactive(Rows.cursor, index)
        self._scroll_to_cursor()
        self._draw_changed()
        self.post_message(self.Moved())

    def _make_room(self, count: int) -> None:
        """For that many rows; without a new layout of the screen, which costs 10 ms, where none is needed."""
        size, height = Size(self.size.width, count), self.styles.height
        grows = height is not None and height.is_auto
        if grows or (count > self.container_size.height) != self.show_vertical_scrollbar:
            self.virtual_size = size
        elif size != self.virtual_size:
            self.set_reactive(Rows.virtual_size, size)
            self._scroll_update(size)

    def _draw_changed(self) -> None:
        """Draw the visible rows that look different from what is drawn: all of them would be sent again."""
        for y in range(self.size.height):
            if self._drawn.get(y) != self._row(y):
                self.refresh_line(y)

    @property
    def current(self) -> Item | None:
        """The item that the cursor is on."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def go_to(self, key: Hashable) -> None:
        """Put the cursor on the item with this key, if it is there."""
        for index, item in enumerate(self.items):
            if self._key(item) == key:
                self.cursor = index

    def validate_cursor(self, cursor: int) -> int:
        """The cursor is always on a row, while there is one."""
        return max(0, min(cursor, len(self.items) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Draw only the two rows that changed."""
        for index in (before, now):
            self.refresh_line(index - self.scroll_offset.y)
        self._scroll_to_cursor()
        if before != now:
            self.post_message(self.Moved())

    def refresh_line(self, y: int) -> None:
        """Draw one visible line anew."""
        self.refresh(Region(0, y, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(self.size.width, len(self.items))
        self._scroll_to_cursor()

    def _row(self, y: int) -> Drawn:
        """What a visible row is to show."""
        index = y + self.scroll_offset.y
        if index >= len(self.items):
            return (), False
        return tuple(self._line(self.items[index], self.size.width)), index == self.cursor

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width = self.size.width
        pieces, on_cursor = self._drawn[y] = self._row(y)
        own = self.rich_style
        if not pieces:
            return Strip.blank(width, own)
        if on_cursor:
            own = own + self.get_component_rich_style("rows--cursor", partial=True)
        segments = []
        for text, name in pieces:
            # On the cursor's row one ground and one ink: a coloured word could not be read there.
            styled = own if on_cursor or not name else own + self._ink(name, own)
            segments.append(Segment(text, styled))
        return Strip(segments).adjust_cell_length(width, own)

    def _ink(self, name: str, own: Style) -> Style:
        """A component's style; a see-through colour is mixed with the ground, which terminals cannot do."""
        ink = self._inks.get((name, own))
        if ink is None:
            ink = self.get_component_rich_style(name, partial=True)
            styles = self.get_component_styles(name)
            if styles.color.a < 1 and own.bgcolor is not None:
                ground = Color.from_rich_color(own.bgcolor)
                colour = ground.get_contrast_text(styles.color.a) if styles.auto_color else styles.color
                ink += Style(color=(ground + colour).rich_color)
            self._inks[name, own] = ink
        return ink

    def notify_style_update(self) -> None:
        """Other colours from now on."""
        self._inks.clear()
        super().notify_style_update()

    def action_move(self, by: int) -> None:
        """Go down or up."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Go by half a page."""
        self.cursor += by * max(1, self.size.height // 2)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_first_at_second(self) -> None:
        """`gg`: go to the first row."""
        now = time.monotonic()
        if now - self._g_at < TWICE:
            self.cursor = 0
            now = 0.0
        self._g_at = now

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = len(self.items) - 1

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; a double click chooses."""
        index = event.y + self.scroll_offset.y
        if index < len(self.items):
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Chosen())


AnyRows = Rows[Any]
