"""The concept list: suggestions and annotations in one, with hotkeys, marks and scores."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message

from store.printable import printable
from tui.entries import Entry
from tui.hotkeys import Hotkeys
from tui.swatches import COLOURS, Swatches
from tui.widgets.item_rows import Piece, Rows, fitted

MARKS = {1: ("✓", "rows--good"), 0: ("✗", "rows--bad"), None: (" ", "")}
"""How it is shown that a concept is there, is explicitly not there, or is not decided on."""

BAR = 4
EIGHTHS = " ▏▎▍▌▋▊▉█"
MARKED = 6
"""Columns at a row's start in which a click decides instead of pointing."""

HIDDEN = "◌"
"""In front of what is out of sight on the picture."""

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

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"swatch--{number}" for number in range(len(COLOURS))}
    # A line's gaps are black on the picture as well, and no theme's ground hides a colour.
    DEFAULT_CSS = (
        """
    ConceptList {
        width: 1fr; height: 1fr; overflow-x: hidden;
        & .rows--cursor { background: $primary-muted; color: $foreground; text-style: bold; }
    """
        + "".join(
            f"& .swatch--{number} {{ color: rgb{colour}; background: black; }}\n"
            for number, colour in enumerate(COLOURS)
        )
        + "}"
    )

    class Pointed(Message):
        """An entry was clicked; `decides` where its hotkey and mark are."""

        def __init__(self, entry: Entry, decides: bool) -> None:
            super().__init__()
            self.entry = entry
            self.decides = decides

    def __init__(self, hotkeys: Hotkeys, swatches: Swatches, *, names_everyone: bool = False) -> None:
        super().__init__(self.entry_line, lambda entry: entry.identity)
        self._hotkeys, self._swatches = hotkeys, swatches
        self._names_everyone = names_everyone

    def show_anew(self, entries: Sequence[Entry]) -> None:
        """Show the entries of another input, from the top."""
        self.items = ()
        first = next((place for place, entry in enumerate(entries) if _can_be_on(entry)), 0)
        self.set_reactive(Rows.cursor, first)
        self.show(entries)

    def show(self, entries: Sequence[Entry]) -> None:
        """Show other entries; the highlight stays on its entry, or near where that was."""
        super().show(entries)
        if self.current is not None and not _can_be_on(self.current):
            self.move(1)

    def move(self, by: int) -> None:
        """Move the highlight, around the ends and past the headers of what is in sight."""
        places = [place for place, entry in enumerate(self.items) if _can_be_on(entry)]
        if places:
            beyond = bisect_right(places, self.cursor) if by > 0 else bisect_left(places, self.cursor)
            self.cursor = places[(beyond + (by - 1 if by > 0 else by)) % len(places)]

    def go_to_undecided(self) -> None:
        """Move the highlight down to the next entry that nobody has decided on; stay where there is none."""
        for place in range(self.cursor + 1, len(self.items)):
            entry = self.items[place]
            if entry.value is None and not entry.members and not entry.hidden:
                self.cursor = place
                return

    def on_click(self, event: events.Click) -> None:
        """Highlight, and tell the screen."""
        index = event.y + self.scroll_offset.y
        if index < len(self.items):
            event.prevent_default()
            if _can_be_on(self.items[index]):
                self.cursor = index
            self.post_message(self.Pointed(self.items[index], event.x < MARKED))

    def entry_line(self, entry: Entry, width: int) -> Sequence[Piece]:
        """Hotkey, mark, bar and number, name; who said it where there is room."""
        if entry.members:
            return self._header_line(entry, width)
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
        many = f" ×{entry.annotators}" if entry.annotators > 1 else ""
        hidden = f"{HIDDEN} " if entry.hidden else ""
        name = fitted(hidden + printable(entry.name) + original, room - who_room - len(many))
        shown.append((name, "rows--dim" if entry.hidden else ""))
        if many:
            shown.append((many, "rows--dim"))
        if who_room:
            shown.append((" " + fitted(who, who_room - 1), "rows--dim"))
        return shown

    def _header_line(self, entry: Entry, width: int) -> Sequence[Piece]:
        """The category with a piece of its line, how many regions it has, and that they are out of sight."""
        here = "▌" if entry is self.current else " "
        shown: list[Piece] = [(f"{here}{'▸' if entry.hidden else '▾'} ", "rows--strong")]
        if entry.outlined:
            swatch = self._swatches.of(entry.concept)
            shown += [(swatch.sample, f"swatch--{swatch.number}"), (" ", "")]
        tail = f" ({entry.members})" + (" hidden" if entry.hidden else "")
        room = width - 1 - sum(len(text) for text, _ in shown)
        name = fitted(printable(entry.name) + tail, room)
        shown.append((name, "rows--strong" if not entry.hidden else "rows--dim"))
        return shown


def _can_be_on(entry: Entry) -> bool:
    return not entry.members or entry.hidden
