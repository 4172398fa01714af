"""Categories: regions of one concept under one heading, and which of them are out of sight."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui.entries import Entry, Identity

HEADER = -2
"""The first part of a header's identity; no concept has it."""


class Categories:
    """What a person does not want to see now: a view, nothing that is said of the input."""

    def __init__(self) -> None:
        self.folded: set[str] = set()
        """Concepts none of whose regions are shown; they stay so from one input to the next."""
        self._instances: set[Identity] = set()

    def clear(self) -> None:
        """Another input is shown: its instances are all in sight."""
        self._instances.clear()

    def turn(self, concept: str) -> None:
        """Put a category out of sight, or show it again."""
        self.folded ^= {concept}

    def turn_instance(self, identity: Identity) -> None:
        """Put one region out of sight, or show it again."""
        self._instances ^= {identity}

    def arranged(self, entries: Sequence[Entry]) -> list[Entry]:
        """Regions by concept, the concept with the best one first, each under a header; then the rest.

        Of a folded category only its header is left.
        """
        lines: list[Entry] = []
        regions = [entry for entry in entries if entry.region is not None]
        for concept in dict.fromkeys(entry.concept for entry in regions):
            members = [entry for entry in regions if entry.concept == concept]
            folded = concept in self.folded
            identity = (HEADER, zlib.crc32(concept.encode("utf-8", "surrogatepass")), 0)
            outlined = any(not entry.is_span for entry in members)
            lines.append(Entry(identity, concept, members=len(members), hidden=folded, outlined=outlined))
            if not folded:
                lines += (replace(entry, hidden=entry.identity in self._instances) for entry in members)
        return lines + [entry for entry in entries if entry.region is None]


def said(entries: Iterable[Entry]) -> list[Entry]:
    """The lines that say something of the input: no headers."""
    return [entry for entry in entries if not entry.members]
