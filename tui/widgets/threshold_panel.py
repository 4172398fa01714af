"""The threshold panel: one bar for all concepts, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from store.bands import Bands
from store.routing import Thresholds
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.widgets.threshold_bar import ThresholdBar

MOST_BARS = 40
"""Concepts that get thresholds of their own here; for more there is the command line."""

EACH = ((False, "the same for all concepts"), (True, "each concept its own"))


class ThresholdPanel(Vertical):
    """Bars that stay keep where their handles are, whatever else is chosen."""

    DEFAULT_CSS = """
    ThresholdPanel {
        height: auto;
        #own-bars { height: auto; }
        #threshold-hint { height: auto; padding: 0 0 0 16; color: $text-muted; display: none; }
    }
    """

    class Changed(Message):
        """Other thresholds are set."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._concepts: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Which, the bar for all, those of the concepts."""
        yield FormRow("Thresholds", Choice(EACH, id="each"))
        yield Static(id="threshold-hint", markup=False)
        yield ThresholdBar("all concepts", id="bar")
        yield Vertical(id="own-bars")

    @property
    def common(self) -> Thresholds:
        """What holds for concepts without a bar of their own."""
        return self.query_one("#bar", ThresholdBar).thresholds

    @property
    def own(self) -> dict[str, Thresholds]:
        """Of the concepts that have a bar of their own."""
        if not self._each:
            return {}
        bars = self.query_one("#own-bars").query(ThresholdBar)
        return {bar.concept: bar.thresholds for bar in bars if bar.concept is not None}

    @property
    def _each(self) -> bool:
        return bool(self.query_one("#each", Choice).value)

    def show(self, concepts: Sequence[str]) -> None:
        """These concepts are chosen now."""
        self._concepts = tuple(concepts)
        self._arrange()

    def tell(self, counted: Mapping[str | None, Bands]) -> None:
        """How many inputs each band would hold: under None with all concepts together."""
        for bar in self.query(ThresholdBar):
            bar.bands = counted.get(bar.concept)

    @on(Choice.Changed)
    def _turned(self, event: Choice.Changed) -> None:
        event.stop()
        self._arrange()

    @on(ThresholdBar.Changed)
    def _moved(self, event: ThresholdBar.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())

    def _arrange(self) -> None:
        wanted = self._concepts[:MOST_BARS] if self._each else ()
        common = self.query_one("#bar", ThresholdBar)
        common.display = not wanted
        own = self.query_one("#own-bars")
        there = {bar.concept: bar for bar in own.query(ThresholdBar)}
        for concept, bar in there.items():
            if concept not in wanted:
                bar.remove()
        for concept in wanted:
            if concept not in there:
                bar = ThresholdBar(concept, concept)
                bar.put(common.lower, common.upper)
                own.mount(bar)
        self._hint()
        self.call_after_refresh(self.post_message, self.Changed())

    def _hint(self) -> None:
        told = ""
        if self._each and not self._concepts:
            told = "Take concepts above: each gets a bar of its own here. Until then this one is for all."
        elif self._each and len(self._concepts) > MOST_BARS:
            told = (
                f"The first {MOST_BARS} have a bar of their own, the others keep the thresholds for all; "
                "winnow task create --threshold sets any."
            )
        hint = self.query_one("#threshold-hint", Static)
        hint.update(told)
        hint.display = bool(told)
