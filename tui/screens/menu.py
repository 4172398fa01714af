"""A menu: what can be done now, with the key that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted

Offer = tuple[str, str, str]
"""The key as it is shown, what it does, the action."""


class MenuScreen(ModalScreen[str | None]):
    """Ends with an action, or None. An offer's own key chooses it at once."""

    DEFAULT_CSS = """
    MenuScreen {
        align: center middle;
        Vertical { width: 48; max-width: 90%; height: auto; padding: 1 2; }
        Vertical { background: $surface; border: round $primary; }
        Rows { margin-top: 1; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", id="menu.choose"),
        Binding("escape,q", "leave", "Leave", id="menu.leave"),
    ]

    def __init__(self, title: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title, self._offers = printable(title), list(offers)

    def compose(self) -> ComposeResult:
        """The title and what is offered."""
        with Vertical():
            yield Static(self._title, classes="title", markup=False)
            yield Rows[Offer](_line, lambda offer: offer[2])

    def on_mount(self) -> None:
        """Show them."""
        rows = self.query_one(Rows)
        rows.styles.height = len(self._offers)
        rows.show(self._offers)
        rows.focus()

    def on_key(self, event: events.Key) -> None:
        """The key of an offer."""
        for key, _, action in self._offers:
            if key in (event.key, event.character):
                event.stop()
                event.prevent_default()
                self.dismiss(action)
                return

    @on(Rows.Chosen)
    def action_choose(self) -> None:
        """The one under the cursor."""
        current: Offer | None = self.query_one(Rows).current
        self.dismiss(None if current is None else current[2])

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)


def _line(offer: Offer, width: int) -> Sequence[Piece]:
    key, name, _ = offer
    return [(f" {fitted(key, 4)}", "rows--strong"), (fitted(name, width - 5), "")]
