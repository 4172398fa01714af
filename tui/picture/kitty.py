"""Kitty's graphics protocol: commands, Unicode placeholders and one-bit images.

https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import base64
import io
import itertools
import os
import re

from PIL import Image

from tui.picture import pattern
from tui.picture.outline import Colour
from tui.picture.palette import paletted

PLACEHOLDER = "\U0010eeee"

LONGEST_SIDE = 4096
"""Pixels of a strip that box edges are cut from; longer than any screen is wide."""

CHUNK = 4096
"""Base64 characters in one command, the most that the protocol allows."""

PHOTO_COLOURS = 128
"""Colours of a photo; a PNG with a palette is a third of the size of one without."""

_RANGES = """
0305 030D-030E 0310 0312 033D-033F 0346 034A-034C 0350-0352 0357 035B 0363-036F 0483-0487 0592-0595
0597-0599 059C-05A1 05A8-05A9 05AB-05AC 05AF 05C4 0610-0617 0657-065B 065D-065E 06D6-06DC 06DF-06E2 06E4
06E7-06E8 06EB-06EC 0730 0732-0733 0735-0736 073A 073D 073F-0741 0743 0745 0747 0749-074A 07EB-07F1 07F3
0816-0819 081B-0823 0825-0827 0829-082D 0951 0953-0954 0F82-0F83 0F86-0F87 135D-135F 17DD 193A 1A17
1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1
20D4-20D7 20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0
AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244
"""


def _diacritics() -> tuple[str, ...]:
    characters: list[str] = []
    for part in _RANGES.split():
        first, _, last = part.partition("-")
        characters += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return tuple(characters)


DIACRITICS = _diacritics()
"""The combining characters that number rows and columns, in the protocol's order."""

_ESCAPE = "\x1b"
_COMMAND = re.compile("\x1b_G[^\x1b]*\x1b\\\\")
_numbers = itertools.count()
_first_number = int.from_bytes(os.urandom(2), "big") << 8


def new_image_number() -> int:
    """An image number of 24 bits that this process has not used for a long time, never 0.

    It starts at random, so that two programs on one terminal rarely meet.
    """
    return 1 + (_first_number + next(_numbers)) % 0xFFFFFE


def command(payload: bytes = b"", **keys: str | int) -> str:
    """One graphics command that asks for no answer, its payload split into chunks as needed."""
    text = base64.standard_b64encode(payload).decode("ascii")
    head = ",".join(f"{key}={value}" for key, value in keys.items()) + ",q=2"
    if len(text) <= CHUNK:
        return f"\x1b_G{head};{text}\x1b\\" if text else f"\x1b_G{head}\x1b\\"
    chunks = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    middle = "".join(f"\x1b_Gm=1,q=2;{chunk}\x1b\\" for chunk in chunks[1:-1])
    return f"\x1b_G{head},m=1;{chunks[0]}\x1b\\{middle}\x1b_Gm=0,q=2;{chunks[-1]}\x1b\\"


def through_tmux(text: str) -> str:
    """The same text with each graphics command wrapped, so that tmux passes it on to the terminal."""
    return _COMMAND.sub(lambda found: f"\x1bPtmux;{found[0].replace(_ESCAPE, _ESCAPE * 2)}\x1b\\", text)


def delete(image: int) -> str:
    """Removes an image with its placements and its data."""
    return command(a="d", d="I", i=image)


def placeholder(row: int, column: int) -> str:
    """The text of the cell that shows one cell of a virtual placement."""
    return PLACEHOLDER + DIACRITICS[row] + DIACRITICS[column]


def photo_png(image: Image.Image, width: int, height: int) -> bytes:
    """An RGB image as a PNG with a palette, padded with transparency to width × height.

    Without the padding a terminal would letterbox the picture in its whole cells and boxes would shift.
    """
    few = paletted(image, PHOTO_COLOURS)
    palette = (few.getpalette() or [])[: 3 * PHOTO_COLOURS]
    padded = Image.new("P", (width, height), PHOTO_COLOURS)
    padded.putpalette(palette + [0] * (3 * (PHOTO_COLOURS + 1) - len(palette)))
    padded.paste(few, (0, 0))
    return _png(padded, transparency=PHOTO_COLOURS, compress_level=4)


def line_png(pixels: pattern.Line, colour: Colour) -> bytes:
    """A PNG of two bits a pixel (height × width): what is a gap is transparent, ground is black."""
    image = Image.fromarray(pixels).convert("P")
    image.putpalette([0, 0, 0, *colour, 0, 0, 0])
    return _png(image, bits=2, transparency=pattern.GAP, compress_level=9)


def _png(image: Image.Image, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "png", **options)
    return buffer.getvalue()
