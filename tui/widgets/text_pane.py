"""The text pane: a text input, wrapped to the width there is, whatever it holds."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from store.printable import printable

TAB = 4


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, none wider than `width` cells, broken at spaces where there are any."""
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        shown = printable(line.replace("\t", " " * TAB))
        lines += _broken(shown, width) if cell_len(shown) > width else [shown]
    return lines


def _broken(line: str, width: int) -> list[str]:
    lines, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if cell_len(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, width) if cell_len(word) > width else [word]
        lines += full
    return [*lines, current]


class TextPane(ScrollView, can_focus=False):
    """Shows a text; the screen scrolls it."""

    DEFAULT_CSS = """
    TextPane { width: 1fr; height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""
        self._lines: list[str] = []

    def show(self, text: str) -> None:
        """Show a text from its beginning."""
        self._text = text
        self._wrap()
        self.scroll_to(y=0, animate=False, immediate=True)

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew."""
        self._wrap()

    def _wrap(self) -> None:
        # A column each for the margin left and right and for the scrollbar.
        width = self.size.width - 3
        self._lines = wrapped(self._text, width) if width > 0 else []
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def scroll_pages(self, pages: float) -> None:
        """Go down by so many pages, or up."""
        height = self.scrollable_content_region.height
        self.scroll_to(y=self.scroll_offset.y + round(pages * height), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One wrapped line."""
        index = y + round(self.scroll_offset.y)
        if index >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        shown = set_cell_size(f" {self._lines[index]}", self.size.width)
        return Strip([Segment(shown, self.rich_style)], self.size.width)
