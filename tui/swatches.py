"""Swatches: the colour and the pattern of each concept whose regions are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from tui.picture import pattern
from tui.picture.outline import Colour

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

CELLS = 4
"""Columns of a sample."""

_HALVES = {(False, False): " ", (True, False): "╸", (False, True): "╺", (True, True): "━"}


@dataclass(frozen=True, slots=True)
class Swatch:
    """What the lines of one concept look like."""

    place: int
    """Concepts are counted from 0 in the order in which they were first seen."""

    @property
    def number(self) -> int:
        """Which of `COLOURS`."""
        return self.place % len(COLOURS)

    @property
    def colour(self) -> Colour:
        """The colour of its lines."""
        return COLOURS[self.number]

    @property
    def pattern(self) -> int:
        """The pattern of its lines: no colour comes twice with the same one."""
        return (self.place + self.place // len(COLOURS)) % len(pattern.PATTERNS)

    @property
    def sample(self) -> str:
        """A piece of its line in `CELLS` cells, a unit to half a cell."""
        ink = [bool(value == pattern.INK) for value in pattern.line(self.pattern, False, 1, 2 * CELLS)]
        return "".join(_HALVES[pair] for pair in zip(ink[::2], ink[1::2], strict=True))


class Swatches:
    """Gives swatches out in order and never changes one: what comes later has the next."""

    def __init__(self) -> None:
        self._given: dict[str, Swatch] = {}

    def of(self, concept: str) -> Swatch:
        """The concept's swatch, from now on its own."""
        return self._given.setdefault(concept, Swatch(len(self._given)))
