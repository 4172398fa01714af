"""Devices told truthfully, model files checked, sessions and families: what runs and what is refused."""

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.device import CPU_PROVIDER, CUDA_PROVIDER, Device, DeviceError, choose, native_output_hidden
from engine.families import classify, detect, family_names, load_family
from engine.graph import GraphError, Node, refuse_external_data
from engine.media import WHOLE, centre, needed_size, square
from engine.session import ModelError, ModelSession
from store.cards import Card, Preprocessing, find_cards
from store.demo import photos_folder
from store.media import open_upright
from tests import tiny_model

CPU = choose("cpu")
GPU_HERE = choose("auto").name == "cuda"
CARDS = {card.name: card for card in find_cards()}


def field(number: int, value: bytes | int) -> bytes:
    """One field of a protobuf message shorter than 128 bytes."""
    tag = number << 3 | (0 if isinstance(value, int) else 2)
    head = bytes([tag]) if tag < 128 else bytes([tag & 0x7F | 0x80, tag >> 7])
    return head + (bytes([value]) if isinstance(value, int) else bytes([len(value)]) + value)


def external(location: bytes) -> bytes:
    entry = field(1, b"location") + field(2, location)
    return field(1, 1) + field(2, 1) + field(8, b"w") + field(13, entry) + field(14, 1)


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        action()
    sentence = str(caught.value)
    assert sentence.endswith(".") and sentence.isprintable()
    return sentence


# --- devices


def test_cpu_is_the_cpu() -> None:
    assert (CPU.name, CPU.provider) == ("cpu", CPU_PROVIDER)
    with pytest.raises(DeviceError, match="choose one of auto, cpu, cuda"):
        choose("tpu")


@pytest.mark.skipif(GPU_HERE, reason="there is a GPU")
def test_a_missing_gpu_is_an_error_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeviceError, match=r"winnow-label\[cuda\].*--device cpu"):
        choose("cuda")
    device = choose("auto")
    assert device.name == "cpu"
    assert "no GPU can be used" in device.note and device.note.isprintable()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(GPU_HERE, reason="there is a GPU")
def test_a_session_never_falls_back_to_the_cpu(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pretended = Device("cuda", CUDA_PROVIDER, "")
    sentence = refused(lambda: ModelSession(tiny_model.card(tmp_path), pretended))
    assert CPU_PROVIDER in sentence or "cannot be opened" in sentence
    assert capfd.readouterr() == ("", "")


def test_native_prints_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with native_output_hidden() as said:
        os.write(1, b"out")
        os.write(2, b"err")
        assert said() == "outerr"
    os.write(1, b"later")
    assert capfd.readouterr() == ("later", "")


@pytest.mark.gpu
@pytest.mark.skipif(not GPU_HERE, reason="no GPU here")
@pytest.mark.parametrize("name", sorted(CARDS))
def test_the_gpu_says_what_the_cpu_says(name: str) -> None:
    device = choose("cuda")
    card = CARDS[name]
    on_gpu, on_cpu = ModelSession(card, device), ModelSession(card, CPU)
    assert on_gpu.provider == CUDA_PROVIDER
    family = load_family(card.family)
    images = [open_upright(path) for path in sorted(photos_folder().iterdir())[:9]]
    pixels = np.stack([family.prepare(image, card) for image in images])
    said = [family.decode(session.run(pixels), card, [WHOLE] * 9) for session in (on_gpu, on_cpu)]
    both = zip(*said, strict=True)
    same = sum(gpu[0].concept == cpu[0].concept for gpu, cpu in both)
    assert same >= 7  # int8 and fp16 agree on the first concept of 92% of pictures


# --- files


@pytest.mark.parametrize("location", [b"/etc/passwd", b"../secret", b"weights.bin", b"*/_ORT_MEM_ADDR_/*"])
def test_weights_outside_the_file_are_refused(tmp_path: Path, location: bytes) -> None:
    tensor = external(location)
    attribute = field(1, b"value") + field(5, tensor)
    hidden = [
        field(7, field(5, tensor)),
        field(7, field(1, field(4, b"Constant") + field(5, attribute))),
        field(7, field(1, field(5, field(6, field(5, tensor))))),
        field(7, field(15, field(1, tensor))),
        field(25, field(7, field(5, attribute))),
        field(7, field(5, field(13, b""))),
    ]
    for extra in hidden:
        data = tiny_model.graph() + extra
        with pytest.raises(GraphError, match="another file"):
            refuse_external_data(data)
        card = tiny_model.card(tmp_path, data)
        assert "one file" in refused(lambda card=card: ModelSession(card, CPU))


def test_shipped_models_stand_alone() -> None:
    for card in CARDS.values():
        refuse_external_data(card.path().read_bytes())
        refuse_external_data(card.path(gpu=True).read_bytes())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda extra: tiny_model.graph() + extra))
def test_any_bytes_are_walked_to_an_end(data: bytes) -> None:
    try:
        refuse_external_data(data)
    except GraphError as error:
        assert str(error)


def test_deep_nesting_is_refused() -> None:
    data = b""
    for _ in range(20):
        data = field(1, field(5, field(6, data))) if len(data) < 100 else data
    refuse_external_data(tiny_model.graph() + field(7, data))
    deep = bytearray()
    for _ in range(200):  # lengths of two bytes
        for number in (6, 5, 1):
            length = len(deep)
            head = bytes([number << 3 | 2, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])
            deep[:0] = head
    length = len(deep)
    head = bytes([7 << 3 | 2, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])
    with pytest.raises(GraphError, match="deep"):
        refuse_external_data(head + bytes(deep))


def test_another_file_than_the_card_names_is_refused(tmp_path: Path) -> None:
    card = tiny_model.card(tmp_path)
    card.path().write_bytes(tiny_model.graph(side=9))
    assert "sha256 differs" in refused(lambda: ModelSession(card, CPU))
    card.path().unlink()
    assert "cannot be read" in refused(lambda: ModelSession(card, CPU))


@pytest.mark.parametrize(
    "data", [b"", b"not a model", b"\x08\x08", tiny_model.graph([Node("Nonsense", ["x"], ["probs"])])]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "tiny" in refused(lambda: ModelSession(tiny_model.card(tmp_path, data), CPU))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"outputs": {"scores": "logits"}}, "no output logits (scores on its card); it has probs"),
        ({"preprocessing": Preprocessing(size=8, layout="NCHW")}, "change dtype on the card"),
        ({"preprocessing": Preprocessing(size=9, layout="NCHW", dtype="float32")}, "failed"),
        ({"preprocessing": Preprocessing(size=8, dtype="float32")}, "failed"),
    ],
)
def test_a_card_that_does_not_fit_its_file_is_refused(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    assert says in refused(lambda: ModelSession(tiny_model.card(tmp_path, **changes), CPU))


# --- running


def test_numbers_reach_the_model_as_the_card_says(tmp_path: Path) -> None:
    session = ModelSession(tiny_model.card(tmp_path), CPU)
    assert session.provider == CPU_PROVIDER
    batch = np.full((2, 8, 8, 3), (255, 51, 0), np.uint8)
    np.testing.assert_allclose(session.run(batch)["scores"], [[1, 0.2, 0]] * 2, atol=1e-6)
    wanted = Preprocessing(
        size=8, layout="NCHW", dtype="float32", mean=(0.5, 0.1, 0.25), std=(0.5, 1.0, 0.25)
    )
    session = ModelSession(tiny_model.card(tmp_path, preprocessing=wanted), CPU)
    np.testing.assert_allclose(session.run(batch)["scores"], [[1, 0.1, -1]] * 2, atol=1e-6)


def test_nan_passes_a_session_and_ends_in_the_family(tmp_path: Path) -> None:
    nodes = [
        Node("Sqrt", ["x"], ["root"]),
        Node("GlobalAveragePool", ["root"], ["p"]),
        Node("Flatten", ["p"], ["probs"]),
    ]
    wanted = Preprocessing(size=8, layout="NCHW", dtype="float32", mean=(0.5, 0.0, 0.0))
    session = ModelSession(tiny_model.card(tmp_path, tiny_model.graph(nodes), preprocessing=wanted), CPU)
    outputs = session.run(np.full((1, 8, 8, 3), 64, np.uint8))
    assert np.isnan(outputs["scores"][0, 0])
    assert [output.concept for output in classify.decode(outputs, session.card, [WHOLE])[0]] == [1, 2]


class Short:
    """A session of onnxruntime whose device has memory for so many pictures at once."""

    def __init__(self, whole: Any, room: int) -> None:
        self.whole, self.room, self.tried = whole, room, []

    def run(self, names: list[str], feeds: dict[str, Any], options: object) -> Any:
        (batch,) = feeds.values()
        self.tried.append(len(batch))
        if len(batch) > self.room:
            raise RuntimeError(
                "[ONNXRuntimeError] : 6 : BFCArena: Failed to allocate memory for requested buffer"
            )
        return self.whole.run(names, feeds, options)


def test_where_memory_is_short_the_batch_halves_and_goes_on(tmp_path: Path) -> None:
    session = ModelSession(tiny_model.card(tmp_path), CPU)
    batch = np.random.default_rng(3).integers(0, 255, (13, 8, 8, 3), np.uint8)
    expected = session.run(batch)["scores"]
    short = session._session = Short(session._session, 3)
    np.testing.assert_array_equal(session.run(batch)["scores"], expected)
    assert short.tried == [13, 6, 3, 3, 3, 3, 1]
    short.tried.clear()
    np.testing.assert_array_equal(session.run(batch[:4])["scores"], expected[:4])
    assert short.tried == [3, 1]  # it has learnt
    short.room = 0
    assert "Failed to allocate memory" in refused(lambda: session.run(batch))


def test_a_picture_without_any_number_is_an_error_not_nothing(tmp_path: Path) -> None:
    card = tiny_model.card(tmp_path)
    nan = float("nan")
    assert scores_of(card, nan, 0.5, nan) == [(1, 0.5)]
    for row in ((nan, nan, nan), (1.0, nan, 0.0)):
        soft = card if row[0] != 1.0 else dataclasses.replace(card, parameters={"activation": "softmax"})
        with pytest.raises(ModelError, match="NaN"):
            scores_of(soft, *row)
    with pytest.raises(ModelError, match="NaN"):
        found(detector(tmp_path), [((0.0, 0.0, 1.0, 1.0), nan, 0)])


def test_families_are_the_files_of_the_folder() -> None:
    assert {"classify", "detect"} <= set(family_names())
    assert all(card.family in family_names() for card in CARDS.values())
    with pytest.raises(ModelError, match=r"no model family divine.*classify, detect"):
        load_family("divine")


# --- classify


def scores_of(card: Card, *row: float) -> list[tuple[int, float]]:
    outputs = {"scores": np.array([row], np.float32)}
    return [(output.concept, output.score) for output in classify.decode(outputs, card, [WHOLE])[0]]


def test_classify_keeps_the_highest_from_the_floor_up(tmp_path: Path) -> None:
    card = tiny_model.card(tmp_path, floor=0.25, keep=2)
    assert scores_of(card, 0.25, 0.5, 0.1) == [(1, 0.5), (0, 0.25)]
    assert scores_of(card, 0.3, 0.5, 0.75) == [(2, 0.75), (1, 0.5)]
    assert scores_of(card, 0.0, float("nan"), 0.2) == []
    assert scores_of(card, 0.5, 0.5, 0.5) == [(0, 0.5), (1, 0.5)]
    assert scores_of(card, 1.0000001, 0, 0) == [(0, 1.0)]
    assert scores_of(dataclasses.replace(card, concepts=("a", "a", "b")), 0.3, 0.4, 0.35) == [
        (1, pytest.approx(0.4)),
        (2, pytest.approx(0.35)),
    ]


def test_classify_turns_logits_into_scores_when_told(tmp_path: Path) -> None:
    card = tiny_model.card(tmp_path)
    with pytest.raises(ModelError, match="set activation"):
        scores_of(card, 3, 1, 0)
    soft = dict(scores_of(dataclasses.replace(card, parameters={"activation": "softmax"}), 3, 1, 0))
    assert sum(soft.values()) == pytest.approx(1) and soft[0] == pytest.approx(0.84379, abs=1e-4)
    sigmoid = dict(scores_of(dataclasses.replace(card, parameters={"activation": "sigmoid"}), 1000, 0, -9))
    assert sigmoid == {0: 1.0, 1: 0.5}
    with pytest.raises(ModelError, match="activation must be one of"):
        scores_of(dataclasses.replace(card, parameters={"activation": "magic"}), 1, 0, 0)


def test_classify_refuses_another_number_of_concepts(tmp_path: Path) -> None:
    card = tiny_model.card(tmp_path, concepts=("red", "green"))
    with pytest.raises(ModelError, match=r"\[N, 2\].*\[1, 3\]"):
        scores_of(card, 1, 0, 0)


# --- detect


def found(card: Card, rows: list[tuple[tuple[float, ...], float, int]]) -> list[tuple[int, float, object]]:
    outputs = {
        "boxes": np.array([[row[0] for row in rows]], np.float32).reshape(1, len(rows), 4),
        "scores": np.array([[row[1] for row in rows]], np.float32),
        "classes": np.array([[row[2] for row in rows]], np.int64),
    }
    kept = detect.decode(outputs, card, [WHOLE])[0]
    return [(output.concept, output.score, output.region and output.region.box) for output in kept]


def detector(folder: Path, **changes: object) -> Card:
    return tiny_model.card(folder, family="detect", floor=0.25, keep=100, **changes)


def test_detect_suppresses_overlaps_class_by_class(tmp_path: Path) -> None:
    card = detector(tmp_path)
    box, close, away = (0.0, 0.0, 0.5, 0.5), (0.0, 0.0, 0.5, 0.375), (0.5, 0.5, 1.0, 1.0)
    kept = found(
        card, [(close, 0.5, 0), (box, 0.75, 0), (close, 0.3125, 1), (away, 0.25, 0), (away, 0.125, 2)]
    )
    assert kept == [(0, 0.75, box), (1, 0.3125, close), (0, 0.25, away)]
    loose = dataclasses.replace(card, parameters={"nms_iou": 0.8})
    assert len(found(loose, [(close, 0.5, 0), (box, 0.75, 0)])) == 2
    assert len(found(dataclasses.replace(card, keep=1), [(box, 0.5, 0), (away, 0.75, 0)])) == 1
    assert found(card, []) == []


def test_detect_clips_boxes_and_drops_what_is_none(tmp_path: Path) -> None:
    card = detector(tmp_path)
    nan = float("nan")
    rows = [
        ((-0.5, 0.25, 1.5, 0.75), 0.875, 0),
        ((0.5, 0.5, 0.5, 0.75), 0.75, 0),
        ((0.75, 0.1, 0.5, 0.2), 0.75, 1),
        ((1.25, 0.0, 1.5, 1.0), 0.75, 2),
        ((nan, 0.0, 1.0, 1.0), 0.75, 2),
        ((0.0, 0.0, 1.0, 1.0), nan, 2),
        ((0.0, 0.0, 1.0, 1.0), 0.75, 3),
        ((0.0, 0.0, 1.0, 1.0), 0.75, -1),
    ]
    assert found(card, rows) == [(0, 0.875, (0.0, 0.25, 1.0, 0.75))]


def test_detect_refuses_outputs_of_other_shapes(tmp_path: Path) -> None:
    card = detector(tmp_path)
    good = {"boxes": np.zeros((1, 2, 4)), "scores": np.zeros((1, 2)), "classes": np.zeros((1, 2), np.int64)}
    assert detect.decode(good, card, [WHOLE]) == [[]]
    for key, other in (
        ("boxes", np.zeros((1, 3, 4))),
        ("classes", np.zeros((1, 3))),
        ("scores", np.zeros(2)),
    ):
        with pytest.raises(ModelError, match="but gives"):
            detect.decode({**good, key: other}, card, [WHOLE])
    with pytest.raises(ModelError, match="classes is missing"):
        detect.decode({"boxes": good["boxes"], "scores": good["scores"]}, card, [WHOLE])


unit = st.floats(0, 1, width=32)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(unit, unit, unit, unit, unit, st.integers(0, 2)), max_size=25))
def test_suppression_leaves_no_two_that_overlap_and_loses_none_alone(rows: list[tuple[float, ...]]) -> None:
    """Against the definition, with a margin for the rounding of areas at the threshold."""
    boxes = np.array([(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d, _, _ in rows], np.float32)
    boxes = boxes.reshape(-1, 4)
    scores = np.array([row[4] for row in rows], np.float32)
    classes = np.array([row[5] for row in rows], np.int64)
    kept = detect.best_of_overlapping(boxes, scores, classes, 0.5).tolist()

    def iou(i: int, j: int) -> float:
        left, right = boxes[i].astype(float), boxes[j].astype(float)
        sides = np.minimum(left[2:], right[2:]) - np.maximum(left[:2], right[:2])
        shared = float(np.prod(sides.clip(0)))
        total = float(np.prod(left[2:] - left[:2]) + np.prod(right[2:] - right[:2])) - shared
        return shared / total if total > 1e-9 else 0.5

    for i in range(len(rows)):
        rivals = [j for j in kept if j != i and classes[j] == classes[i] and scores[j] >= scores[i]]
        if i in kept:
            assert all(iou(i, j) <= 0.51 for j in rivals)
        else:
            assert any(iou(i, j) >= 0.49 for j in rivals)


# --- from a picture to a square


@pytest.mark.parametrize("size", [(300, 200), (200, 301), (50, 31), (256, 256), (257, 512)])
def test_the_centre_is_cut_as_torchvision_cuts_it(size: tuple[int, int]) -> None:
    """Resize(256) makes the long side int(256 * long / short); CenterCrop(224) begins at round(rest / 2)."""
    pixels = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(pixels)
    short, long = min(size), max(size)
    scaled = (256, int(256 * long / short)) if size[0] <= size[1] else (int(256 * long / short), 256)
    whole = image.resize(scaled, Image.Resampling.BICUBIC)
    left, top = round((scaled[0] - 224) / 2.0), round((scaled[1] - 224) / 2.0)
    expected = np.asarray(whole)[top : top + 224, left : left + 224]
    wanted = Preprocessing(size=224, resize="short-side", filter="bicubic")
    assert needed_size(wanted) == (256, 256)
    np.testing.assert_array_equal(square(image, wanted), expected)


def test_stretching_takes_the_whole_picture() -> None:
    image = Image.linear_gradient("L").resize((300, 100)).convert("RGB")
    wanted = Preprocessing(size=64, filter="bilinear")
    expected = np.asarray(image.resize((64, 64), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(square(image, wanted), expected)
    assert needed_size(wanted) == (64, 64)


@pytest.mark.parametrize("size", [(60_000, 1), (1, 60_000), (40_000, 3)])
def test_a_strip_costs_no_memory(size: tuple[int, int]) -> None:
    began = time.monotonic()
    image = centre(Image.new("RGB", size, "red"), 256, 224, Image.Resampling.BICUBIC)
    assert image.size == (224, 224) and image.getpixel((112, 112)) == (255, 0, 0)
    assert time.monotonic() - began < 20
