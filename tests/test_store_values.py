"""Regions survive the database and JSON bit by bit; what is no region is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Refused
from store.values import Region, Status, region_columns

unit = st.floats(0, 1)
points = st.tuples(unit, unit)
rings = st.lists(st.lists(points, min_size=3, max_size=8), min_size=1, max_size=3)
boxes = st.tuples(unit, unit, unit, unit).filter(lambda b: b[0] != b[2] and b[1] != b[3])
spans = st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)).map(lambda s: (s[0], s[0] + s[1]))
regions = (
    boxes.map(lambda b: Region.from_box(*b))
    | rings.map(Region.from_rings)
    | spans.map(lambda s: Region.from_span(*s))
)


@given(regions)
def test_a_region_comes_back_from_its_bytes(region: Region) -> None:
    kind, packed, key = region_columns(region)
    assert Region.unpack(kind, packed) == region
    assert key == region_columns(Region.unpack(kind, packed))[2]


@given(regions)
def test_a_region_comes_back_from_its_json(region: Region) -> None:
    assert Region.from_json(json.loads(json.dumps(region.to_json()))) == region


@given(regions, regions)
def test_only_equal_regions_share_a_key(one: Region, other: Region) -> None:
    assert (region_columns(one)[2] == region_columns(other)[2]) == (one.pack() == other.pack())


def test_the_whole_input_is_no_region() -> None:
    assert Region.from_json(None) is None
    kind, packed, key = region_columns(None)
    assert (Region.unpack(kind, packed), key) == (None, 0)


@pytest.mark.parametrize(
    "data",
    [
        {"box": [0, 0, 1]},
        {"box": [0, 0, 0, 1]},
        {"box": [0, 0, 2, 1]},
        {"box": [float("nan"), 0, 1, 1]},
        {"box": ["a", 0, 1, 1]},
        {"polygon": [[0, 0], [1, 1]]},
        {"polygon": [[0, 0], [1, 1], [2, 0]]},
        {"polygon": 3},
        {"span": [3, 3]},
        {"span": [-1, 3]},
        {"circle": [0, 0, 1]},
        {},
    ],
)
def test_what_is_no_region_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(Refused):
        Region.from_json(data)


def test_statuses_carry_the_codes_and_titles_of_the_clarifai_api() -> None:
    assert {status.value: status.title for status in Status} == {
        24150: "Success",
        24151: "Pending",
        24157: "Awaiting Review",
        24158: "Review Denied",
        24159: "Awaiting Consensus Review",
    }
