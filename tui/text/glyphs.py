"""Glyphs: the characters of a text as cells that every terminal counts the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from store.printable import printable

TAB = 4
MARKS = 8
"""Combining marks shown on one character; the others are there, unseen."""

_JOINERS = ("\u200c", "\u200d")
_DOTTED_CIRCLE = "◌"


class Glyph(NamedTuple):
    """What is shown of the characters [start, end): they are pointed at together."""

    start: int
    end: int
    width: int
    """Cells, with the tags."""
    shown: str
    """Without the tags; a line's end is a blank."""
    escaped: bool
    """Whether an escape is shown in place of a character that must not reach the terminal."""
    before: str = ""
    """Tag of a span that begins here."""
    after: str = ""
    """Tag of a span that ends here."""
    ends_line: bool = False


class _Kind(NamedTuple):
    width: int
    shown: str
    escaped: bool
    joins: bool
    """Belongs to the character before it; `shown` is what it adds to that."""
    carries: bool
    """Others may join it."""


def glyphs(text: str, start: int, end: int, tags: Mapping[int, tuple[str, str]] | None = None) -> list[Glyph]:
    """The glyphs of text[start:end], without a gap; `tags` are (before, after) by character.

    Terminals differ in what joined emoji, variation selectors and skin tones do to widths: those are left
    out of what is shown, so that each emoji of a family takes its own two cells.
    """
    made: list[Glyph] = []
    at = start
    carrier: _Kind | None = None
    while at < end:
        char = text[at]
        kind = _kind(char)
        if kind.joins and carrier is not None:
            made[-1] = _joined(made[-1], kind, char)
        elif char == "\r" and text[at + 1 : at + 2] == "\n" and at + 1 < end:
            at += 1
            made.append(Glyph(at - 1, at + 1, 1, " ", False, ends_line=True))
            carrier = None
        elif _is_flag_half(char) and at + 1 < end and _is_flag_half(text[at + 1]):
            at += 1
            shown = text[at - 1 : at + 1]
            made.append(Glyph(at - 1, at + 1, cell_len(shown), shown, False))
            carrier = kind
        else:
            carrier = kind if kind.carries else None
            alone = _alone(char) if kind.joins else kind
            ends = char in "\n\r"
            made.append(Glyph(at, at + 1, alone.width, alone.shown, alone.escaped, ends_line=ends))
        at += 1
    return [_tagged(glyph, tags) for glyph in made] if tags else made


def _joined(glyph: Glyph, kind: _Kind, char: str) -> Glyph:
    # A skin tone means something only behind an emoji; elsewhere it is one itself.
    if "\U0001f3fb" <= char <= "\U0001f3ff" and glyph.width < 2:
        return glyph._replace(end=glyph.end + 1, shown=glyph.shown + char, width=glyph.width + kind.width)
    room = len(glyph.shown) <= MARKS
    return glyph._replace(end=glyph.end + 1, shown=glyph.shown + kind.shown if room else glyph.shown)


def _tagged(glyph: Glyph, tags: Mapping[int, tuple[str, str]]) -> Glyph:
    found = [tags[at] for at in range(glyph.start, glyph.end) if at in tags]
    if not found:
        return glyph
    before, after = "".join(tag for tag, _ in found), "".join(tag for _, tag in found)
    width = glyph.width + cell_len(before) + cell_len(after)
    return glyph._replace(before=before, after=after, width=width)


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


@lru_cache(maxsize=1 << 16)
def _kind(char: str) -> _Kind:
    if char in "\n\r":
        return _Kind(1, " ", False, False, False)
    if char == "\t":
        return _Kind(TAB, " " * TAB, False, False, False)
    if char in _JOINERS or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return _Kind(0, "", False, True, False)
    if "\U0001f3fb" <= char <= "\U0001f3ff":
        return _Kind(get_character_cell_size(char), "", False, True, False)
    # No terminal agrees with another on characters that are none.
    if printable(char) != char or ord(char) & 0xFFFE == 0xFFFE:
        return _escape(char)
    width = get_character_cell_size(char)
    if width == 0:
        return _Kind(0, char, False, True, False)
    return _Kind(width, char, False, False, True)


def _alone(char: str) -> _Kind:
    """Something that joins, where there is nothing to join."""
    if "\U0001f3fb" <= char <= "\U0001f3ff":
        return _Kind(get_character_cell_size(char), char, False, False, True)
    if unicodedata.category(char) in ("Mn", "Me", "Mc") and _kind(char).shown:
        return _Kind(1, _DOTTED_CIRCLE + char, False, False, False)
    return _escape(char)


def _escape(char: str) -> _Kind:
    code = ord(char)
    shown = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _Kind(len(shown), shown, True, False, False)
