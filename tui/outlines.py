"""Outlines: the regions of entries as they are drawn over the picture."""

from __future__ import annotations

from collections.abc import Iterable

from store.printable import printable
from tui.entries import Entry, Identity
from tui.hotkeys import Hotkeys
from tui.picture.outline import Colour, Outline
from tui.swatches import Swatches

REFUSED: Colour = (128, 128, 128)

CROWD = 6
"""Suggested regions from which on only the hotkey of each is written on the picture."""


def outlines(
    entries: Iterable[Entry],
    highlighted: Entry | None,
    hotkeys: Hotkeys,
    swatches: Swatches,
    without: Identity | None = None,
) -> list[Outline]:
    """Suggestions with gaps, annotations without, the highlighted one last, which is on top.

    One entry can be left out.
    """
    drawn = []
    shown = [entry for entry in entries if entry.region is not None and entry.region.span is None]
    crowded = sum(entry.value is None for entry in shown) >= CROWD
    for entry in shown:
        region = entry.region
        assert region is not None
        if entry.identity == without:
            continue
        selected = highlighted is not None and entry.identity == highlighted.identity
        swatch = swatches.of(entry.concept)
        outline = Outline(
            box=region.box,
            rings=region.rings,
            colour=REFUSED if entry.value == 0 else swatch.colour,
            label=_label(entry, hotkeys, short=crowded and entry.value is None and not selected),
            selected=selected,
            dashed=entry.value is None,
            pattern=swatch.pattern,
        )
        drawn.append((selected, outline))
    return [outline for _, outline in sorted(drawn, key=lambda pair: pair[0])]


def _label(entry: Entry, hotkeys: Hotkeys, *, short: bool) -> str:
    hotkey = hotkeys.of(entry)
    if short:
        return hotkey
    crossed = "✗ " if entry.value == 0 else ""
    return f"{hotkey} {crossed}{printable(entry.name)}".strip()
