"""`winnow model add`: common exports are understood, others are refused with the option to give."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.adding import Added, add, labels_in
from engine.device import choose
from engine.families import load_family
from engine.guessing import SCALES, Told
from engine.offered import names_in
from engine.predictor import ModelPredictor
from engine.session import ModelSession
from store import model_folders, models, undoing, users
from store.cards import Card
from store.demo import photos_folder
from store.errors import Denied, NotFound, Refused
from store.tables import ModelVersion
from store.values import Role
from tests import by_hand, tiny_model
from tests.conftest import Project
from tests.onnx_files import TensorProto, named, saying
from tests.winnow_process import start, wait_until, winnow, winnow_json

NAMES = ("cat", "dog", "hen")
LABELS = Told(labels=NAMES)
NOTHING = Told()


def offer(project: Project, data: bytes, told: Told = NOTHING, file: str = "mine.onnx") -> Added:
    path = project.folder / "offered" / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return add(project.owner, path, None, told)


def card_of(added: Added) -> Card:
    return models.card(added.version)


def refusal(project: Project, data: bytes, told: Told = NOTHING, file: str = "mine.onnx") -> str:
    with pytest.raises(Refused) as caught:
        offer(project, data, told, file)
    assert not list(model_folders.place().glob("*"))  # nothing was kept
    assert str(caught.value).isprintable()
    return str(caught.value)


def yolo(columns: int = 7, rows: int = 20, **metadata: str) -> bytes:
    predictions = np.zeros((1, columns, rows), np.float32)
    predictions[0, :5, 0] = [32, 32, 10, 20, 0.75]
    wanted = {"names": named(NAMES), "task": "detect", "imgsz": "[64, 64]", "stride": "32", **metadata}
    return saying({"output0": predictions}, metadata=wanted)


# --- what exporters write


def test_ultralytics_says_all_that_is_needed(project: Project) -> None:
    added = offer(project, yolo(license="AGPL-3.0 License (https://ultralytics.com/license)"))
    card = card_of(added)
    assert (card.name, card.family, card.task, card.concepts) == ("mine", "detect", "detection", NAMES)
    assert (card.parameters["layout"], card.parameters["nms_iou"], card.licence) == ("yolo", 0.7, "AGPL-3.0")
    wanted = card.preprocessing
    assert (wanted.size, wanted.resize, wanted.layout, wanted.padding) == (64, "letterbox", "NCHW", 114)
    assert (wanted.mean, wanted.std) == tuple(map(tuple, SCALES["0..1"]))
    assert "1 predictions" in added.trial and "cat 0.75" in added.trial
    assert any("letterbox" in said for said in added.notes)


def test_yolo_v5_and_suppressed_rows_are_told_apart(project: Project) -> None:
    raw = np.zeros((1, 20, 8), np.float32)
    five = saying({"output0": raw}, metadata={"names": named(NAMES), "stride": "32"})
    assert card_of(offer(project, five, file="five.onnx")).parameters["nms_iou"] == 0.45
    rows = np.zeros((1, 300, 6), np.float32)
    ten = saying({"output0": rows}, metadata={"names": named(NAMES), "task": "detect"})
    assert card_of(offer(project, ten, file="ten.onnx")).parameters == {"layout": "rows"}


def test_pictures_of_any_size_are_as_large_as_the_exporter_said(project: Project) -> None:
    raw = np.zeros((1, 7, 20), np.float32)
    metadata = {"names": named(NAMES), "task": "detect", "imgsz": "[96, 96]"}
    free = saying({"output0": raw}, takes=("N", 3, "H", "W"), metadata=metadata, free=True)
    assert card_of(offer(project, free)).preprocessing.size == 96


def test_ultralytics_classifiers_have_their_scores_already(project: Project) -> None:
    scores = np.array([[0.2, 0.5, 0.3]], np.float32)
    metadata = {"names": named(NAMES), "task": "classify"}
    card = card_of(offer(project, saying({"output0": scores}, metadata=metadata)))
    assert (card.family, card.parameters["activation"], card.preprocessing.resize) == (
        "classify",
        "none",
        "short-side",
    )
    assert card.preprocessing.crop == 1.0


def test_torchvision_and_timm_classifiers(project: Project) -> None:
    logits = np.array([[2.0, -1.0, 0.5]], np.float32)
    card = card_of(offer(project, saying({"output": logits}, takes=("N", 3, 64, 64), free=True), LABELS))
    assert (card.family, card.parameters["activation"]) == ("classify", "softmax")
    assert card.preprocessing.mean == pytest.approx((0.485, 0.456, 0.406))
    assert card.preprocessing.std == pytest.approx((0.229, 0.224, 0.225))
    assert (card.preprocessing.resize, card.preprocessing.crop) == ("short-side", 0.875)


def beside(project: Project, **files: Any) -> None:
    folder = project.folder / "offered"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def test_hugging_face_classifiers_are_read_with_what_lies_beside(project: Project) -> None:
    beside(
        project,
        config={"id2label": {"0": "cat", "2": "hen", "1": "dog"}},
        preprocessor_config={
            "do_center_crop": True,
            "crop_size": {"height": 64, "width": 64},
            "size": {"shortest_edge": 80},
            "resample": 3,
            "image_mean": [0.1, 0.2, 0.3],
            "image_std": [0.4, 0.5, 0.6],
        },
    )
    logits = np.array([[2.0, -1.0, 0.5]], np.float32)
    data = saying({"logits": logits}, takes=("N", "C", "H", "W"), name="pixel_values", free=True)
    card = card_of(offer(project, data, file="model.onnx"))
    wanted = card.preprocessing
    assert (card.name, card.concepts, card.parameters) == ("offered", NAMES, {"activation": "softmax"})
    assert (wanted.size, wanted.resize, wanted.crop, wanted.filter) == (64, "short-side", 0.8, "bicubic")
    assert (wanted.mean, wanted.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


@pytest.mark.parametrize(("columns", "activation"), [(4, "softmax"), (3, "sigmoid")])
def test_detr_by_the_number_of_its_concepts(project: Project, columns: int, activation: str) -> None:
    preprocessor = {"size": {"height": 64, "width": 64}, "do_normalize": False}
    beside(project, config={"id2label": dict(enumerate(NAMES))}, preprocessor_config=preprocessor)
    outputs = {
        "logits": np.zeros((1, 5, columns), np.float32),
        "pred_boxes": np.full((1, 5, 4), 0.5, np.float32),
    }
    data = saying(
        outputs,
        takes=("N", 3, "H", "W"),
        name="pixel_values",
        others={"pixel_mask": ("N", 64, 64)},
        free=True,
    )
    card = card_of(offer(project, data))
    assert card.parameters == {"layout": "detr", "activation": activation}
    assert (card.preprocessing.resize, card.preprocessing.std) == ("stretch", (1.0, 1.0, 1.0))


def test_torchvision_detectors(project: Project) -> None:
    outputs = {
        "boxes": np.array([[0, 0, 32, 32]], np.float32),
        "labels": np.array([2]),
        "scores": np.array([0.75], np.float32),
    }
    told = Told(labels=("__background__", *NAMES))
    added = offer(project, saying(outputs, takes=(3, 64, 64)), told)
    card = card_of(added)
    assert card.concepts == NAMES and "dog 0.75" in added.trial
    assert (card.parameters["unit"], card.parameters["first_concept"], card.batch) == ("pixels", 1, 1)
    assert card.preprocessing.std == (1.0, 1.0, 1.0)


def test_tensorflow_detectors(project: Project) -> None:
    outputs = {
        "detection_boxes": np.array([[[0, 0, 0.5, 0.25]]], np.float32),
        "detection_classes": np.array([[3.0]], np.float32),
        "detection_scores": np.array([[0.75]], np.float32),
        "num_detections": np.array([1.0], np.float32),
    }
    data = saying(outputs, takes=(1, 64, 64, 3), element=TensorProto.UINT8)
    added = offer(project, data, LABELS)
    assert card_of(added).parameters["corners"] == "yxyx" and "hen 0.75" in added.trial


def test_keras_must_be_told_its_numbers(project: Project) -> None:
    data = saying({"dense": np.array([[0.25, 0.5, 0.25]], np.float32)}, takes=("N", 64, 64, 3), free=True)
    assert "--scale" in refusal(project, data, LABELS)
    card = card_of(offer(project, data, Told(labels=NAMES, scale="0..255")))
    assert (card.preprocessing.layout, card.parameters["activation"]) == ("NHWC", "none")
    assert np.array(card.preprocessing.std) * 255 == pytest.approx([1, 1, 1])


def test_segmenters_with_a_background(project: Project) -> None:
    maps = np.zeros((1, 4, 16, 16), np.float32)
    maps[0, 2, 4:12, 4:12] = 9.0
    added = offer(project, saying({"out": maps}), LABELS)
    card = card_of(added)
    assert (card.family, card.concepts, card.parameters["first_concept"]) == ("segment", NAMES, 1)
    assert "1 predictions" in added.trial and "dog" in added.trial


def test_a_shipped_file_brought_as_a_users_says_what_the_shipped_one_says(project: Project) -> None:
    file = by_hand.MODELS / by_hand.SEGMENTER
    added = add(project.owner, file, "brought", Told(labels=("background", *by_hand.names("voc20.txt"))))
    card = card_of(added)
    photo = photos_folder() / "015.jpg"
    predictor = ModelPredictor(ModelSession(card, choose("cpu")), load_family(card.family), draft=0.0)
    (found,) = predictor.predict([predictor.prepare(photo)])
    expected = by_hand.segment(photo)
    assert [card.concepts[one.concept] for one in found] == [row[0] for row in expected]
    assert [one.score for one in found] == pytest.approx([row[1] for row in expected], abs=1e-4)


# --- what is refused


@pytest.mark.parametrize(
    ("data", "told", "says"),
    [
        (b"", Told(), "no ONNX file"),
        (b"hello there", Told(), "not an ONNX file"),
        (b"PK\x03\x04archive/data.pkl", Told(), "pickle or an archive, which is never opened"),
        (b"\x80\x04\x95rest", Told(), "pickle or an archive, which is never opened"),
        (yolo(), Told(size=32), "leave --size away"),
        (yolo(task="pose"), Told(), "'pose'"),
        (yolo(names="__import__('os').system('true')"), Told(), "--labels FILE"),
        (yolo(columns=9), Told(), "--labels FILE"),
        (saying({"y": np.zeros((1, 3), np.float32)}), Told(), "it has 3 concepts.*--labels FILE"),
        (saying({"y": np.zeros((1, 4), np.float32)}), LABELS, "it has 4 concepts, and there are 3 names"),
        (saying({"y": np.zeros((1, 3), np.float32)}, takes=(1, 3, 32, 64)), LABELS, "64 × 32.*square"),
        (saying({"y": np.zeros((1, 3), np.float32)}, takes=(1, 3, 9000, 9000)), LABELS, "4096 are the most"),
        (saying({"y": np.zeros((1, 3), np.float32)}, takes=(1, 7, 64, 64)), LABELS, "3 colours"),
        (saying({"y": np.zeros((1, 3), np.float32)}, takes=(1, 3)), LABELS, "a height, a width"),
        (saying({"y": np.zeros((1, 3), np.float32)}, takes=("N", 3, "H", "W")), LABELS, "say with --size"),
        (
            saying({"y": np.zeros((1, 3), np.float32)}, element=TensorProto.INT64),
            LABELS,
            "pictures are uint8",
        ),
        (saying({"y": np.zeros(3, np.float32)}), LABELS, "say --family"),
        (saying({"y": np.zeros((1, 3), np.float32)}, others={"mask": (1,)}), LABELS, "take one picture"),
        (saying({"y": np.full((1, 3), 7, np.float32)}), Told(labels=NAMES, activation="none"), "above 1"),
        (tiny_model.graph()[:-9], LABELS, "cut off"),
    ],
)
def test_what_cannot_be_known_or_used_is_refused(
    project: Project, data: bytes, told: Told, says: str
) -> None:
    assert re.search(says, refusal(project, data, told))


def test_weights_in_other_files_are_refused(project: Project) -> None:
    entry = b"\x0a\x08location\x12\x0bweights.bin"
    tensor = b"\x08\x01\x10\x01\x42\x01w\x6a" + bytes([len(entry)]) + entry + b"\x70\x01"
    initializer = b"\x2a" + bytes([len(tensor)]) + tensor
    data = tiny_model.graph() + b"\x3a" + bytes([len(initializer)]) + initializer
    assert "another file" in refusal(project, data, LABELS)


def test_a_file_that_is_none_is_refused(project: Project) -> None:
    for path in (project.folder / "no.onnx", project.folder):
        with pytest.raises(Refused, match="is not there"):
            add(project.owner, path, "x", Told())


@pytest.mark.parametrize("name", ["Upper", "../up", "a b", "", "x" * 65])
def test_a_name_that_is_none_is_refused(project: Project, name: str) -> None:
    with pytest.raises(Refused, match="lower case" if name else "is not there"):
        add(project.owner, project.folder / "no.onnx", name, Told())


def test_names_of_other_models_are_taken(project: Project) -> None:
    with pytest.raises(Refused, match=r"ships with Winnow.*--name"):
        add(project.owner, project.folder / "x.onnx", "mobilenet-v2", Told())


def test_labelers_add_and_remove_none(project: Project) -> None:
    bob = users.add(project.owner, "bob", Role.LABELER)
    with pytest.raises(Denied):
        add(bob, project.folder / "x.onnx", None, Told())
    with pytest.raises(Denied):
        models.remove(bob, "mobilenet-v2")


@pytest.mark.parametrize("text", ["[" * 10_000, "{0: 1}", "{'a': 'b'}", "7", "{1: 'one'}", "('a', 2)"])
def test_names_that_are_none_are_none(text: str) -> None:
    assert names_in(text) == ()


def test_labels_are_read_from_lines_and_from_json(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("cat\ndog\n\n")
    (tmp_path / "b.json").write_text('{"id2label": {"1": "dog", "0": "cat"}}')
    (tmp_path / "c.json").write_text('["cat", "dog"]')
    for name in ("a.txt", "b.json", "c.json"):
        assert labels_in(tmp_path / name) == ("cat", "dog")
    (tmp_path / "d.txt").write_text("cat\n\ndog\n")
    (tmp_path / "e.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "f.json").write_text("[")
    for name in ("d.txt", "e.txt", "f.json", "none.txt"):
        with pytest.raises(Refused):
            labels_in(tmp_path / name)


# --- what becomes of it


def test_a_model_is_removed_and_comes_back(project: Project) -> None:
    offer(project, yolo())
    models.remove(project.owner, "mine")
    assert "mine" not in [row["name"] for row in models.listing()]
    with pytest.raises(NotFound):
        models.find("mine")
    with pytest.raises(Refused, match="winnow undo"):
        offer(project, yolo())
    assert undoing.undo(project.owner) == "remove model mine"
    assert models.find("mine").number == 1
    undoing.undo(project.owner)  # the adding
    assert "mine" not in [row["name"] for row in models.listing()]
    undoing.redo(project.owner)
    assert models.find("mine").number == 1


def test_another_file_of_the_name_is_the_next_version_and_the_same_is_none(project: Project) -> None:
    offer(project, yolo())
    with pytest.raises(Refused, match="version 1 of 'mine' already"):
        offer(project, yolo())
    assert offer(project, yolo(rows=21)).version.number == 2
    assert sorted(path.name for path in model_folders.place().iterdir()) == ["mine-1", "mine-2"]
    assert models.card(ModelVersion.get(ModelVersion.number == 1, ModelVersion.sha256 != "")).folder.is_dir()


def test_a_process_that_runs_already_finds_it(project: Project) -> None:
    """One that looked for models before this one was added."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom store import database, models\n"
        f"database.connect(Path({str(project.store)!r}))\n"
        "print(len(models.listing()), flush=True)\nsys.stdin.readline()\n"
        "print(models.card(models.find('mine')).name, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=by_hand.ROOT,
    ) as other:
        assert other.stdin and other.stdout
        assert int(other.stdout.readline()) >= 4
        offer(project, yolo())
        other.stdin.write("go\n")
        other.stdin.flush()
        assert other.stdout.readline() == "mine\n"


def test_the_folder_can_lie_elsewhere(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_MODELS", str(tmp_path / "elsewhere"))
    offer(project, yolo())
    assert (tmp_path / "elsewhere" / "mine-1" / "card.toml").is_file()
    assert not (project.folder / "winnow-models").exists()
    assert models.card(models.find("mine")).name == "mine"


def test_an_engine_that_runs_already_annotates_with_a_model_added_after_it(tmp_path: Path) -> None:
    """In processes of their own, as people do it; the second file asks for what it cannot know."""
    winnow(tmp_path, "init")
    Image.new("RGB", (80, 40), "white").save(tmp_path / "one.png")
    winnow(tmp_path, "add", tmp_path / "one.png")
    engine = start(tmp_path, "engine", "run", "--device", "cpu")
    try:
        wait_until(lambda: bool(winnow_json(tmp_path, "engine", "status")))
        file = tmp_path / "best.onnx"
        file.write_bytes(saying({"y": np.zeros((1, 2), np.float32)}, metadata={}))
        said = winnow(tmp_path, "model", "add", file, code=1).stderr
        assert "it has 2 concepts" in said and "--labels FILE" in said
        file.write_bytes(yolo())
        done = winnow(tmp_path, "model", "add", file, "--json")
        assert json.loads(done.stdout)["concepts"] == list(NAMES)
        assert "guessed layout: yolo" in done.stderr and "trial run" in done.stderr
        task = ("task", "create", "t", "--type", "detection", "--auto", "best", "--concept", "cat")
        winnow(tmp_path, *task, "--lower", "0.1", "--upper", "0.5")
        winnow(tmp_path, "task", "run", "t")
    finally:
        engine.terminate()
        engine.communicate()
    (one,) = winnow_json(tmp_path, "annotation", "list")
    assert (one["concept"], one["status"], one["score"]) == ("cat", "SUCCESS", 0.75)
    # 10 × 20 pixels around the middle of a square of 64, in which the picture is 64 × 32.
    assert one["region"]["box"] == pytest.approx([27 / 64, 6 / 32, 37 / 64, 26 / 32], abs=1e-6)
