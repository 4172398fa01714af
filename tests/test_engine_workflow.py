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
from tests.winnow_process import winnow, winnow_json

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


TUTORIAL = """\
workflow:
  id: birds
  nodes:
    - {id: look, model: {model_id: efficientnet-lite0}}
    - id: greater-than
      model:
        model_type_id: concept-thresholder
        output_info:
          data: {concepts: [{id: leopard, value: 0.5}, {id: flamingo, value: 0.6}, {id: otter, value: 0.5}]}
          params: {concept_threshold_type: GREATER_THAN}
      node_inputs: [{node_id: look}]
    - id: write-success
      model:
        model_type_id: annotation-writer
        output_info: {params: {annotation_status: ANNOTATION_SUCCESS, annotation_user_id: anna}}
      node_inputs: [{node_id: greater-than}]
    - id: less-than
      model:
        model_type_id: concept-thresholder
        output_info:
          data: {concepts: [{id: leopard, value: 0.5}, {id: flamingo, value: 0.6}, {id: otter, value: 0.5}]}
          params: {concept_threshold_type: LESS_THAN}
      node_inputs: [{node_id: look}]
    - id: write-pending
      model:
        model_type_id: annotation-writer
        output_info: {params: {annotation_status: ANNOTATION_PENDING}}
      node_inputs: [{node_id: less-than}]
"""
BOUNDS = {"leopard": 0.5, "flamingo": 0.6, "otter": 0.5}


def annotations(folder: Path) -> list[tuple[str, str, str, str]]:
    return sorted(
        (Path(row["path"]).name, row["concept"], row["status"], row["annotator"])
        for row in winnow_json(folder, "annotation", "list")
    )


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A project with the tutorial's workflow and a person that it writes as."""
    winnow(tmp_path, "init")
    winnow(tmp_path, "user", "add", "anna")
    (tmp_path / "birds.yaml").write_text(TUTORIAL)
    winnow(tmp_path, "workflow", "add", "birds.yaml")
    return tmp_path


def expected(photos: list[Path]) -> list[tuple[str, str, str, str]]:
    """What the portal's tutorial writes, by a run of the model by hand."""
    found = []
    for photo in photos:
        for concept, score in by_hand.classify("efficientnet-lite0", photo).items():
            if concept in BOUNDS and score > BOUNDS[concept]:
                found.append((photo.name, concept, "SUCCESS", "anna"))
            elif concept in BOUNDS and score < BOUNDS[concept]:
                found.append((photo.name, concept, "PENDING", "birds"))
    return sorted(found)


def test_the_tutorial_writes_what_it_says_once_and_again_nothing_new(birds: Path) -> None:
    photos = sorted((by_hand.ROOT / "store" / "demo" / "photos").glob("*.jpg"))[::4]
    winnow(birds, "add", *photos)
    wanted = expected(photos)
    assert {status for _, _, status, _ in wanted} == {"SUCCESS", "PENDING"}
    winnow(birds, "workflow", "run", "birds")
    assert annotations(birds) == wanted
    winnow(birds, "workflow", "run", "birds")
    assert annotations(birds) == wanted


def test_the_default_workflow_runs_on_what_is_added(birds: Path) -> None:
    photos = by_hand.PHOTOS
    winnow(birds, "workflow", "default", "birds")
    winnow(birds, "add", *photos)
    assert annotations(birds) == []
    winnow(birds, "engine", "run", "--until-idle")
    assert annotations(birds) == expected(photos)
    winnow(birds, "workflow", "default", "--none")
    winnow(birds, "add", by_hand.ROOT / "store" / "demo" / "photos" / "001.jpg")
    winnow(birds, "engine", "run", "--until-idle")
    assert annotations(birds) == expected(photos)


def test_a_dry_run_writes_nothing_and_shows_what_each_node_passed_on(birds: Path) -> None:
    photo = next(photo for photo in by_hand.PHOTOS if expected([photo]))
    done = winnow(birds, "workflow", "run", "birds", "--dry-run", photo)
    assert "look  [efficientnet-lite0]" in done.stderr and "passed on" in done.stderr
    rows = winnow_json(birds, "workflow", "run", "birds", "--dry-run", photo)
    assert {row["node"] for row in rows} & {"write-success", "write-pending"}
    assert {row["path"] for row in rows} == {str(photo)}
    assert annotations(birds) == []
    winnow(birds, "workflow", "run", "birds", photo, code=2)


def test_a_task_is_annotated_by_a_workflow(birds: Path) -> None:
    photos = sorted((by_hand.ROOT / "store" / "demo" / "photos").glob("*.jpg"))[::4]
    winnow(birds, "add", *photos)
    concepts = [part for concept in BOUNDS for part in ("--concept", concept)]
    winnow(birds, "task", "create", "t", "--auto", "birds", *concepts, "--lower", "0.3", "--upper", "0.8")
    winnow(birds, "task", "run", "t")
    wanted = sorted(
        (photo.name, concept, "SUCCESS" if score >= 0.8 else "AWAITING_REVIEW", "birds")
        for photo in photos
        for concept, score in by_hand.classify("efficientnet-lite0", photo).items()
        if concept in BOUNDS and score >= 0.3
    )
    assert wanted and annotations(birds) == wanted
