"""The assist line: whose suggestions are shown, within which scores, and how many they are."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from store.printable import printable
from tui.label_settings import LabelSettings
from tui.widgets.concept_list import number
from tui.widgets.item_rows import fitted

MODEL = 20
"""Columns for the model's name at most."""
BAR_LEAST = 6


class AssistLine(Widget):
    """One line with a bar of two handles; a click brings the nearer one there."""

    DEFAULT_CSS = """
    AssistLine { height: 1; padding: 0 1; color: $foreground; }
    """

    settings: reactive[LabelSettings] = reactive(LabelSettings())
    """On or off, and the range."""
    model: reactive[str] = reactive("")
    """The model's name; "" where nothing suggests."""
    counts: reactive[tuple[int, int]] = reactive((0, 0))
    """How many suggestions are shown, and of how many."""

    class Moved(Message):
        """A handle was brought to a score."""

        def __init__(self, low: float, high: float) -> None:
            super().__init__()
            self.low = low
            self.high = high

    def render(self) -> RenderResult:
        """Model, bar, numbers, counts; the model's name is cut first."""
        settings = self.settings
        if not self.model:
            return Content("AI: no model (m chooses one)")
        if not settings.assists:
            return Content(fitted(f"AI: off · {printable(self.model)}", self.size.width))
        name, numbers, counts = self._parts()
        width = self._bar_width()
        low, high = (round(score * (width - 1)) for score in (settings.low, settings.high))
        return Content.assemble(
            (name, "$text-accent"),
            ("·" * low, "$foreground-muted"),
            ("◆", "bold $accent"),
            ("━" * max(high - low - 1, 0), "$text-accent"),
            ("◆" if high > low else "", "bold $accent"),
            ("·" * (width - 1 - max(high, low)), "$foreground-muted"),
            numbers,
            counts,
        )

    def _parts(self) -> tuple[str, str, str]:
        settings = self.settings
        numbers = f" {number(settings.low)}–{number(settings.high)} "
        counts = "{}/{}".format(*self.counts)
        room = self.size.width - cell_len(numbers + counts) - BAR_LEAST - 1
        name = printable(self.model)
        return fitted(name, min(MODEL, max(room, 0), cell_len(name))) + " ", numbers, counts

    def _bar_width(self) -> int:
        return max(self.size.width - sum(map(cell_len, self._parts())), 2)

    def on_click(self, event: events.Click) -> None:
        """Bring the nearer handle to where the click was."""
        at = event.get_content_offset(self)
        if at is None or not self.model or not self.settings.assists:
            return
        width = self._bar_width()
        score = (at.x - cell_len(self._parts()[0])) / (width - 1)
        if 0 <= score <= 1:
            low, high = self.settings.low, self.settings.high
            nearer_low = abs(score - low) <= abs(score - high)
            self.post_message(
                self.Moved(min(score, high), high) if nearer_low else self.Moved(low, max(score, low))
            )
