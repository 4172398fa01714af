"""The engine says what plain Pillow and onnxruntime say (tests/by_hand.py), live and as once written down.

Float models say the same on every processor to 1e-3. The sums of int8 models are exact, but a last bit
between two layers, rounded otherwise, moves their scores: what is written down holds on the average.
"""

import json
from dataclasses import replace
from pathlib import Path
from statistics import mean
from threading import Event
from typing import Any

import pytest
from PIL import Image

from engine.batching import Result, predict_many
from engine.device import choose
from engine.families import Output, load_family
from engine.predictor import ModelPredictor
from engine.session import ModelSession
from store.cards import Card, find_cards
from store.demo import photos_folder
from store.media import open_upright
from tests import by_hand

CARDS = {card.name: card for card in find_cards()}
FEW = by_hand.PHOTOS[:12]
_sessions: dict[str, ModelSession] = {}


def float_card(name: str) -> Card:
    """The card of the model's variant for GPUs, which any processor can run."""
    card = CARDS[name]
    return replace(card, file=card.gpu_file, sha256=card.gpu_sha256, gpu_file="")


def outputs(card: Card, photos: list[Path], draft: float) -> dict[str, list[Output]]:
    if card.file not in _sessions:
        _sessions[card.file] = ModelSession(card, choose("cpu"))
    predictor = ModelPredictor(_sessions[card.file], load_family(card.family), draft)
    items = [(photo.name, photo) for photo in photos]
    found: dict[str, Result] = dict(predict_many(items, predictor, threads=2, stop=Event()))
    assert list(found) == [photo.name for photo in photos]
    good = {key: value for key, value in found.items() if isinstance(value, list)}
    assert good.keys() == found.keys()
    return good


def box_of(output: Output) -> list[float]:
    assert output.region is not None and output.region.box is not None
    return list(output.region.box)


def by_concept(card: Card, found: list[Output]) -> dict[str, float]:
    assert all(output.region is None for output in found)
    assert [output.score for output in found] == sorted((o.score for o in found), reverse=True)
    return {card.concepts[output.concept]: output.score for output in found}


@pytest.mark.parametrize("name", by_hand.CLASSIFIERS)
def test_classifiers_agree_with_a_run_by_hand(name: str) -> None:
    exact = outputs(CARDS[name], FEW, draft=0.0)
    for photo in FEW:
        expected = by_hand.classify(name, photo)
        found = by_concept(CARDS[name], exact[photo.name])
        assert list(found)[:3] == list(expected)[:3]
        assert found.keys() == expected.keys()
        assert found == pytest.approx(expected, abs=1e-3)


def enlarged(folder: Path, photos: list[Path]) -> list[Path]:
    """JPEGs so large that they are decoded at a half or less."""
    for photo in photos:
        Image.open(photo).resize((1600, 1600), Image.Resampling.LANCZOS).save(folder / photo.name, quality=95)
    return [folder / photo.name for photo in photos]


def test_a_drafted_picture_scores_as_the_whole_one(tmp_path: Path) -> None:
    card = float_card("efficientnet-lite0")
    large = enlarged(tmp_path, FEW[:10])
    drafted = outputs(card, large, draft=2.0)
    for photo in large:
        assert open_upright(photo, near=(256, 256)).size == (800, 800)
        scores = by_concept(card, drafted[photo.name])
        for concept, score in by_hand.classify(card.name, photo, by_hand.FLOATS[card.name]).items():
            assert scores.get(concept, 0.01) == pytest.approx(score, abs=0.02)


def test_a_drafted_picture_has_the_boxes_of_the_whole_one(tmp_path: Path) -> None:
    card = float_card("efficientdet-lite0")
    large = enlarged(tmp_path, FEW[:10])
    drafted = outputs(card, large, draft=2.0)
    for photo in large:
        for concept, score, box in by_hand.detect(photo, by_hand.FLOATS[card.name]):
            if score >= 0.3:
                same = [o for o in drafted[photo.name] if card.concepts[o.concept] == concept]
                assert any(by_hand.overlap(box_of(o), box) >= 0.9 for o in same)


def test_the_detector_agrees_with_a_run_by_hand() -> None:
    card = CARDS["efficientdet-lite0"]
    exact = outputs(card, FEW, draft=0.0)
    boxes = 0
    for photo in FEW:
        expected = by_hand.detect(photo)
        found = exact[photo.name]
        boxes += len(found)
        assert [card.concepts[output.concept] for output in found] == [row[0] for row in expected]
        for output, (_, score, box) in zip(found, expected, strict=True):
            x0, y0, x1, y1 = box_of(output)
            assert output.score == pytest.approx(score, abs=1e-3)
            assert by_hand.overlap(box_of(output), box) >= 0.99
            assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
    assert boxes > 30


def golden(name: str) -> dict[str, Any]:
    return dict(json.loads((by_hand.GOLDEN / f"{name}.json").read_text("utf-8")))


def test_the_float_classifier_still_says_what_was_written_down() -> None:
    card = float_card("efficientnet-lite0")
    found = outputs(card, by_hand.PHOTOS, draft=0.0)
    for photo, expected in golden(card.name).items():
        assert distance(by_concept(card, found[photo]), expected) <= 1e-3


def test_the_float_detector_still_says_what_was_written_down() -> None:
    card = float_card("efficientdet-lite0")
    found = outputs(card, by_hand.PHOTOS, draft=0.0)
    for photo, expected in golden(card.name).items():
        assert [card.concepts[output.concept] for output in found[photo]] == [row[0] for row in expected]
        for output, (_, score, box) in zip(found[photo], expected, strict=True):
            assert output.score == pytest.approx(score, abs=1e-3)
            assert by_hand.overlap(box_of(output), box) >= 0.99


@pytest.mark.parametrize("name", by_hand.CLASSIFIERS)
def test_int8_classifiers_are_near_what_was_written_down(name: str) -> None:
    """0.032 and 0 were measured where int8 sums are exact, 0.070 and 0.18 where they overflow. The colours
    in the other order, a crop missed or moved by 8 pixels: 0.058 and more."""
    card = CARDS[name]
    found = outputs(card, by_hand.PHOTOS, draft=0.0)
    pairs = [(by_concept(card, found[photo]), expected) for photo, expected in golden(name).items()]
    assert mean(distance(scores, expected) for scores, expected in pairs) <= 0.05
    assert sum(next(iter(scores)) == next(iter(expected)) for scores, expected in pairs) >= len(pairs) - 2


def distance(one: dict[str, float], other: dict[str, float]) -> float:
    """The most that two answers differ by; what is not kept counts as 0.01."""
    return max(abs(one.get(key, 0.01) - other.get(key, 0.01)) for key in one.keys() | other.keys())


def test_the_int8_detector_is_near_what_was_written_down() -> None:
    """Every sure box is there; on the average 0.008 away in its score, with the colours in the other order
    0.05, by the nearest pixel instead of a filter 0.06."""
    card = CARDS["efficientdet-lite0"]
    found = outputs(card, by_hand.PHOTOS, draft=0.0)
    away = []
    for photo, expected in golden(card.name).items():
        for concept, score, box in expected:
            if score >= 0.5:
                same = [o for o in found[photo] if card.concepts[o.concept] == concept]
                near = [o for o in same if by_hand.overlap(box_of(o), box) >= 0.8]
                assert near
                away.append(min(abs(output.score - score) for output in near))
    assert len(away) > 10
    assert mean(away) <= 0.03


def test_every_shipped_model_knows_a_crane() -> None:
    """ImageNet has two concepts of that name: the higher score counts, once."""
    photo = photos_folder() / "072.jpg"
    for name in by_hand.CLASSIFIERS:
        found = outputs(CARDS[name], [photo], draft=0.0)[photo.name]
        concepts = [CARDS[name].concepts[output.concept] for output in found]
        assert concepts.count("crane") == 1
        assert by_hand.classify(name, photo)["crane"] == pytest.approx(
            found[concepts.index("crane")].score, abs=1e-3
        )
