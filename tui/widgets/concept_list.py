"""The concept list: suggestions and annotations in one, with hotkeys, marks and scores."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from store.printable import printable
from tui.entries import Entry
from tui.hotkeys import Hotkeys
from tui.widgets.item_rows import Piece, Rows, fitted

MARKS = {1: ("✓", "rows--good"), 0: ("✗", "rows--bad"), None: (" ", "")}
"""How it is shown that a concept is there, is explicitly not there, or is not decided on."""

BAR = 4
EIGHTHS = " ▏▎▍▌▋▊▉█"
MARKED = 6
"""Columns at a row's start in which a click decides instead of pointing."""

ROOMY = 46
"""Columns from which on it is shown in each row who said it."""


def bar(score: float, width: int = BAR) -> str:
    """A score 0..1 as a bar of `width` cells, to an eighth of a cell."""
    eighths = round(min(max(score, 0.0), 1.0) * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[part] if part else "")).ljust(width)


def number(score: float) -> str:
    """A score with two digits, never rounded over a threshold: 0.8999 is 0.89, not 0.90."""
    return f"{int(score * 100 + 1e-9) / 100:.2f}"


class ConceptList(Rows[Entry], can_focus=False):
    """Entries with a highlight that stays on its entry, whatever comes or goes around it.

    The screen's keys move the highlight: nothing needs the focus here.
    """

    DEFAULT_CSS = """
    ConceptList {
        width: 1fr; height: 1fr; overflow-x: hidden;
        & .rows--cursor { background: $primary-muted; color: $foreground; text-style: bold; }
    }
    """

    class Pointed(Message):
        """An entry was clicked; `decides` where its hotkey and mark are."""

        def __init__(self, entry: Entry, decides: bool) -> None:
            super().__init__()
            self.entry = entry
            self.decides = decides

    def __init__(self, hotkeys: Hotkeys, *, names_everyone: bool = False) -> None:
        super().__init__(self.entry_line, lambda entry: entry.identity)
        self._hotkeys = hotkeys
        self._names_everyone = names_everyone

    def show_anew(self, entries: Sequence[Entry]) -> None:
        """Show the entries of another input, from the top."""
        self.items = ()
        self.set_reactive(Rows.cursor, 0)
        self.show(entries)

    def move(self, by: int) -> None:
        """Move the highlight, around the ends."""
        if self.items:
            self.cursor = (self.cursor + by) % len(self.items)

    def on_click(self, event: events.Click) -> None:
        """Highlight, and tell the screen."""
        index = event.y + self.scroll_offset.y
        if index < len(self.items):
            event.prevent_default()
            self.cursor = index
            self.post_message(self.Pointed(self.items[index], event.x < MARKED))

    def entry_line(self, entry: Entry, width: int) -> Sequence[Piece]:
        """Hotkey, mark, bar and number, name; who said it where there is room."""
        mark, mark_style = MARKS[entry.value]
        # A mark of its own beside the colour, for terminals and eyes without colours.
        here = "▌" if entry is self.current else " "
        shown: list[Piece] = [(f"{here}{self._hotkeys.of(entry):>2} ", "rows--dim"), (f"{mark} ", mark_style)]
        if entry.score is None:
            shown.append((" " * (BAR + 6), ""))
        else:
            shown.append((bar(entry.score), mark_style or "rows--strong"))
            shown.append((f" {number(entry.score)} ", ""))
        # The last column belongs to the scrollbar.
        room = width - 1 - sum(len(text) for text, _ in shown)
        who = printable(entry.who) if self._names_everyone or width >= ROOMY else ""
        who_room = min(cell_len(who) + 1, room * 2 // 5) if who else 0
        original = f" ({printable(entry.original)})" if entry.original else ""
        shown.append((fitted(printable(entry.name) + original, room - who_room), ""))
        if who_room:
            shown.append((" " + fitted(who, who_room - 1), "rows--dim"))
        return shown
