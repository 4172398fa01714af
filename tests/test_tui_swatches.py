"""Swatches: concepts are told apart by the pattern of their lines where colours cannot be seen."""

from rich.cells import cell_len

from tui.picture.pattern import PATTERNS
from tui.swatches import CELLS, COLOURS, Swatches


def test_each_pattern_looks_different_also_in_cells() -> None:
    swatches = Swatches()
    samples = {swatches.of(f"concept {place}").sample for place in range(len(PATTERNS))}
    assert len(samples) == len(PATTERNS)
    assert {cell_len(sample) for sample in samples} == {CELLS}


def test_no_two_of_the_first_concepts_look_the_same() -> None:
    swatches = Swatches()
    count = len(COLOURS) * len(PATTERNS)
    looks = [swatches.of(f"concept {place}") for place in range(count)]
    assert len({(look.colour, look.pattern) for look in looks}) == count


def test_a_concept_keeps_its_swatch_whatever_comes() -> None:
    swatches = Swatches()
    sheep = swatches.of("sheep")
    assert swatches.of("dog") != sheep
    assert swatches.of("sheep") == sheep
