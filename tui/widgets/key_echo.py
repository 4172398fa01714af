"""The key echo: shows which keys are pressed and what they do, for learning and for showing others."""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from store.printable import printable

KEPT = 12


class KeyEcho(Widget, can_focus=False):
    """One line above the footer; the newest key on the right."""

    DEFAULT_CSS = """
    KeyEcho { dock: bottom; height: 1; margin-bottom: 1; layer: above; background: $secondary; color: $text; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: deque[str] = deque(maxlen=KEPT)

    def note(self, event: events.Key, described: str) -> None:
        """A key was pressed, which does what is described ("" for nothing that has a name)."""
        key = event.character if event.is_printable and event.character else event.key
        name = printable({" ": "space"}.get(key, key))
        self._shown.append(f"{name} {described}".strip())
        self.refresh()

    def render(self) -> RenderResult:
        """The last keys, as many as fit."""
        line = "  ·  ".join(self._shown) or "press keys"
        width = self.size.width - 8
        return Content(f" keys: {line[-width:] if len(line) > width else line}")
