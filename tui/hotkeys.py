"""Hotkeys: the digits in front of entries. An entry keeps its key as long as its input is looked at."""

from __future__ import annotations

from collections.abc import Iterable

from tui.entries import Entry, Identity

BANK = 10
MOST = 2 * BANK
"""The digits 1 to 9 and 0, and the same after an apostrophe."""


class Hotkeys:
    """Gives keys out in order and never moves one: what arrives late gets the next free key."""

    def __init__(self) -> None:
        self._given: dict[Identity, int] = {}

    def clear(self) -> None:
        """Begin again, for another input."""
        self._given.clear()

    def give(self, entries: Iterable[Entry]) -> None:
        """Keys for the entries that have none yet, while there are any left."""
        for entry in entries:
            if len(self._given) >= MOST:
                return
            self._given.setdefault(entry.identity, len(self._given))

    def of(self, entry: Entry) -> str:
        """The key as it is shown: "1" … "0", "'1" … "'0", or "" for none."""
        place = self._given.get(entry.identity)
        if place is None:
            return ""
        digit = str((place + 1) % BANK)
        return digit if place < BANK else f"'{digit}"

    def find(self, entries: Iterable[Entry], key: str) -> Entry | None:
        """The entry that has this key."""
        return next((entry for entry in entries if self.of(entry) == key), None)
