"""The engine says what plain Pillow and onnxruntime say (tests/by_hand.py), live and as once written down."""

import json
from pathlib import Path
from threading import Event

import pytest
from PIL import Image

from engine.batching import Result, predict_many
from engine.device import choose
from engine.families import Output, load_family
from engine.session import ModelSession
from store.cards import Card, find_cards
from store.demo import photos_folder
from store.media import open_upright
from tests import by_hand

CARDS = {card.name: card for card in find_cards()}
FEW = by_hand.PHOTOS[:12]
_sessions: dict[str, ModelSession] = {}


def outputs(name: str, photos: list[Path], draft: float) -> dict[str, list[Output]]:
    card = CARDS[name]
    session = _sessions.setdefault(name, ModelSession(card, choose("cpu")))
    items = [(photo.name, photo) for photo in photos]
    found: dict[str, Result] = dict(
        predict_many(items, session, load_family(card.family), threads=2, stop=Event(), draft=draft)
    )
    assert list(found) == [photo.name for photo in photos]
    good = {key: value for key, value in found.items() if isinstance(value, list)}
    assert good.keys() == found.keys()
    return good


def by_concept(card: Card, found: list[Output]) -> dict[str, float]:
    assert all(output.box is None for output in found)
    assert [output.score for output in found] == sorted((o.score for o in found), reverse=True)
    return {card.concepts[output.concept]: output.score for output in found}


@pytest.mark.parametrize("name", by_hand.CLASSIFIERS)
def test_classifiers_agree_with_a_run_by_hand(name: str) -> None:
    exact = outputs(name, FEW, draft=0.0)
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
    large = enlarged(tmp_path, FEW[:10])
    name = "efficientnet-lite0"
    drafted = outputs(name, large, draft=2.0)
    for photo in large:
        assert open_upright(photo, near=(256, 256)).size == (800, 800)
        scores = by_concept(CARDS[name], drafted[photo.name])
        for concept, score in by_hand.classify(name, photo).items():
            assert scores.get(concept, 0.01) == pytest.approx(score, abs=0.03)


def test_a_drafted_picture_has_the_boxes_of_the_whole_one(tmp_path: Path) -> None:
    card = CARDS["efficientdet-lite0"]
    large = enlarged(tmp_path, FEW[:10])
    drafted = outputs(card.name, large, draft=2.0)
    for photo in large:
        for concept, score, box in by_hand.detect(photo):
            if score >= 0.4:  # of lower ones the int8 model moves boxes at a breath
                same = [o for o in drafted[photo.name] if card.concepts[o.concept] == concept]
                assert any(by_hand.overlap(list(o.box or ()), box) >= 0.9 for o in same)


def test_the_detector_agrees_with_a_run_by_hand() -> None:
    card = CARDS["efficientdet-lite0"]
    exact = outputs(card.name, FEW, draft=0.0)
    boxes = 0
    for photo in FEW:
        expected = by_hand.detect(photo)
        found = exact[photo.name]
        boxes += len(found)
        assert [card.concepts[output.concept] for output in found] == [row[0] for row in expected]
        for output, (_, score, box) in zip(found, expected, strict=True):
            assert output.box is not None
            assert output.score == pytest.approx(score, abs=1e-3)
            assert by_hand.overlap(list(output.box), box) >= 0.99
            assert 0 <= output.box[0] < output.box[2] <= 1 and 0 <= output.box[1] < output.box[3] <= 1
    assert boxes > 30


@pytest.mark.parametrize("name", by_hand.CLASSIFIERS)
def test_classifiers_still_say_what_was_written_down(name: str) -> None:
    """Looser than the run by hand: processors without int8 dot products round int8 otherwise."""
    golden = json.loads((by_hand.GOLDEN / f"{name}.json").read_text("utf-8"))
    found = outputs(name, by_hand.PHOTOS, draft=0.0)
    for photo, expected in golden.items():
        scores = by_concept(CARDS[name], found[photo])
        for concept, score in expected.items():
            assert scores.get(concept, 0.01) == pytest.approx(score, abs=0.05)


def test_the_detector_still_says_what_was_written_down() -> None:
    card = CARDS["efficientdet-lite0"]
    golden = json.loads((by_hand.GOLDEN / f"{card.name}.json").read_text("utf-8"))
    found = outputs(card.name, by_hand.PHOTOS, draft=0.0)
    for photo, expected in golden.items():
        for concept, score, box in expected:
            if score < 0.3:
                continue
            same = [o for o in found[photo] if card.concepts[o.concept] == concept and o.box is not None]
            assert any(
                by_hand.overlap(list(o.box or ()), box) >= 0.9 and abs(o.score - score) <= 0.05 for o in same
            )


def test_every_shipped_model_knows_a_crane() -> None:
    """ImageNet has two concepts of that name: the higher score counts, once."""
    photo = photos_folder() / "072.jpg"
    for name in by_hand.CLASSIFIERS:
        found = outputs(name, [photo], draft=0.0)[photo.name]
        concepts = [CARDS[name].concepts[output.concept] for output in found]
        assert concepts.count("crane") == 1
        assert by_hand.classify(name, photo)["crane"] == pytest.approx(
            found[concepts.index("crane")].score, abs=1e-3
        )
