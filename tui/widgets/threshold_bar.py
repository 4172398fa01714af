"""A bar with two handles: what is dropped, what is reviewed, what is approved at once."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from store.bands import Bands
from store.printable import printable
from store.routing import Thresholds
from tui.widgets.item_rows import fitted

NAME = 14
COARSE, FINE = 5, 1
"""How far a key moves a handle, in hundredths."""


class ThresholdBar(Widget, can_focus=True):
    """Thresholds in hundredths. One handle is active; it pushes the other one along."""

    DEFAULT_CSS = """
    ThresholdBar {
        height: 1;
        width: 1fr;
        &:focus { background: $panel; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", f"shift({COARSE})", "Higher", id="bar.up", key_display="l"),
        Binding("h,left", f"shift(-{COARSE})", "Lower", id="bar.down", key_display="h"),
        Binding("L,shift+right", f"shift({FINE})", "Higher by 0.01", id="bar.up_fine", show=False),
        Binding("H,shift+left", f"shift(-{FINE})", "Lower by 0.01", id="bar.down_fine", show=False),
        Binding("space", "switch", "Other handle", id="bar.switch"),
    ]

    lower: reactive[int] = reactive(50)
    """Below it: dropped. In hundredths."""
    upper: reactive[int] = reactive(90)
    """From it on: approved. In hundredths."""
    on_upper: reactive[bool] = reactive(False)
    """Which handle the keys move."""
    bands: reactive[Bands | None] = reactive(None)
    """What the stored predictions would become; None while nothing is known."""

    class Changed(Message):
        """A handle was moved."""

        def __init__(self, bar: ThresholdBar) -> None:
            super().__init__()
            self.bar = bar

    def __init__(self, name: str, concept: str | None = None, *, id: str | None = None) -> None:
        """`concept` is None for the bar that is for all concepts."""
        super().__init__(id=id)
        self._title = printable(name)
        self.concept = concept

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds as the store takes them."""
        return Thresholds(self.lower / 100, self.upper / 100)

    def put(self, lower: int, upper: int) -> None:
        """Set both handles, in hundredths."""
        self.lower, self.upper = lower, upper

    def render(self) -> RenderResult:
        """Name, bar, numbers, and how many inputs each band holds."""
        width = max(10, self.size.width - NAME - 43)
        numbers = f" {self.lower / 100:.2f}–{self.upper / 100:.2f} "
        title, counts = fitted(self._title, NAME), _counts(self.bands)
        return Content.assemble(title, " ", *self._bar(width), numbers, counts)

    def _bar(self, width: int) -> list[tuple[str, str]]:
        low, high = (round(value / 100 * (width - 2)) for value in (self.lower, self.upper))
        active = "bold $accent" if self.has_focus else ""
        return [
            ("·" * low, "$text-muted"),
            ("◇" if self.on_upper else "◆", "" if self.on_upper else active),
            ("▒" * (high - low), "$text-warning"),
            ("◆" if self.on_upper else "◇", active if self.on_upper else ""),
            ("█" * (width - 2 - high), "$text-success"),
        ]

    def action_shift(self, by: int) -> None:
        """Move the active handle; the other one never comes to lie on its wrong side."""
        if self.on_upper:
            self.upper = min(100, max(0, self.upper + by))
            self.lower = min(self.lower, self.upper)
        else:
            self.lower = min(100, max(0, self.lower + by))
            self.upper = max(self.lower, self.upper)
        self.post_message(self.Changed(self))

    def action_switch(self) -> None:
        """Move the other handle from now on."""
        self.on_upper = not self.on_upper

    def on_click(self, event: events.Click) -> None:
        """Bring the nearer handle to where the click was."""
        width = max(10, self.size.width - NAME - 43)
        at = round((event.x - NAME - 1) / (width - 1) * 100)
        if 0 <= at <= 100:
            self.on_upper = abs(at - self.upper) < abs(at - self.lower)
            self.action_shift(at - (self.upper if self.on_upper else self.lower))


def _counts(bands: Bands | None) -> str:
    if bands is None or not bands.looked_at:
        return "no predictions yet"
    return f"{bands.dropped} out · {bands.review} review · {bands.success} sure"
