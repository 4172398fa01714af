"""Gives placeholders their colour back where a dialog has tinted the screen behind it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.picture.kitty import PLACEHOLDER


def untint(renderable: object, lines: range, number: int) -> None:
    """Changes an update in place: in some screen lines, placeholders show the image `number` again.

    The colour of a placeholder is the number of its image; a tint makes it one of an image that is not.
    """
    style = Style.from_color(Color.from_triplet(ColorTriplet(number >> 16, number >> 8 & 255, number & 255)))
    if isinstance(renderable, LayoutUpdate):
        first = renderable.region.y
        for y in lines:
            if 0 <= y - first < len(renderable.strips):
                strips = renderable.strips[y - first]
                renderable.strips[y - first] = [_untinted(strip, style) for strip in strips]
    elif isinstance(renderable, ChopsUpdate):
        for y in {y for y, _, _ in renderable.spans}.intersection(lines):
            line = dict(renderable.chops[y])
            for x, strip in line.items():
                if strip is not None:
                    line[x] = _untinted(strip, style)
            # Each row of chops is a dict, only typed as something that cannot be changed.
            renderable.chops[y].update(line)  # type: ignore[attr-defined]


def _untinted(strip: Strip, colour: Style) -> Strip:
    if not any(PLACEHOLDER in segment.text for segment in strip):
        return strip
    return Strip(list(_restored(strip, colour)), strip.cell_length)


def _restored(segments: Iterable[Segment], colour: Style) -> Iterable[Segment]:
    for text, style, control in segments:
        if PLACEHOLDER in text:
            yield Segment(text, (style or Style.null()) + colour, control)
        else:
            yield Segment(text, style, control)
