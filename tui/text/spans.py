"""Spans: entries that say something of a stretch of a text, and the tags that tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from store.printable import printable
from tui.entries import Entry, Identity
from tui.picture.outline import Colour
from tui.swatches import COLOURS

LONGEST_TAG = 12
"""Cells of all tags at one character."""

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch [start, end) of the text, as it is shown."""

    start: int
    end: int
    identity: Identity
    name: str
    tag: str
    """Letters of the concept that no other one here begins with, and the instance's number."""
    colour: Colour
    value: int | None
    """As an entry's: 1 there, 0 explicitly not, None not decided."""
    selected: bool
    bracketed: bool
    """Overlaps another one: where it ends must be said too."""


def spans(entries: Iterable[Entry], highlighted: Entry | None, length: int) -> list[Span]:
    """The spans among entries that lie in a text of this length, by where they begin, longer ones first."""
    found = []
    concepts: dict[str, None] = {}
    for entry in entries:
        # Concepts that could be marked count as well: a tag does not change with the next span.
        concepts[entry.concept] = None
        where = entry.region.span if entry.region is not None else None
        if where is not None and where[0] < length:
            found.append((where[0], min(where[1], length), entry))
    found.sort(key=lambda one: (one[0], -one[1], one[2].identity))
    prefixes = _prefixes(concepts)
    colours = {concept: COLOURS[n % len(COLOURS)] for n, concept in enumerate(sorted(prefixes))}
    overlapping = _overlapping([(start, end) for start, end, _ in found])
    return [
        Span(
            start,
            end,
            entry.identity,
            entry.name,
            prefixes[entry.concept] + str(entry.instance).translate(_SUPERSCRIPT),
            colours[entry.concept],
            entry.value,
            highlighted is not None and entry.identity == highlighted.identity,
            place in overlapping,
        )
        for place, (start, end, entry) in enumerate(found)
    ]


def _prefixes(concepts: Iterable[str]) -> dict[str, str]:
    """The fewest letters that tell each concept from the others, up to three."""
    names = {name: "".join(char for char in printable(name) if char.isalnum()) or "?" for name in concepts}
    begins = {size: Counter(name[:size] for name in names.values()) for size in (1, 2, 3)}
    return {
        name: next((letters[:size] for size in (1, 2, 3) if begins[size][letters[:size]] == 1), letters[:3])
        for name, letters in names.items()
    }


def _overlapping(stretches: Sequence[tuple[int, int]]) -> set[int]:
    """The places of those that share a character with another one; they come by their beginnings."""
    found: set[int] = set()
    reach, furthest = 0, -1
    for place, (start, end) in enumerate(stretches):
        if start < reach:
            found |= {place, furthest}
        if end > reach:
            reach, furthest = end, place
    return found


def tags(shown: Iterable[Span]) -> Mapping[int, tuple[str, str]]:
    """What is written before and behind characters, so that spans are told apart without colours."""
    before: dict[int, str] = {}
    after: dict[int, str] = {}
    ordered = list(shown)
    for span in ordered:
        _put(before, span.start, ("[" if span.bracketed else "") + span.tag)
    # What began last ends first.
    for span in reversed(ordered):
        if span.bracketed:
            _put(after, span.end - 1, "]" + span.tag)
    return {at: (before.get(at, ""), after.get(at, "")) for at in before.keys() | after.keys()}


def _put(tags: dict[int, str], at: int, tag: str) -> None:
    written = tags.get(at, "")
    if cell_len(written + tag) <= LONGEST_TAG:
        tags[at] = written + tag
    elif not written.endswith("…"):
        tags[at] = written + "…"


def innermost(shown: Iterable[Span], at: int) -> Span | None:
    """The shortest span around a character."""
    around = [span for span in shown if span.start <= at < span.end]
    return min(around, key=lambda span: (span.end - span.start, -span.start), default=None)
