"""Workflows at work: what each node passes on, by models that can be foreseen and by real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.device import choose
from engine.families import load_family
from engine.predictor import ModelPredictor
from engine.session import ModelSession
from engine.workflow import WorkflowPredictor
from store.cards import Card, find_cards
from store.graphs.graph import Graph
from store.graphs.nodes import (
    AnnotationWriter,
    ConceptMapper,
    ConceptThresholder,
    ImageCrop,
    ModelNode,
    Node,
    RandomSample,
    RegionThresholder,
)
from store.media import MediaError
from tests import by_hand, tiny_model

CARDS = {card.name: card for card in find_cards()}


def predictor(card: Card) -> ModelPredictor:
    return ModelPredictor(ModelSession(card, choose("cpu"), threads=1), load_family(card.family))


def workflow(*nodes: Node, concepts: tuple[str, ...], **models: ModelPredictor) -> WorkflowPredictor:
    return WorkflowPredictor(Graph("g", nodes), models, concepts, {"synonym": {"red": "crimson"}})


def plain(path: Path, colour: tuple[int, int, int]) -> Path:
    Image.new("RGB", (40, 30), colour).save(path)
    return path


def test_nodes_pass_on_what_the_model_says_of_each_picture(tmp_path: Path) -> None:
    tiny = predictor(tiny_model.card(tmp_path))
    graph = workflow(
        ModelNode("look", 1, (), "tiny"),
        ConceptThresholder("sure", 2, ("look",), "GREATER_THAN", {"red": 0.9}),
        AnnotationWriter("write", 3, ("sure",)),
        ConceptThresholder("unsure", 4, ("look",), "LESS_THAN_OR_EQUAL", {"red": 0.9}),
        ConceptMapper("map", 5, ("unsure",)),
        concepts=("red", "crimson"),
        look=tiny,
    )
    paths = [plain(tmp_path / "1.png", (255, 0, 0)), plain(tmp_path / "2.png", (127, 255, 255))]
    first, second = graph.follow([graph.prepare(path) for path in paths])
    assert [(f.concept, f.score) for f in first["write"].findings] == [("red", 1.0)]
    assert first["map"].findings == second["write"].findings == ()
    (mapped,) = second["map"].findings
    assert mapped.concept == "crimson" and mapped.score == pytest.approx(127 / 255)
    said = graph.predict([graph.prepare(path) for path in paths])
    assert [[(output.concept, round(output.score, 2)) for output in one] for one in said] == [
        [(0, 1.0)],
        [(1, 0.5)],
    ]


def test_a_second_model_looks_at_what_the_first_one_found(tmp_path: Path) -> None:
    """What the classifier says of each box is what it says of the same pixels, cut out by hand."""
    detect, classify = predictor(CARDS["efficientdet-lite0"]), predictor(CARDS["efficientnet-lite0"])
    graph = workflow(
        ModelNode("find", 1, (), "efficientdet-lite0"),
        RegionThresholder(
            "sure", 2, ("find",), "GREATER_THAN", dict.fromkeys(CARDS["efficientdet-lite0"].concepts, 0.5)
        ),
        ImageCrop("cut", 3, ("sure",)),
        ModelNode("name", 4, ("cut",), "efficientnet-lite0"),
        concepts=tuple(dict.fromkeys(CARDS["efficientnet-lite0"].concepts)),
        find=detect,
        name=classify,
    )
    looked = 0
    for photo in by_hand.PHOTOS[:6]:
        prepared = graph.prepare(photo)
        (passed,) = graph.follow([prepared])
        boxes = {finding.region for finding in passed["sure"].findings}
        assert {finding.region for finding in passed["name"].findings} <= boxes
        for view in passed["cut"].views:
            image = prepared.image
            x0, y0, x1, y1 = view.box
            cut = image.crop(
                (
                    int(np.floor(x0 * image.width)),
                    int(np.floor(y0 * image.height)),
                    int(np.ceil(x1 * image.width)),
                    int(np.ceil(y1 * image.height)),
                )
            )
            (alone,) = classify.predict([classify.prepare_image(cut)])
            best = max(
                (f for f in passed["name"].findings if f.region == view.subject), key=lambda f: f.score
            )
            assert best.concept == CARDS["efficientnet-lite0"].concepts[alone[0].concept]
            assert best.score == pytest.approx(alone[0].score, abs=1e-3)
            looked += 1
    assert looked >= 3


def test_a_model_behind_a_sample_sees_only_the_sample_and_the_same_again(tmp_path: Path) -> None:
    tiny = predictor(tiny_model.card(tmp_path))
    graph = workflow(
        RandomSample("some", 1, (), 0.5),
        ModelNode("look", 2, ("some",), "tiny"),
        concepts=("red", "green", "blue"),
        look=tiny,
    )
    paths = [plain(tmp_path / f"{number}.png", (200, number, 9)) for number in range(40)]
    kept = [bool(said) for said in graph.predict([graph.prepare(path) for path in paths])]
    assert kept == [bool(said) for said in graph.predict([graph.prepare(path) for path in paths])]
    assert 8 < sum(kept) < 32


def test_a_broken_picture_is_told(tmp_path: Path) -> None:
    tiny = predictor(tiny_model.card(tmp_path))
    graph = workflow(ModelNode("look", 1, (), "tiny"), concepts=("red", "green", "blue"), look=tiny)
    (tmp_path / "no.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(MediaError):
        graph.prepare(tmp_path / "no.png")
