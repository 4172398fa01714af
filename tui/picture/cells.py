"""Pictures as coloured cells: the best glyph and two colours for each cell's sub-pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Colours = NDArray[np.uint32]


@dataclass(frozen=True)
class Glyphs:
    """A set of glyphs that split a cell into `across` × `down` sub-pixels.

    Bit i of a glyph's number is set where sub-pixel i, row by row, has the foreground colour.
    """

    name: str
    across: int
    down: int
    characters: tuple[str, ...]


def _sextants() -> tuple[str, ...]:
    """U+1FB00.. in the order of their bits, without the four that older blocks already had."""
    older = {0: " ", 0b010101: "▌", 0b101010: "▐", 0b111111: "█"}
    characters, code = [], 0x1FB00
    for bits in range(64):
        if bits in older:
            characters.append(older[bits])
        else:
            characters.append(chr(code))
            code += 1
    return tuple(characters)


HALVES = Glyphs("halves", 1, 2, (" ", "▀", "▄", "█"))
SEXTANTS = Glyphs("sextants", 2, 3, _sextants())


def packed(colours: Pixels) -> Colours:
    """RGB bytes (… × 3) as numbers 0xRRGGBB."""
    wide = colours.astype(np.uint32)
    shifts = np.array([16, 8, 0], np.uint32)
    numbers: Colours = (wide << shifts).sum(-1, dtype=np.uint32)
    return numbers


def by_cell(pixels: NDArray[np.generic], glyphs: Glyphs) -> NDArray[np.generic]:
    """Sub-pixels (rows·down × columns·across × 3) as rows × columns × sub-pixels × 3."""
    rows, columns = pixels.shape[0] // glyphs.down, pixels.shape[1] // glyphs.across
    split = pixels.reshape(rows, glyphs.down, columns, glyphs.across, 3)
    return split.transpose(0, 2, 1, 3, 4).reshape(rows, columns, glyphs.across * glyphs.down, 3)


def render(cells: Pixels, glyphs: Glyphs) -> tuple[NDArray[np.str_], Colours, Colours]:
    """Character, foreground and background of n cells, given as n × sub-pixels × 3."""
    if glyphs is HALVES:
        return np.full(len(cells), "▀"), packed(cells[:, 0]), packed(cells[:, 1])
    masks, numbers = _masks(glyphs)
    wide = cells.astype(np.float32)
    inside = masks.sum(1)
    outside = masks.shape[1] - inside
    foreground = np.matmul(masks[None], wide)
    background = wide.sum(1)[:, None] - foreground
    # The split with the least squared error is the one with the most energy in its two means.
    energy = (foreground**2).sum(2) / inside + (background**2).sum(2) / outside
    best = energy.argmax(1)
    row = np.arange(len(cells))
    return (
        np.array(glyphs.characters)[numbers[best]],
        packed(np.rint(foreground[row, best] / inside[best, None]).astype(np.uint8)),
        packed(np.rint(background[row, best] / outside[best, None]).astype(np.uint8)),
    )


@cache
def _masks(glyphs: Glyphs) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """One of each complementary pair of splits, and the glyph's number of each."""
    count = glyphs.across * glyphs.down
    numbers = np.arange(1, 1 << (count - 1))
    bits = (numbers[:, None] >> np.arange(count)) & 1
    return bits.astype(np.float32), numbers
