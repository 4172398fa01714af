"""One region drawn over a picture: its shape, its colour and its name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from rich.cells import cell_len

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outline:
    """A box or the rings of a polygon in image coordinates 0..1, with exactly one of the two given.

    A selected outline is thicker and has its label in brackets, a suggestion is dashed, and a number of
    `pattern.PATTERNS` tells its concept: colour never carries a meaning alone.
    """

    box: Box | None = None
    rings: tuple[Ring, ...] = ()
    colour: Colour = (255, 208, 0)
    label: str = ""
    selected: bool = False
    dashed: bool = False
    pattern: int = 0

    def __post_init__(self) -> None:
        if (self.box is None) == (not self.rings):
            raise ValueError("an outline is either a box or the rings of a polygon")
        if self.box is not None and not (self.box[0] <= self.box[2] and self.box[1] <= self.box[3]):
            raise ValueError(f"a box goes from its left top to its right bottom corner: {self.box}")

    @property
    def top_left(self) -> tuple[float, float]:
        """Left and top of the bounding box, 0..1."""
        if self.box is not None:
            return self.box[0], self.box[1]
        points = [point for ring in self.rings for point in ring]
        return min(x for x, _ in points), min(y for _, y in points)

    @property
    def bottom_right(self) -> tuple[float, float]:
        """Right and bottom of the bounding box, 0..1."""
        if self.box is not None:
            return self.box[2], self.box[3]
        points = [point for ring in self.rings for point in ring]
        return max(x for x, _ in points), max(y for _, y in points)

    @property
    def caption(self) -> str:
        """The label as it is shown, "" without one."""
        return f"[{self.label}]" if self.selected and self.label else self.label


def cells_of(text: str) -> list[str]:
    """What each cell of a text shows: a wide character is followed by "", control characters become "�"."""
    cells: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Mn", "Me") and cells and len(cells[-1]) in (1, 2, 3):
            cells[-1] += character
        elif category[0] == "C":
            cells.append("�")
        elif width := cell_len(character):
            cells += [character, ""][:width]
    return cells


def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever reads better on a colour (Rec. 601 luma)."""
    red, green, blue = colour
    return (0, 0, 0) if 299 * red + 587 * green + 114 * blue > 128_000 else (255, 255, 255)
