"""Sixel: palette images as the escape sequences of DEC's VT330/VT340 manual, chapter 14.

A photo is hundreds of thousands of runs, so it is encoded by numpy in whole arrays, which is eight times
as fast as run by run and leaves Python's lock to the screen's thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui.picture.palette import paletted

Indices = NDArray[np.uint8]
Numbers = NDArray[np.intp]

PHOTO_COLOURS = 48
"""Colours of a photo: more of them cost bytes on every step, fewer show bands in skies."""

UNSET = 255
"""The palette index of pixels that are left as they are."""

BAND = 6
"""Lines of pixels in one band of characters."""

BANDS_AT_ONCE = 32
"""Bands encoded together: more leave the processor's cache, fewer cost Python's time."""

SHORTEST_REPEAT = 4
"""Characters from which on a number and the character are shorter."""


def quantise(image: Image.Image) -> tuple[Indices, NDArray[np.uint8]]:
    """Palette indices (height × width) and palette (colours × 3) of an RGB image."""
    few = paletted(image, PHOTO_COLOURS)
    palette = np.array(few.getpalette() or [0, 0, 0], np.uint8).reshape(-1, 3)
    return np.asarray(few), palette[:PHOTO_COLOURS]


def encode(indices: Indices, palette: NDArray[np.uint8]) -> str:
    """The sequence that draws an image at the cursor; "" if no pixel is set.

    `indices` is height × width into `palette` (n × 3); pixels with the index `UNSET` stay as they are.
    """
    height, width = indices.shape
    used = np.flatnonzero(np.bincount(indices.ravel(), minlength=256)[:UNSET])
    if not used.size:
        return ""
    percents = (palette[used].astype(np.intp) * 100 + 127) // 255
    parts = [b"#%d;2;%d;%d;%d" % (n, *rgb) for n, rgb in zip(used.tolist(), percents.tolist(), strict=True)]
    step = BAND * BANDS_AT_ONCE
    parts += [_bands(indices[top : top + step], used) for top in range(0, height, step)]
    return f'\x1bP0;1q"1;1;{width};{height}{b"".join(parts).decode("ascii")}\x1b\\'


def _bands(indices: Indices, used: Numbers) -> bytes:
    """The characters of some bands, each with the "-" that ends it."""
    bands = -(-len(indices) // BAND)
    planes = _planes(indices, used)
    present = np.flatnonzero(planes.any(1))
    if not present.size:
        return b"-" * bands
    band, names = present // used.size, used[present % used.size]
    return _written(planes[present], names, np.diff(band, prepend=0), bands - int(band[-1]))


def _planes(indices: Indices, used: Numbers) -> NDArray[np.uint8]:
    """For each band and used colour a row of characters' bits, of which line n of the band sets bit n."""
    height, width = indices.shape
    slots = np.zeros(256, np.intp)
    slots[used] = np.arange(used.size)
    planes = np.zeros((-(-height // BAND) * used.size, width), np.uint8)
    bits = planes.reshape(-1)
    place = slots[indices]
    place += (np.arange(height) // BAND * used.size)[:, None]
    place *= width
    place += np.arange(width)
    drawn = indices != UNSET
    all_drawn = drawn.all()
    for line in range(min(BAND, height)):
        at = place[line::BAND]
        bits[at.ravel() if all_drawn else at[drawn[line::BAND]]] |= 1 << line
    return planes


def _written(planes: NDArray[np.uint8], names: Numbers, bands_on: Numbers, bands_after: int) -> bytes:
    """Rows of bits as text: "#", the colour's name and runs; "$" or "-" stand between rows.

    `bands_on` tells how many bands further a row is than the one before it.
    """
    width = planes.shape[1]
    changes = np.empty(planes.shape, np.bool_)
    changes[:, 0] = True
    np.not_equal(planes[:, 1:], planes[:, :-1], out=changes[:, 1:])
    starts = np.flatnonzero(changes)
    bits = planes.reshape(-1)[starts]
    lengths = np.diff(starts, append=planes.size)
    # A blank end of a row need not be written.
    sizes = np.where(lengths < SHORTEST_REPEAT, lengths, 2 + _digits(lengths))
    sizes[((starts + lengths) % width == 0) & (bits == 0)] = 0
    firsts = np.flatnonzero(starts % width == 0)
    between = np.maximum(bands_on, 1)
    between[0] = bands_on[0]
    leads = np.zeros_like(sizes)
    leads[firsts] = between + 1 + _digits(names)
    ends = np.cumsum(leads + sizes)
    text = np.full(int(ends[-1]) + bands_after, ord("-"), np.uint8)
    heads = ends[firsts] - sizes[firsts]
    _put_numbers(text, heads, names)
    hashes = heads - _digits(names) - 1
    text[hashes] = ord("#")
    text[hashes[1:][bands_on[1:] == 0] - 1] = ord("$")
    kept = sizes > 0
    _put_runs(text, ends[kept], bits[kept] + np.uint8(63), lengths[kept])
    return text.tobytes()


def _put_runs(
    text: NDArray[np.uint8], ends: Numbers, characters: NDArray[np.uint8], lengths: Numbers
) -> None:
    """Writes each run of a character so that it ends before a place."""
    repeated = lengths >= SHORTEST_REPEAT
    text[ends - 1] = characters
    for back in range(2, SHORTEST_REPEAT):
        longer = ~repeated & (lengths >= back)
        text[ends[longer] - back] = characters[longer]
    ends, lengths = ends[repeated] - 1, lengths[repeated]
    _put_numbers(text, ends, lengths)
    text[ends - _digits(lengths) - 1] = ord("!")


def _put_numbers(text: NDArray[np.uint8], ends: Numbers, numbers: Numbers) -> None:
    """Writes decimal numbers so that each ends before a place."""
    while ends.size:
        text[ends - 1] = ord("0") + numbers % 10
        more = numbers > 9
        ends, numbers = ends[more] - 1, numbers[more] // 10


def _digits(numbers: Numbers) -> Numbers:
    """How many decimal digits each number has, up to five."""
    limits = np.array([10, 100, 1000, 10000])
    return np.searchsorted(limits, numbers, side="right") + 1
