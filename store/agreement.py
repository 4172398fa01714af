"""Agreement: how far raters say the same beyond what chance would have them say. Pure functions.

A rating is any hashable value. Where chance alone already makes everybody agree (only one value is ever
used) the coefficients are undefined: None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from store.consensus import overlap
from store.values import Box

T = TypeVar("T", bound=Hashable)


def cohen_kappa(pairs: Iterable[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa of two raters, one pair an item. J. Cohen (1960), "A coefficient of agreement for
    nominal scales", Educational and Psychological Measurement 20."""
    return kappa_of_table(Counter(pairs))


def kappa_of_table(table: Mapping[tuple[T, T], int]) -> float | None:
    """Cohen's kappa of two raters from how often each pair of ratings occurred."""
    total = sum(table.values())
    if not total:
        return None
    first: Counter[T] = Counter()
    second: Counter[T] = Counter()
    for (a, b), n in table.items():
        first[a] += n
        second[b] += n
    observed = sum(n for (a, b), n in table.items() if a == b) / total
    expected = sum(n * second[value] for value, n in first.items()) / total**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | None:
    """Fleiss' kappa; one row an item: how many raters chose each category, the same number of raters in
    every row. J. L. Fleiss (1971), "Measuring nominal scale agreement among many raters", Psychological
    Bulletin 76. Raises ValueError for rows with different numbers of raters, or fewer than two."""
    return fleiss_of_rows(Counter(map(tuple, counts)))


def fleiss_of_rows(rows: Mapping[tuple[int, ...], int]) -> float | None:
    """Fleiss' kappa from how often each row of `fleiss_kappa` occurred."""
    items = sum(rows.values())
    if not items:
        return None
    raters = sum(next(iter(rows)))
    if raters < 2 or any(sum(row) != raters for row in rows):
        raise ValueError("every item needs the same number of raters, at least two")
    alike = sum(times * n * (n - 1) for row, times in rows.items() for n in row)
    chosen = [sum(row[i] * times for row, times in rows.items()) for i in range(len(next(iter(rows))))]
    expected = sum((n / (raters * items)) ** 2 for n in chosen)
    observed = alike / (raters * (raters - 1) * items)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def krippendorff_alpha(units: Iterable[Iterable[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data; one element a unit: the values that were given, however many
    raters left it out. K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".

    Units with fewer than two values tell nothing and are left out.
    """
    return alpha_of_units((Counter(unit), 1) for unit in units)


def alpha_of_units(units: Iterable[tuple[Mapping[Hashable, int], int]]) -> float | None:
    """Krippendorff's alpha for nominal data: how often each value was given in a unit, and how many such
    units there are."""
    values: Counter[Hashable] = Counter()
    apart = 0.0
    for unit, times in units:
        raters = sum(unit.values())
        if raters > 1:
            for value, n in unit.items():
                values[value] += n * times
            apart += times * sum(n * (raters - n) for n in unit.values()) / (raters - 1)
    total = sum(values.values())
    expected = sum(n * (total - n) for n in values.values())
    return None if not expected else 1 - (total - 1) * apart / expected


def box_agreement(a: Sequence[Box], b: Sequence[Box]) -> float:
    """How well two raters' boxes of one concept fit, 0..1: each box is paired at most once, best overlap
    (intersection over union) first, and the sum is divided by the boxes that there are, paired or not.
    1 when neither drew any."""
    if not a and not b:
        return 1.0
    fits = sorted(
        ((overlap(one, other), i, j) for i, one in enumerate(a) for j, other in enumerate(b)), reverse=True
    )
    left, right = set(range(len(a))), set(range(len(b)))
    matched, pairs = 0.0, 0
    for fit, i, j in fits:
        if fit > 0 and i in left and j in right:
            left.remove(i)
            right.remove(j)
            matched += fit
            pairs += 1
    return matched / (len(a) + len(b) - pairs)


def mean_box_agreement(raters: Sequence[Sequence[Box]]) -> float | None:
    """The mean of `box_agreement` over every two raters of an item; None for fewer than two."""
    fits = [box_agreement(a, b) for a, b in combinations(raters, 2)]
    return sum(fits) / len(fits) if fits else None
