"""Detectors that people bring: each layout read as its exporter means it, boxes back on the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.device import choose
from engine.families import detect
from engine.media import WHOLE, place_of, square
from engine.predictor import ModelPredictor
from engine.session import ModelError, ModelSession
from store.cards import Card, Preprocessing
from tests import tiny_model
from tests.onnx_files import TensorProto, saying

SIDE = 64
NAMES = ("cat", "dog", "hen")
LETTERBOX = Preprocessing(size=SIDE, resize="letterbox", layout="NCHW", dtype="float32", draft=0)
STRETCH = Preprocessing(size=SIDE, layout="NCHW", dtype="float32", draft=0)


def card(folder: Path, data: bytes, outputs: dict[str, str], **changes: Any) -> Card:
    fields = {"family": "detect", "task": "detection", "concepts": NAMES, "floor": 0.25, "keep": 100}
    return tiny_model.card(folder, data, outputs=outputs, **{"preprocessing": LETTERBOX, **fields, **changes})


def said(made: Card, picture: tuple[int, int]) -> list[tuple[str, float, list[float]]]:
    """What the whole way from a file to outputs says of a picture of this size."""
    path = made.folder / "picture.png"
    Image.new("RGB", picture, "white").save(path)
    predictor = ModelPredictor(ModelSession(made, choose("cpu"), threads=1), detect)
    (found,) = predictor.predict([predictor.prepare(path)])
    rows = [(made.concepts[one.concept], one.score, one.region) for one in found]
    return [(name, round(score, 5), list(region.box or ())) for name, score, region in rows if region]


def letterboxed(box: list[float], picture: tuple[int, int]) -> list[float]:
    """A box in fractions of a picture → left, top, right, bottom in pixels of the square, by the exporter's
    own words: scale by the smaller ratio, round, half of what is left before it."""
    ratio = min(SIDE / picture[0], SIDE / picture[1])
    width, height = round(picture[0] * ratio), round(picture[1] * ratio)
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    return [left + box[0] * width, top + box[1] * height, left + box[2] * width, top + box[3] * height]


def middles(corners: list[float]) -> list[float]:
    x0, y0, x1, y1 = corners
    return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]


CAT, DOG = [0.1, 0.2, 0.5, 0.9], [0.4, 0.0, 1.0, 0.5]
NEAR_CAT = [0.1, 0.2, 0.5, 0.85]
PICTURES = [(100, 50), (33, 70), (64, 64), (1, 9), (640, 479)]


def close(found: list[tuple[str, float, list[float]]], *wanted: tuple[str, float, list[float]]) -> None:
    assert [row[:2] for row in found] == [row[:2] for row in wanted]
    for (_, _, box), (_, _, expected) in zip(found, wanted, strict=True):
        assert box == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("turned", [False, True])
def test_yolo_v8_in_a_letterbox(tmp_path: Path, picture: tuple[int, int], turned: bool) -> None:
    rows = [
        [*middles(letterboxed(CAT, picture)), 0.75, 0.5, 0],
        [*middles(letterboxed(NEAR_CAT, picture)), 0.625, 0, 0],
        [*middles(letterboxed(NEAR_CAT, picture)), 0, 0, 0.375],
        [*middles(letterboxed(DOG, picture)), 0.125, 0.875, 0],
        [*middles(letterboxed(DOG, picture)), 0.1, 0.125, 0],
    ]
    predictions = np.array([rows], np.float32)
    data = saying({"output0": predictions if turned else predictions.transpose(0, 2, 1)})
    made = card(tmp_path, data, {"predictions": "output0"}, parameters={"layout": "yolo"})
    close(said(made, picture), ("dog", 0.875, DOG), ("cat", 0.75, CAT), ("hen", 0.375, NEAR_CAT))


def test_yolo_v5_multiplies_what_it_sees_by_that_there_is_something(tmp_path: Path) -> None:
    rows = [
        [*middles(letterboxed(CAT, (100, 50))), 0.5, 0.75, 0.1, 0],
        [*middles(letterboxed(DOG, (100, 50))), 0.2, 0, 1, 0],
    ]
    data = saying({"output0": np.array([rows], np.float32)})
    made = card(tmp_path, data, {"predictions": "output0"}, parameters={"layout": "yolo"})
    close(said(made, (100, 50)), ("cat", 0.375, CAT))


def test_rows_are_suppressed_already(tmp_path: Path) -> None:
    rows = [[*letterboxed(CAT, (50, 100)), 0.75, 0], [*letterboxed(NEAR_CAT, (50, 100)), 0.5, 0], [0] * 6]
    data = saying({"output0": np.array([rows], np.float32)})
    made = card(tmp_path, data, {"predictions": "output0"}, parameters={"layout": "rows"})
    close(said(made, (50, 100)), ("cat", 0.75, CAT), ("cat", 0.5, NEAR_CAT))


def test_detr_leaves_out_what_is_nothing(tmp_path: Path) -> None:
    """Softmax over the concepts and nothing; the second input, a mask, is all picture."""
    logits = np.array([[[2, 0, 0, 1], [0, 5, 0, 0], [0, 0, 1, 9]]], np.float32)
    boxes = np.array([[middles(CAT), middles(DOG), middles(CAT)]], np.float32)
    data = saying(
        {"logits": logits, "pred_boxes": boxes}, name="pixel_values", others={"pixel_mask": (1, 8, "W")}
    )
    outputs = {"logits": "logits", "boxes": "pred_boxes"}
    made = card(tmp_path, data, outputs, parameters={"layout": "detr"}, preprocessing=STRETCH)
    cat, dog = np.exp(2) / (np.exp(2) + np.e + 2), np.exp(5) / (np.exp(5) + 3)
    close(said(made, (100, 50)), ("dog", round(float(dog), 5), DOG), ("cat", round(float(cat), 5), CAT))


def test_detr_with_sigmoid_has_no_concept_for_nothing(tmp_path: Path) -> None:
    logits = np.array([[[0, -9, 2], [-9, -9, -9]]], np.float32)
    boxes = np.array([[middles(CAT), middles(DOG)]], np.float32)
    data = saying({"logits": logits, "pred_boxes": boxes})
    parameters = {"layout": "detr", "activation": "sigmoid"}
    outputs = {"logits": "logits", "boxes": "pred_boxes"}
    made = card(tmp_path, data, outputs, parameters=parameters, preprocessing=STRETCH)
    close(said(made, (10, 10)), ("hen", round(1 / (1 + float(np.exp(-2))), 5), CAT))


def test_torchvision_says_pixels_of_one_picture_and_counts_from_one(tmp_path: Path) -> None:
    corners = np.array([CAT, DOG, CAT], np.float32) * SIDE
    outputs = {
        "boxes": corners,
        "labels": np.array([1, 2, 0]),
        "scores": np.array([0.75, 0.5, 0.9], np.float32),
    }
    parameters = {"unit": "pixels", "first_concept": 1}
    keys = {"boxes": "boxes", "scores": "scores", "classes": "labels"}
    for number, takes in enumerate([(3, SIDE, SIDE), (1, 3, SIDE, SIDE), ("N", 3, "H", "W")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        data = saying(outputs, takes=takes)
        made = card(folder, data, keys, parameters=parameters, preprocessing=STRETCH, batch=1)
        close(said(made, (30, 40)), ("cat", 0.75, CAT), ("dog", 0.5, DOG))


def test_tensorflow_says_top_before_left(tmp_path: Path) -> None:
    turned = np.array([[[CAT[1], CAT[0], CAT[3], CAT[2]]]], np.float32)
    outputs = {
        "detection_boxes": turned,
        "detection_scores": np.array([[0.75]], np.float32),
        "detection_classes": np.array([[3.0]], np.float32),
    }
    data = saying(outputs, takes=(1, SIDE, SIDE, 3), element=TensorProto.UINT8)
    keys = {"boxes": "detection_boxes", "scores": "detection_scores", "classes": "detection_classes"}
    parameters = {"corners": "yxyx", "first_concept": 1}
    made = card(tmp_path, data, keys, parameters=parameters, preprocessing=Preprocessing(size=SIDE))
    close(said(made, (30, 40)), ("hen", 0.75, CAT))


def test_a_number_of_pictures_that_the_graph_fixes_is_filled_up(tmp_path: Path) -> None:
    rows = np.array([[[*letterboxed(CAT, (50, 50)), 0.75, 0]]] * 4, np.float32)
    made = card(
        tmp_path,
        saying({"o": rows}, takes=(4, 3, SIDE, SIDE)),
        {"predictions": "o"},
        parameters={"layout": "rows"},
    )
    session = ModelSession(made, choose("cpu"), threads=1)
    assert session.batch == 4
    assert len(session.run(np.zeros((3, SIDE, SIDE, 3), np.uint8))["predictions"]) == 3


def test_half_precision_is_fed_as_such(tmp_path: Path) -> None:
    rows = np.array([[[*letterboxed(CAT, (50, 50)), 0.75, 0]]], np.float16)
    data = saying({"o": rows}, element=TensorProto.FLOAT16)
    half = Preprocessing(size=SIDE, layout="NCHW", dtype="float16", draft=0)
    made = card(tmp_path, data, {"predictions": "o"}, parameters={"layout": "rows"}, preprocessing=half)
    (found,) = said(made, (50, 50))
    assert found[2] == pytest.approx(CAT, abs=1e-3)


@pytest.mark.parametrize(
    ("parameters", "outputs", "says"),
    [
        ({"layout": "magic"}, {}, "layout must be one of boxes, yolo, rows, detr"),
        ({"layout": "yolo"}, {}, "predictions is missing"),
        ({"layout": "yolo"}, {"predictions": np.zeros((1, 9, 11))}, r"\[N, 7 or 8, K\].*\[1, 9, 11\]"),
        ({"layout": "rows"}, {"predictions": np.zeros((1, 9, 7))}, r"\[N, K, 6\].*\[1, 9, 7\]"),
        ({"layout": "detr"}, {"logits": np.zeros((1, 2, 3)), "boxes": np.zeros((1, 2, 4))}, r"\[N, Q, 4\]"),
        ({"layout": "rows", "unit": "miles"}, {"predictions": np.zeros((1, 9, 6))}, "unit must be square"),
        ({"layout": "rows", "corners": "no"}, {"predictions": np.zeros((1, 9, 6))}, "corners must be one of"),
        ({"layout": "rows"}, {"predictions": np.full((1, 9, 6), 4.0)}, "scores above 1"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, parameters: Any, outputs: Any, says: str) -> None:
    made = tiny_model.card(tmp_path, parameters=parameters, family="detect")
    with pytest.raises(ModelError, match=says):
        detect.decode(outputs, made, [WHOLE])


# --- places

sides = st.integers(1, 3000)
unit = st.floats(0, 1)


@given(sides, sides, st.integers(1, 700), unit, unit, st.sampled_from(["letterbox", "stretch", "short-side"]))
def test_there_and_back_is_where_it_was(
    width: int, height: int, size: int, x: float, y: float, resize: str
) -> None:
    place = place_of((width, height), Preprocessing(size=size, resize=resize))
    there = np.array(
        [place.left + x * (place.right - place.left), place.top + y * (place.bottom - place.top)]
    )
    assert place.on_picture(there) == pytest.approx([x, y], abs=1e-6)


@pytest.mark.parametrize("resize", ["letterbox", "short-side"])
@pytest.mark.parametrize("picture", [(300, 200), (200, 301), (50, 31), (4, 900)])
def test_a_place_is_where_the_pixels_are(picture: tuple[int, int], resize: str) -> None:
    """A picture that grows brighter to the right and downward tells where each of its pixels went."""
    size = 96
    wanted = Preprocessing(size=size, resize=resize, padding=0)
    y, x = np.mgrid[: picture[1], : picture[0]]
    ramp = np.stack([x / picture[0] * 200 + 40, y / picture[1] * 200 + 40, np.full(x.shape, 255)], axis=2)
    seen = square(Image.fromarray(ramp.astype(np.uint8)), wanted).astype(float)
    place = place_of(picture, wanted)
    checked = 0
    for row in range(size):
        for column in range(5, size, 7):
            if seen[row, column, 2] < 255:
                continue
            u, v = place.on_picture(np.array([(column + 0.5) / size, (row + 0.5) / size]))
            assert 0 <= u <= 1 and 0 <= v <= 1
            across, down = (seen[row, column, 0] - 40) / 200, (seen[row, column, 1] - 40) / 200
            near = 0.03 + 1 / min(picture) if min(picture) > 9 else 0.3
            assert u == pytest.approx(across, abs=near) and v == pytest.approx(down, abs=near)
            checked += 1
    assert checked > 5


def test_the_padding_is_the_cards_grey() -> None:
    image = Image.new("RGB", (100, 50), "white")
    seen = square(image, Preprocessing(size=8, resize="letterbox", padding=114))
    assert (seen[:2] == 114).all() and (seen[6:] == 114).all() and (seen[2:6] == 255).all()
