"""The text view: the text, a line that says where one is in it, and the field to look for something."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input as TextField
from textual.widgets import Static

from store.printable import printable
from tui.widgets.marking_pane import MarkingPane
from tui.widgets.text_pane import TextPane

MOST_FOUND = 100_000
"""Places that are looked up at most."""

EXCERPT = 200
"""Characters of a span that its line may show."""


class FindField(TextField):
    """Where it is typed what to look for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="find.leave"),
    ]

    def __init__(self, find: Callable[[str], None]) -> None:
        super().__init__(placeholder="find, then enter", select_on_focus=True, compact=True)
        self._find = find

    async def action_submit(self) -> None:
        """Look for it, before the next key is given out."""
        self.action_leave()
        self._find(self.value)

    def action_leave(self) -> None:
        """Look for nothing."""
        self.display = False
        self.screen.set_focus(None)
        self.screen.refresh_bindings()


class TextView(Vertical):
    """A text input, to be read, searched and marked."""

    DEFAULT_CSS = """
    TextView { width: 1fr; height: 1fr; }
    TextView #where { height: 1; padding: 0 1; color: $text-muted; }
    TextView #where { text-wrap: nowrap; text-overflow: ellipsis; }
    TextView FindField { display: none; height: 1; border: none; padding: 0 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._marking = False

    def compose(self) -> ComposeResult:
        """The text above, the line below it."""
        yield MarkingPane()
        yield Static(id="where", markup=False)
        yield FindField(self.look_for)

    @property
    def pane(self) -> MarkingPane:
        """The text itself."""
        return self.query_one(MarkingPane)

    @property
    def field(self) -> FindField:
        """Where it is typed what to look for."""
        return self.query_one(FindField)

    @property
    def is_finding(self) -> bool:
        """Whether keys go to the field."""
        return bool(self.field.display)

    def show(self, text: str) -> None:
        """Show a text from its beginning."""
        self._wanted = ""
        self.pane.show(text)

    # Finding

    def ask(self) -> None:
        """Open the field."""
        self._marking = self.pane.has_focus
        self.field.display = True
        self.field.focus()
        self.screen.refresh_bindings()

    def on_input_changed(self, event: TextField.Changed) -> None:
        """Nobody else wants to know."""
        event.stop()

    def look_for(self, wanted: str) -> None:
        """Find all places, whatever the case of letters, and go to the first one from the cursor, or from
        what is in sight, on."""
        if self._marking:
            self.screen.set_focus(self.pane, scroll_visible=False)
        self._wanted = wanted
        pane = self.pane
        found: list[tuple[int, int]] = []
        if wanted:
            for match in re.finditer(re.escape(wanted), pane.text, re.IGNORECASE):
                found.append(match.span())
                if len(found) >= MOST_FOUND:
                    break
        start, end = pane.in_sight
        at = pane.cursor.at if start <= pane.cursor.at < end else start
        pane.find(found, bisect_left(found, (at, 0)) % max(len(found), 1))

    def go_on(self, by: int) -> bool:
        """Go to the next place (1) or the one before (-1); False when nothing is looked for."""
        found = self.pane.found
        if found:
            at = self.pane.cursor.at
            place = bisect_left(found, (at + 1, 0)) if by > 0 else bisect_left(found, (at, 0)) - 1
            self.pane.find(found, place % len(found))
        return bool(found)

    # Where one is

    def on_text_pane_moved(self, event: TextPane.Moved) -> None:
        """Say it."""
        event.stop()
        self.query_one("#where", Static).update(printable(self.where()), layout=False)

    def _excerpt(self, start: int, end: int) -> str:
        return self.pane.text[start : min(end, start + EXCERPT)]

    def where(self) -> str:
        """What is marked, where the cursor is, what the highlighted span is, or how far one has read."""
        pane = self.pane
        parts = []
        marked, span = pane.cursor.marked, pane.selected
        if marked is not None:
            kind = "new span" if pane.cursor.held is None else "moving"
            parts.append(
                f"{kind} {marked[0]}–{marked[1]} ({marked[1] - marked[0]}) · {self._excerpt(*marked)}"
            )
        elif span is not None:
            told = f"{span.tag} {span.name} {span.start}–{span.end}"
            parts.append(f"{told} · {self._excerpt(span.start, span.end)}")
        elif pane.has_focus:
            parts.append(f"character {pane.cursor.at:,} of {len(pane.text):,}")
        if self._wanted:
            at = bisect_left(pane.found, (pane.cursor.at, 0)) + 1
            told = f"{min(at, len(pane.found))} of {len(pane.found)}" if pane.found else "not found"
            parts.append(f"“{self._wanted}” {told}")
        if not parts:
            read = pane.in_sight[1] * 100 // max(len(pane.text), 1)
            parts.append(f"{len(pane.text):,} characters · {read}%" if pane.text else "The text is empty.")
        return " · ".join(parts)
