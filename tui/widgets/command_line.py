"""The command line at the foot of a screen: a command's name, completed while it is typed."""

from __future__ import annotations

import inspect
from typing import ClassVar, Protocol, runtime_checkable

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widgets import Input as TextField
from textual.widgets import Label

from store.names import did_you_mean
from store.printable import printable
from tui.commands import Command, live


@runtime_checkable
class Jumping(Protocol):
    """A screen on whose command line a number or a name leads to something."""

    def jump(self, typed: str) -> None:
        """Go to what is meant, or say that there is none."""


class CommandLine(Horizontal):
    """Takes one command and goes. Escape, or emptying it, leaves without doing anything."""

    DEFAULT_CSS = """
    CommandLine {
        dock: bottom;
        height: 1;
        layer: above;
        background: $panel;
    }
    CommandLine Label { width: 1; }
    CommandLine Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave the command line", id="command.leave", show=False),
        Binding("tab", "complete", "Complete", id="command.complete", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """A colon and the field."""
        self._before = self.screen.focused
        self._commands = {command.name: command for command in live(self.screen)}
        yield Label(":")
        yield TextField(
            compact=True,
            suggester=SuggestFromList(self._commands, case_sensitive=False),
            select_on_focus=False,
        )

    def on_mount(self) -> None:
        """Type at once."""
        self.screen.add_class("-asking")
        self.query_one(TextField).focus()

    def action_complete(self) -> None:
        """Take the suggested name."""
        self.query_one(TextField).action_cursor_right()

    async def action_leave(self) -> None:
        """Go without doing anything."""
        self.screen.remove_class("-asking")
        if self._before is not None and self._before.is_attached:
            self._before.focus()
        await self.remove()

    async def on_key(self, event: events.Key) -> None:
        """Backspace on an empty line leaves, as in editors."""
        if event.key == "backspace" and not self.query_one(TextField).value:
            event.stop()
            await self.action_leave()

    async def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Run the command; a beginning that only one command has is enough."""
        event.stop()
        meant = event.value.strip()
        typed = meant.lower()
        await self.action_leave()
        command = self._command(typed)
        if command is not None:
            result = command.run()
            if inspect.isawaitable(result):
                await result
        elif typed and isinstance(self.screen, Jumping):
            self.screen.jump(meant)
        elif typed:
            hint = did_you_mean(typed, self._commands)
            self.app.notify(printable(f"there is no command {typed}{hint}"), severity="error", markup=False)

    def _command(self, typed: str) -> Command | None:
        if not typed:
            return None
        typed = {"q": "quit", "q!": "quit", "wq": "quit", "h": "help"}.get(typed, typed)
        for command in self._commands.values():
            if typed in (command.name, command.id):
                return command
        begun = [command for name, command in self._commands.items() if name.startswith(typed)]
        return begun[0] if len(begun) == 1 else None
