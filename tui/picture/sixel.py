"""Sixel: palette images as the escape sequences of DEC's VT330/VT340 manual, chapter 14."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Indices = NDArray[np.uint8]

PHOTO_COLOURS = 80
"""Colours of a photo: more of them cost bytes on every step, fewer show bands in skies."""

UNSET = 255
"""The palette index of pixels that are left as they are."""

_RUN = re.compile(rb"([?-~])\1{3,}")
_BLANK_END = re.compile(rb"(?:!\d+)?\?+(?=[$-])")
_BITS = np.array([1, 2, 4, 8, 16, 32], np.uint8)


def quantise(image: Image.Image) -> tuple[Indices, NDArray[np.uint8]]:
    """Palette indices (height × width) and palette (colours × 3) of an RGB image.

    Fast octree takes 10 ms for 640×440; Pillow's maximum coverage takes seconds.
    """
    paletted = image.quantize(PHOTO_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(paletted.getpalette() or [0, 0, 0], np.uint8).reshape(-1, 3)
    return np.asarray(paletted), palette


def encode(indices: Indices, palette: NDArray[np.uint8]) -> str:
    """The sequence that draws an image at the cursor; "" if no pixel is set.

    `indices` is height × width into `palette` (n × 3); pixels with the index `UNSET` stay as they are.
    """
    height, width = indices.shape
    used = np.unique(indices)
    used = used[used != UNSET]
    if not used.size:
        return ""
    slot = np.zeros(256, np.intp)
    slot[used] = np.arange(used.size)
    percents = (palette[used].astype(np.intp) * 100 + 127) // 255
    names = [b"#%d" % number for number in used.tolist()]
    parts = [b"#%d;2;%d;%d;%d" % (n, *rgb) for n, rgb in zip(used.tolist(), percents.tolist(), strict=True)]
    planes = np.empty((used.size, width), np.uint8)
    for top in range(0, height, 6):
        _draw_band(indices[top : top + 6], slot, planes)
        present = np.flatnonzero(planes.any(1)).tolist()
        parts.append(b"$".join(names[n] + (planes[n] + 63).tobytes() for n in present) + b"-")
    runs = _RUN.sub(lambda run: b"!%d%c" % (len(run[0]), run[0][0]), b"".join(parts))
    body = _BLANK_END.sub(b"", runs).decode("ascii")
    return f'\x1bP0;1q"1;1;{width};{height}{body}\x1b\\'


def _draw_band(band: Indices, slot: NDArray[np.intp], planes: NDArray[np.uint8]) -> None:
    """Sets in `planes` (colours × width) the six bits of each column of up to six lines."""
    planes[:] = 0
    columns = np.arange(band.shape[1])
    for line, bit in zip(band, _BITS, strict=False):
        drawn = line != UNSET
        planes[slot[line[drawn]], columns[drawn]] |= bit
