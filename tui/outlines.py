"""Outlines: the regions of entries as they are drawn over the picture."""

from __future__ import annotations

from collections.abc import Iterable

from store.printable import printable
from tui.entries import Entry, Identity
from tui.hotkeys import Hotkeys
from tui.picture.outline import Colour, Outline
from tui.picture.pattern import PATTERNS

# Told apart with any kind of colour blindness; patterns and names say it without colour.
COLOURS: tuple[Colour, ...] = (
    (240, 228, 66),
    (86, 180, 233),
    (230, 159, 0),
    (0, 200, 140),
    (204, 121, 167),
    (213, 94, 0),
    (120, 150, 255),
    (255, 255, 255),
)
REFUSED: Colour = (128, 128, 128)

CROWD = 6
"""Suggested regions from which on only the hotkey of each is written on the picture."""


def colours(entries: Iterable[Entry]) -> dict[str, Colour]:
    """A colour for each concept that has regions, in their order."""
    names = dict.fromkeys(entry.concept for entry in entries if entry.region is not None)
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}


def patterns(entries: Iterable[Entry]) -> dict[str, int]:
    """A pattern for each concept that has regions: no colour comes twice with the same one."""
    shift = len(COLOURS)
    return {name: (place + place // shift) % len(PATTERNS) for place, name in enumerate(colours(entries))}


def outlines(
    entries: Iterable[Entry],
    highlighted: Entry | None,
    hotkeys: Hotkeys,
    without: Identity | None = None,
) -> list[Outline]:
    """Suggestions with gaps, annotations without, the highlighted one last, which is on top.

    One entry can be left out; the others keep their colours.
    """
    entries = list(entries)
    coloured, patterned = colours(entries), patterns(entries)
    drawn = []
    shown = [entry for entry in entries if entry.region is not None and entry.region.span is None]
    crowded = sum(entry.value is None for entry in shown) >= CROWD
    for entry in shown:
        region = entry.region
        assert region is not None
        if entry.identity == without:
            continue
        selected = highlighted is not None and entry.identity == highlighted.identity
        outline = Outline(
            box=region.box,
            rings=region.rings,
            colour=REFUSED if entry.value == 0 else coloured[entry.concept],
            label=_label(entry, hotkeys, short=crowded and entry.value is None and not selected),
            selected=selected,
            dashed=entry.value is None,
            pattern=patterned[entry.concept],
        )
        drawn.append((selected, outline))
    return [outline for _, outline in sorted(drawn, key=lambda pair: pair[0])]


def _label(entry: Entry, hotkeys: Hotkeys, *, short: bool) -> str:
    hotkey = hotkeys.of(entry)
    if short:
        return hotkey
    crossed = "✗ " if entry.value == 0 else ""
    return f"{hotkey} {crossed}{printable(entry.name)}".strip()
