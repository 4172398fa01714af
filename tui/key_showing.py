"""Key showing: every key that is pressed, and what it does, in a line above the footer."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.app import App

from tui.widgets.key_echo import KeyEcho

Returned = TypeVar("Returned")


class KeyShowing(App[Returned]):
    """An app that shows its keys on whatever screen is open, once it is asked to."""

    shows_keys = False

    def turn_key_showing(self) -> None:
        """Show keys from now on, or no longer."""
        self.shows_keys = not self.shows_keys
        for screen in self.screen_stack:
            screen.query(KeyEcho).remove()
        if self.shows_keys:
            self.screen.mount(KeyEcho())

    async def on_event(self, event: events.Event) -> None:
        """Show a key before it does anything."""
        if self.shows_keys and isinstance(event, events.Key) and not event.is_forwarded:
            active = self.screen.active_bindings.get(event.key)
            does = active.binding.description if active is not None and active.enabled else ""
            self._echo().note(event, does)
        await super().on_event(event)

    def _echo(self) -> KeyEcho:
        there = self.screen.query(KeyEcho)
        if there:
            return there.first()
        echo = KeyEcho()
        self.screen.mount(echo)
        return echo
