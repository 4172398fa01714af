"""Routing is one pure function whose bands are exhaustive and disjoint."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.errors import Refused
from store.routing import Thresholds, route
from store.values import Status

scores = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.5, math.nextafter(0.5, 0), math.nextafter(0.5, 1)])
bounds = st.tuples(scores, scores).map(sorted).map(tuple)


@given(scores, bounds)
@example(0.0, (0.0, 0.0))
@example(1.0, (1.0, 1.0))
@example(0.5, (0.5, 0.5))
@example(0.1 + 0.2, (0.3, 0.3))
def test_each_score_falls_in_exactly_one_band(score: float, pair: tuple[float, float]) -> None:
    lower, upper = pair
    bands = [score >= upper, lower <= score < upper, score < lower]
    assert sum(bands) == 1
    expected = [Status.SUCCESS, Status.AWAITING_REVIEW, None][bands.index(True)]
    assert route(score, Thresholds(lower, upper)) is expected


@given(bounds)
def test_nan_is_dropped(pair: tuple[float, float]) -> None:
    assert route(math.nan, Thresholds(*pair)) is None


@given(bounds, scores, scores)
def test_a_higher_score_never_fares_worse(pair: tuple[float, float], one: float, other: float) -> None:
    worth = {None: 0, Status.AWAITING_REVIEW: 1, Status.SUCCESS: 2}
    low, high = sorted((one, other))
    thresholds = Thresholds(*pair)
    assert worth[route(low, thresholds)] <= worth[route(high, thresholds)]


@pytest.mark.parametrize(
    ("lower", "upper", "says"),
    [
        (0.9, 0.5, "swap them"),
        (-0.1, 0.5, "between 0 and 1"),
        (0.5, 1.1, "between 0 and 1"),
        (math.nan, 0.5, "between 0 and 1"),
        (0.5, math.nan, "between 0 and 1"),
        (0.5, math.inf, "between 0 and 1"),
    ],
)
def test_thresholds_the_wrong_way_are_refused(lower: float, upper: float, says: str) -> None:
    with pytest.raises(Refused, match=says):
        Thresholds(lower, upper)
