"""The gold inputs of a task: the dataset they come from, and their part in each labeler's work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input as TextField

from store.errors import Refused
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow, text_field

NONE = (None, "no inputs whose answer is known are mixed in")


class GoldFields(Vertical):
    """The share is there once a dataset is chosen."""

    DEFAULT_CSS = "GoldFields { height: auto; }"

    def __init__(self, chosen: str | None = None, share: float = 0.05) -> None:
        super().__init__()
        self._was = chosen
        self._was_share = f"{share:.4g}"
        self._share = f"{100 * share:.4g}%"

    def compose(self) -> ComposeResult:
        """Dataset and share."""
        here = [NONE] if self._was is None else [NONE, (self._was, self._was)]
        yield FormRow("Gold", Choice(here, id="gold"))
        part = "their part in each labeler's work, such as 5%"
        yield FormRow("Gold share", text_field("gold-share", part, value=self._share), id="gold-share-row")

    def on_mount(self) -> None:
        """What it was."""
        self.query_one("#gold", Choice).choose(self._was)
        self._suit()

    def offer(self, datasets: Sequence[str]) -> None:
        """The datasets that there are."""
        choice: Choice[str | None] = self.query_one("#gold", Choice)
        chosen = choice.value
        names = dict.fromkeys([*datasets, *([] if chosen is None else [chosen])])
        choice.offer([NONE, *((name, f"from the dataset {name}") for name in names)])
        choice.choose(chosen)
        self._suit()

    @on(Choice.Changed)
    def _suit(self) -> None:
        self.query_one("#gold-share-row").display = self.query_one("#gold", Choice).value is not None

    def planned(self) -> dict[str, Any]:
        """Their part of a plan. Raises Refused for a share that is none."""
        chosen = self.query_one("#gold", Choice).value
        return {} if chosen is None else {"gold": chosen, "gold_share": self._typed()}

    def changes(self) -> dict[str, Any]:
        """What is different from what it was. Raises Refused for a share that is none."""
        chosen = self.query_one("#gold", Choice).value
        changed: dict[str, Any] = {} if chosen == self._was else {"gold": chosen or ""}
        if chosen is not None and f"{self._typed():.4g}" != self._was_share:
            changed["gold_share"] = self._typed()
        return changed

    def _typed(self) -> float:
        typed = self.query_one("#gold-share", TextField).value.strip()
        try:
            return float(typed.removesuffix("%")) / 100
        except ValueError:
            raise Refused(f"the share of gold inputs is a part like 5%, not '{typed}'") from None
