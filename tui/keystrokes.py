"""Keystrokes in order: each is done with before the next is given out, however fast they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message import Message

Returned = TypeVar("Returned")

PATIENCE = 0.5
"""Seconds until the next key is given out though the end of the one before was not heard, because the
widget that had it is gone."""


LONGEST_HOLD = 10.0
"""Seconds after which held keys are given out whatever they waited for: a keyboard is never dead."""


class KeyDone(Message):
    """Follows a key up from the widget that got it: when it arrives, the key's bindings have run."""

    def __init__(self, number: int, laps: int = 1) -> None:
        super().__init__()
        self.number = number
        self.laps = laps


class OrderedKeys(App[Returned]):
    """An app that loses no key typed ahead.

    Textual gives a key to the widget that has the focus at that moment, and a binding runs only after the
    key has come up from there: of keys that arrive in one burst, as they do over a slow line, those behind
    one that moves the focus or opens a screen would go to where it was.
    """

    _held: deque[events.Key] | None = None
    """Keys that came while another was being done."""
    _under_way = 0
    """The number of the key that is being done, or 0."""
    _given = 0
    _screen_before: object = None
    _holding = False

    async def on_event(self, event: events.Event) -> None:
        """Hold back a key while another is being done."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif not self._under_way:
            await self._give(event)
        else:
            if self._held is None:
                self._held = deque()
            self._held.append(event)
            if not self._holding:
                self.set_timer(PATIENCE, partial(self._done, self._under_way))

    def hold_keys(self) -> Callable[[], None]:
        """Give out no key until the returned function is called: what they are to act on comes later."""
        self._holding = True
        self._given += 1
        self._under_way = self._given
        self._screen_before = self.screen
        number = self._given

        def let_go() -> None:
            self.call_later(self._let_go, number)

        self.set_timer(LONGEST_HOLD, let_go)
        return let_go

    async def _let_go(self, number: int) -> None:
        if number == self._under_way:
            self._holding = False
            await self._settled(number)

    async def _give(self, event: events.Key) -> None:
        self._given += 1
        self._under_way = self._given
        self._screen_before = self.screen
        target = self.focused or self.screen
        await super().on_event(event)
        if not target.post_message(KeyDone(self._given)):
            await self._done(self._given)

    def on_key_done(self, message: KeyDone) -> None:
        """The key has come all the way up. A second lap lets pass what it caused: the messages of a field
        that it changed, and what its binding asked to be called later."""
        message.stop()
        if not self.screen_stack:
            return  # The app has ended meanwhile.
        target = self.focused or self.screen
        if message.laps > 1 or not target.post_message(KeyDone(message.number, message.laps + 1)):
            self.call_later(self._settled, message.number)

    async def _settled(self, number: int) -> None:
        """A screen that the key has opened gets its focus before the next key."""
        opened = self.screen is not self._screen_before
        if not (opened and self.screen.call_after_refresh(self.call_later, self._done, number)):
            await self._done(number)

    async def _done(self, number: int) -> None:
        if number != self._under_way:
            return
        self._under_way = 0
        if self._held:
            await self._give(self._held.popleft())
