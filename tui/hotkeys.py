"""Hotkeys: the digits in front of entries. An entry keeps its key as long as its input is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui.entries import Entry, Identity

BANK = 10
MOST = 2 * BANK
"""The digits 1 to 9 and 0, and the same after an apostrophe."""

KEYS = tuple(("'" if place >= BANK else "") + str((place + 1) % BANK) for place in range(MOST))
"""As they are shown and kept: "1" … "0", "'1" … "'0"."""


class Hotkeys:
    """Gives keys out in order and never moves one: what arrives late gets the next free key.

    A key that a person has assigned to a concept is that concept's on every input.
    """

    def __init__(self) -> None:
        self._given: dict[Identity, str] = {}
        self.assigned: dict[str, str] = {}
        """Key → concept."""

    def clear(self) -> None:
        """Begin again, for another input."""
        self._given.clear()

    def assign(self, keys: Mapping[str, str]) -> None:
        """Assign keys to concepts, instead of those that were."""
        self.assigned = dict(keys)
        self._given.clear()

    def give(self, entries: Iterable[Entry]) -> None:
        """Keys for the entries that have none yet, while there are any left."""
        of_concepts = {concept: key for key, concept in self.assigned.items()}
        taken = {*self._given.values(), *self.assigned}
        free = iter([key for key in KEYS if key not in taken])
        for entry in entries:
            if entry.identity in self._given:
                continue
            key = of_concepts.get(entry.concept) if entry.region is None else None
            key = key or next(free, None)
            if key is None:
                return
            self._given[entry.identity] = key

    def of(self, entry: Entry) -> str:
        """The key as it is shown, or "" for none."""
        return self._given.get(entry.identity, "")

    def find(self, entries: Iterable[Entry], key: str) -> Entry | None:
        """The entry that has this key."""
        return next((entry for entry in entries if self.of(entry) == key), None)
