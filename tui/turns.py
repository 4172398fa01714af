"""Turns: keys typed ahead wait for the write before them, so that each acts on what its user expects."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from store.errors import Refused
from tui.writer import Writer

T = TypeVar("T")


@runtime_checkable
class TakingTurns(Protocol):
    """A screen whose keys wait for each other."""

    turns: Turns
    is_mounted: bool


class Turns:
    """Runs actions one after the other; an action that writes holds up the next until it is answered."""

    def __init__(self, writer: Writer, show: Callable[[Refused], None]) -> None:
        self._writer = writer
        self._show = show
        self._waiting: deque[Callable[[], None]] = deque()
        self._writing = 0
        self._over = False

    @property
    def settled(self) -> bool:
        """Whether no write is under way and no action waits."""
        return not self._writing and not self._waiting

    def take(self, action: Callable[[], None]) -> None:
        """Run `action` now, or after the writes before it."""
        if not self._over:
            self._waiting.append(action)
            self._go_on()

    def write(
        self,
        act: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Refused], None] | None = None,
    ) -> None:
        """Make a change; `done` or `failed` runs before the next action does."""
        self._writing += 1
        self._writer.submit(
            act, lambda result: self._answer(done, result), lambda r: self._answer(failed or self._show, r)
        )

    def close(self) -> None:
        """The screen goes: what was written stays written, nobody is told any more."""
        self._over = True
        self._waiting.clear()

    def _answer(self, whom: Callable[[T], None], what: T) -> None:
        self._writing -= 1
        if not self._over:
            whom(what)
            self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._writing:
            self._waiting.popleft()()
