"""Help: every key that works on the screen it was opened on, searchable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets import Input as TextField

from tui.commands import Command, live
from tui.widgets.item_rows import Piece, Rows, fitted
from tui.widgets.top_bar import TopBar


class HelpScreen(Screen[None]):
    """Typing searches, the arrows walk, enter does what the line says."""

    DEFAULT_CSS = """
    HelpScreen {
        Input { border: none; height: 1; padding: 0 1; background: $surface; }
        Rows { height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="help.back"),
        Binding("enter", "run", "Do it", id="help.run", priority=True),
        Binding("down", "move(1)", "Down", id="help.down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", id="help.up", show=False, priority=True),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", id="help.page_down", show=False, priority=True),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", id="help.page_up", show=False, priority=True),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._commands = [command for command in live(below) if command.key]

    def compose(self) -> ComposeResult:
        """The field and the list."""
        yield TopBar("Help: the keys that work here")
        yield TextField(compact=True, placeholder="type to search, for example: undo")
        yield Rows[Command](_line, lambda command: command.id)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show all."""
        self.query_one(Rows).can_focus = False
        self.query_one(Rows).show(self._commands)
        self.query_one(TextField).focus()

    @on(TextField.Changed)
    def search(self, event: TextField.Changed) -> None:
        """Every word must be in the name, the id or the key."""
        words = event.value.casefold().split()
        found = [c for c in self._commands if all(word in _text(c) for word in words)]
        self.query_one(Rows).show(found)

    def action_move(self, by: int) -> None:
        """Walk through the list."""
        self.query_one(Rows).action_move(by)

    def action_page(self, by: int) -> None:
        """Walk by half a page."""
        self.query_one(Rows).action_page(by)

    @on(Rows.Chosen)
    async def action_run(self) -> None:
        """Go back and do it there."""
        command = self.query_one(Rows).current
        self.app.pop_screen()
        if command is not None and command.id != "app.help":
            self.app.call_later(command.run)


def _text(command: Command) -> str:
    return f"{command.name} {command.id} {command.key}".casefold()


def _line(command: Command, width: int) -> Sequence[Piece]:
    keys, name = fitted(command.key, 20), fitted(command.name.capitalize(), max(20, width - 44))
    return [(f" {keys} ", "rows--strong"), (name, ""), (fitted(command.id, 20), "rows--dim")]
