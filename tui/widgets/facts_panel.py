"""The facts panel: more about what is shown, under the list, as long as one wants it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from store.printable import printable


class FactsPanel(VerticalScroll, can_focus=False):
    """A title and lines; closed at first."""

    DEFAULT_CSS = """
    FactsPanel { display: none; height: 45%; border-top: solid $panel; padding: 0 1; }
    FactsPanel #facts_title { text-style: bold; color: $text-accent; height: 1; text-wrap: nowrap; }
    """

    topic: str = ""
    """What it is about; "" while it is closed."""

    def compose(self) -> ComposeResult:
        """Title and lines."""
        yield Static(id="facts_title", markup=False)
        yield Static(id="facts_lines", markup=False)

    def turn(self, topic: str) -> None:
        """Open on a topic; the same again closes it."""
        self.topic = "" if self.topic == topic else topic
        self.display = bool(self.topic)

    def tell(self, title: str, lines: Sequence[str]) -> None:
        """Show these lines."""
        self.query_one("#facts_title", Static).update(printable(title))
        self.query_one("#facts_lines", Static).update("\n".join(map(printable, lines)))
