"""Masks become polygons: what hangs together, outlined exactly, then with few points; gaps are holes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.device import choose
from engine.families import Output, segment
from engine.media import WHOLE, Place
from engine.outline import area, corners, outline, simplified, things
from engine.predictor import ModelPredictor
from engine.session import ModelError, ModelSession
from store.cards import Card, find_cards
from tests import by_hand, tiny_model

small_maps = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(-1, 2)
)


def as_rings(rings: list[npt.NDArray[np.float64]], shape: tuple[int, int]) -> Any:
    return [(ring / (shape[1], shape[0])).tolist() for ring in rings]


def shared(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


# --- outlines


@given(small_maps)
def test_things_are_what_a_flood_fills(values: npt.NDArray[np.int64]) -> None:
    scores = np.random.default_rng(values.size).random(values.shape, np.float32)
    found, labels = things(values, scores, 1)
    expected = [(value, pixels) for value, pixels in by_hand.flood(values) if value >= 0]
    assert len(found) == len(expected)
    for thing in found:
        mine = labels == thing.label
        (pixels,) = (pixels for value, pixels in expected if value == thing.value and (pixels == mine).all())
        ys, xs = np.nonzero(pixels)
        assert thing.box == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        assert (thing.area, thing.score) == (pixels.sum(), pytest.approx(scores[pixels].mean(), abs=1e-6))


@given(small_maps)
def test_the_exact_outline_encloses_the_pixels_and_no_others(values: npt.NDArray[np.int64]) -> None:
    for _, pixels in by_hand.flood(values):
        rings = corners(pixels)
        assert (by_hand.painted(as_rings(rings, pixels.shape), pixels.shape) == pixels).all()
        assert sum(area(ring) > 0 for ring in rings) == 1
        assert sum(area(ring) for ring in rings) == pixels.sum()
        for ring in rings:
            sides = np.roll(ring, -1, axis=0) - ring
            assert ((sides == 0).sum(axis=1) == 1).all()  # along the pixels' edges
            assert (sides * np.roll(sides, -1, axis=0)).any() == False  # and each point a corner


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.5, 4))
def test_a_simplified_ring_is_nowhere_further_off_than_allowed(seed: int, off: float) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.random(60)) * 2 * np.pi
    ring = (20 + 10 * random.random(60))[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    fewer = simplified(ring, off)
    assert {tuple(point) for point in fewer} <= {tuple(point) for point in ring}
    for point in ring:
        sides = zip(fewer, np.roll(fewer, -1, axis=0), strict=True)
        assert min(distance(point, *side) for side in sides) <= off + 1e-9


def distance(point: Any, start: Any, end: Any) -> float:
    steps = np.linspace(0, 1, 501)[:, None]
    return float(np.hypot(*(start + steps * (end - start) - point).T).min()) - 0.01


def disc(side: int, middle: float, radius: float) -> npt.NDArray[np.bool_]:
    y, x = np.mgrid[:side, :side] + 0.5
    return np.hypot(x - middle, y - middle) <= radius


def test_a_ring_becomes_a_few_points_and_a_hole() -> None:
    mask = disc(200, 100, 80) & ~disc(200, 100, 40)
    outer, hole = rings = outline(mask, 1.0, 100, 50)
    assert area(outer) > 0 > area(hole)
    assert len(outer) + len(hole) <= 80
    assert shared(by_hand.painted(as_rings(rings, mask.shape), mask.shape), mask) >= 0.98
    assert len(outline(mask, 1.0, 100, 6000)) == 1


@settings(max_examples=20)
@given(st.integers(8, 60))
def test_no_more_points_than_allowed_if_it_can_be(points: int) -> None:
    random = np.random.default_rng(5)
    mask = disc(120, 60, 40) | (disc(120, 60, 55) & (random.random((120, 120)) < 0.5))
    (pixels,) = (pixels for value, pixels in by_hand.flood(mask.astype(int)) if value and pixels[60, 60])
    rings = outline(pixels, 1.0, points, 200)
    assert sum(map(len, rings)) <= points


def test_a_line_a_pixel_wide_keeps_its_area() -> None:
    mask = np.eye(9, dtype=bool) | np.eye(9, k=1, dtype=bool)
    (ring,) = outline(mask, 3.0, 4, 1)
    assert area(ring) > 0


# --- the family


def segmenter(folder: Path, **changes: Any) -> Card:
    parameters = {"first_concept": 1, "smallest": 0.0, "off": 0.0}
    return tiny_model.card(folder, **{"family": "segment", "parameters": parameters, "keep": 100, **changes})


def of_mask(card: Card, mask: Any, place: Place = WHOLE, confidence: Any = None) -> list[Output]:
    outputs = {"mask": np.array([mask], np.uint8)}
    if confidence is not None:
        outputs["confidence"] = np.array([confidence], np.float32)
    return segment.decode(outputs, card, [place])[0]


def seen(found: list[Output]) -> list[tuple[int, float, Any]]:
    return [(one.concept, round(one.score, 6), one.region and one.region.bounds) for one in found]


MASK = [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 2], [3, 3, 0, 2]]


def test_each_thing_is_an_output_with_its_mean_score(tmp_path: Path) -> None:
    card = segmenter(tmp_path)
    confidence = np.full((4, 4), 0.5)
    confidence[0, 1:3] = 0.875
    confidence[2:, 3] = 0.75
    found = of_mask(card, MASK, confidence=confidence)
    assert seen(found) == [
        (1, 0.75, (0.75, 0.5, 1.0, 1.0)),
        (0, 0.6875, (0.25, 0.0, 0.75, 0.5)),
        (2, 0.5, (0.0, 0.75, 0.5, 1.0)),
    ]
    assert [
        one.concept for one in of_mask(dataclasses.replace(card, floor=0.6), MASK, WHOLE, confidence)
    ] == [1, 0]
    assert len(of_mask(dataclasses.replace(card, keep=1), MASK, WHOLE, confidence)) == 1
    large = dataclasses.replace(card, parameters={"first_concept": 1, "smallest": 0.2})
    assert [one.concept for one in of_mask(large, MASK)] == [0]
    confidence[0, 1] = np.nan
    assert [one.concept for one in of_mask(card, MASK, WHOLE, confidence)] == [1, 2]
    assert of_mask(card, np.zeros((4, 4))) == of_mask(card, np.full((4, 4), 4)) == []


def test_what_lies_on_the_padding_is_none_of_the_picture(tmp_path: Path) -> None:
    """A picture twice as wide as high, in the middle half of its square."""
    found = of_mask(segmenter(tmp_path), MASK, Place(0, 0.25, 1, 0.75))
    assert sorted(seen(found)) == [(0, 1.0, (0.25, 0.0, 0.75, 0.5)), (1, 1.0, (0.75, 0.5, 1.0, 1.0))]


def test_scores_by_concept_are_read_in_either_order(tmp_path: Path) -> None:
    card = segmenter(tmp_path, parameters={"first_concept": 1, "smallest": 0.0, "activation": "softmax"})
    scores = np.zeros((1, 4, 8, 5))
    for value in range(4):
        scores[0, value, :4, :4] = np.where(np.array(MASK) == value, 3.0, 0.0)
    scores[0, 0, :, 4] = scores[0, 0, 4:] = 3.0
    score = np.exp(3) / (np.exp(3) + 3)
    expected = [
        (0, score, (0.2, 0.0, 0.6, 0.25)),
        (1, score, (0.6, 0.25, 0.8, 0.5)),
        (2, score, (0.0, 0.375, 0.4, 0.5)),
    ]
    for given_as in (scores, scores.transpose(0, 2, 3, 1)):
        found = sorted(seen(segment.decode({"scores": given_as}, card, [WHOLE])[0]))
        assert [row[0] for row in found] == [0, 1, 2]
        for row, wanted in zip(found, expected, strict=True):
            assert row[1] == pytest.approx(wanted[1], abs=1e-6) and row[2] == pytest.approx(wanted[2])


def test_with_sigmoid_a_pixel_shows_several(tmp_path: Path) -> None:
    card = segmenter(tmp_path, parameters={"activation": "sigmoid", "smallest": 0.0})
    logits = np.full((1, 3, 2, 2), -4.0)
    logits[0, 0] = 2.0
    logits[0, 2, 0, 0] = 1.0
    found = segment.decode({"scores": logits}, card, [WHOLE])[0]
    assert [(concept, bounds) for concept, _, bounds in seen(found)] == [
        (0, (0, 0, 1, 1)),
        (2, (0, 0, 0.5, 0.5)),
    ]
    assert [one.score for one in found] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-1))])


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ({}, "scores is missing"),
        ({"mask": np.zeros((1, 2, 2, 1), np.uint8)}, r"not mask and confidence \[N, H, W\]"),
        (
            {"mask": np.zeros((1, 2, 2), np.uint8), "confidence": np.zeros((1, 2, 3))},
            "not mask and confidence",
        ),
        ({"mask": np.zeros((1, 2, 2), np.uint8), "confidence": np.full((1, 2, 2), 7.0)}, "scores above 1"),
        ({"scores": np.zeros((1, 3, 2, 2))}, r"\[N, 4, H, W\].*\[1, 3, 2, 2\]"),
    ],
)
def test_outputs_of_other_shapes_are_refused(tmp_path: Path, outputs: Any, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        segment.decode(outputs, segmenter(tmp_path), [WHOLE])


def test_the_shipped_segmenter_agrees_with_a_run_by_hand() -> None:
    card = {card.name: card for card in find_cards()}["deeplabv3"]
    predictor = ModelPredictor(ModelSession(card, choose("cpu")), segment, draft=0.0)
    looked = 0
    for photo in by_hand.PHOTOS[::2]:
        expected = by_hand.segment(photo)
        (found,) = predictor.predict([predictor.prepare(photo)])
        assert [card.concepts[one.concept] for one in found] == [row[0] for row in expected]
        for one, (_, score, pixels) in zip(found, expected, strict=True):
            assert one.score == pytest.approx(score, abs=1e-4)
            assert one.region is not None
            rings = [[list(point) for point in ring] for ring in one.region.rings]
            assert shared(by_hand.painted(rings, pixels.shape), pixels) >= 0.85
            looked += 1
    assert looked > 5
