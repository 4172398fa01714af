"""Guessing a model's card: from what it takes and gives, what its exporter wrote down, what people say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.offered import Offered, in_order, names_in
from store.errors import Refused
from store.printable import printable

SCALES: dict[str, tuple[Sequence[float], Sequence[float]]] = {
    "0..1": ((0.0,) * 3, (1.0,) * 3),
    "0..255": ((0.0,) * 3, (1 / 255,) * 3),
    "-1..1": ((0.5,) * 3, (0.5,) * 3),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""Name → mean and standard deviation that bring 0..1 to what a model was trained on."""
FILTERS = {2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which Hugging Face writes."""
TASKS = {
    "classify": "classification",
    "detect": "detection",
    "segment": "segmentation",
    "instances": "segmentation",
}
YOLO_TASKS = {"classify": "classify", "detect": "detect", "segment": "instances"}


@dataclass(frozen=True)
class Told:
    """What a person says of a model; None where it is to be guessed."""

    family: str | None = None
    labels: tuple[str, ...] | None = None
    layout: str | None = None
    size: int | None = None
    resize: str | None = None
    filter: str | None = None
    scale: str | None = None
    activation: str | None = None
    first_concept: int | None = None
    corners: str | None = None
    unit: str | None = None
    licence: str | None = None


@dataclass
class Guess:
    """A card in the making, and in sentences what was guessed."""

    family: str = ""
    concepts: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, float | int | str | bool] = field(default_factory=dict)
    preprocessing: dict[str, Any] = field(default_factory=dict)
    licence: str = "unknown"
    source: str = ""
    multi_label: bool = False
    batch: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def task(self) -> str:
        """The type of task that it serves."""
        return TASKS[self.family]


def guess(offered: Offered, told: Told) -> Guess:
    """What the card of this model would be. Raises Refused, naming the option, for what cannot be known."""
    size = _size(offered, told)
    gives = offered.outputs(size)
    made = Guess(preprocessing={"size": size, "layout": offered.layout, "dtype": offered.dtype})
    if offered.size is None:
        made.notes.append(f"size: pictures of {size} × {size}")
    made.family = _family(offered, told, gives)
    labels = told.labels or _labels(offered)
    if made.family == "classify":
        _classify(made, gives, labels, told, offered)
    elif made.family == "detect":
        _detect(made, gives, labels, told)
    elif made.family == "instances":
        _instances(made, gives, labels)
    else:
        _segment(made, gives, labels, told)
    if not made.concepts:
        raise Refused("what its concepts are called is not in the file: give --labels FILE, one name a line")
    _pictures(made, offered, told)
    for key in ("activation", "layout", "first_concept", "corners", "unit"):
        value = getattr(told, key)
        if value is not None:
            made.parameters[key] = value
    made.licence = told.licence or _text(offered.metadata.get("license")).split(" License")[0] or "unknown"
    made.source = _text(offered.metadata.get("description")) or "a file that was added to this project"
    made.notes.insert(0, f"family: {made.family}, {len(made.concepts)} concepts")
    return made


def _size(offered: Offered, told: Told) -> int:
    if offered.size is not None:
        if told.size not in (None, offered.size):
            raise Refused(f"it takes pictures of {offered.size} × {offered.size}: leave --size away")
        return offered.size
    written = names_or_numbers(offered.metadata.get("imgsz", ""))
    wanted = offered.preprocessor.get("crop_size") or offered.preprocessor.get("size")
    if isinstance(wanted, Mapping):
        wanted = wanted.get("height") or wanted.get("shortest_edge")
    size = told.size or (written[0] if written else None) or wanted
    if not isinstance(size, int):
        raise Refused("it takes pictures of any size: say with --size how large they shall be, such as 224")
    return size


def names_or_numbers(text: str) -> list[int]:
    """The whole numbers in `[640, 640]`."""
    return [int(part) for part in text.strip("[] ").split(",") if part.strip().isdigit()]


def _family(offered: Offered, told: Told, gives: Mapping[str, np.ndarray]) -> str:
    if told.family:
        return told.family
    task = offered.metadata.get("task")
    if task and "names" in offered.metadata:
        if task not in YOLO_TASKS:
            raise Refused(
                f"it is a YOLO model for '{printable(task)}': detect, segment and classify can be added"
            )
        return YOLO_TASKS[task]
    ranks = [array.ndim for array in gives.values()]
    if {"logits", "pred_boxes"} <= gives.keys() or _named(gives, "boxes"):
        return "detect"
    first = next(iter(gives.values()))
    if (
        first.ndim == 3
        and first.dtype.kind == "f"
        and ("stride" in offered.metadata or min(first.shape[1:]) >= 6)
    ):
        return "detect"
    if any(rank == 2 for rank in ranks) and not any(rank == 4 for rank in ranks):
        return "classify"
    if any(rank == 4 for rank in ranks) or (3 in ranks and next(iter(gives.values())).dtype.kind in "iu"):
        return "segment"
    shapes = ", ".join(f"{printable(name)} {list(array.shape)}" for name, array in gives.items())
    raise Refused(f"what it gives is not clear ({shapes}): say --family classify, detect or segment")


def _labels(offered: Offered) -> tuple[str, ...]:
    return names_in(offered.metadata.get("names", "")) or in_order(offered.config.get("id2label"))


def _text(value: Any) -> str:
    return printable(value)[:200].strip() if isinstance(value, str) else ""


# --- what it gives


def _classify(
    made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...], told: Told, offered: Offered
) -> None:
    scores = [name for name, array in gives.items() if array.ndim == 2]
    name = next((one for one in scores if one in ("logits", "probs", "output0")), scores[0] if scores else "")
    if not name:
        raise Refused("a classifier gives scores [N, C], and this one does not: say another --family")
    row = gives[name][0]
    made.outputs = {"scores": name}
    made.concepts = _as_many(labels, len(row))
    several = offered.config.get("problem_type") == "multi_label_classification"
    if told.activation is None and several:
        made.parameters["activation"] = "sigmoid"
        made.notes.append(
            "activation: sigmoid, as config.json says that several concepts can be true at once"
        )
    elif told.activation is None:
        sums = row.min() >= 0 and abs(float(row.sum()) - 1) < 0.01
        made.parameters["activation"] = "none" if sums else "softmax"
        how = "scores that sum to 1, taken as they are" if sums else "scores made to sum to 1 by softmax"
        made.notes.append(f"activation: {how}; if several concepts can be true at once: --activation sigmoid")
    made.multi_label = "sigmoid" in (told.activation, made.parameters.get("activation"))


def _detect(made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...], told: Told) -> None:
    made.multi_label = True
    if {"logits", "pred_boxes"} <= gives.keys():
        made.outputs = {"logits": "logits", "boxes": "pred_boxes"}
        count = gives["logits"].shape[-1]
        softmax = len(labels) + 1 == count
        made.concepts = _as_many(labels, count - softmax)
        made.parameters = {"layout": "detr", "activation": "softmax" if softmax else "sigmoid"}
        made.notes.append(f"layout: detr, by {made.parameters['activation']}")
    elif _named(gives, "boxes"):
        _boxes(made, gives, labels)
    else:
        _predictions(made, gives, labels, told)


def _named(gives: Mapping[str, np.ndarray], what: str) -> str | None:
    """The output that is called so, alone or after `detection_`."""
    return next((name for name in gives if name.split(":")[0] in (what, f"detection_{what}")), None)


def _boxes(made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...]) -> None:
    boxes, scores = _named(gives, "boxes"), _named(gives, "scores")
    classes = _named(gives, "classes") or _named(gives, "labels")
    if boxes is None or scores is None or classes is None:
        raise Refused("a detector gives boxes, scores and classes or labels, and this one does not")
    made.outputs = {"boxes": boxes, "scores": scores, "classes": classes}
    made.parameters["layout"] = "boxes"
    made.batch = int(gives[boxes].ndim == 2)
    if boxes.startswith("detection_"):
        made.parameters |= {"corners": "yxyx", "unit": "square", "first_concept": 1}
        made.notes.append("layout: boxes as TensorFlow gives them, top before left, in 0..1")
    elif classes == "labels":
        made.parameters |= {"unit": "pixels", "first_concept": 1}
        made.notes.append("layout: boxes as torchvision gives them, in pixels")
    else:
        seen = gives[boxes]
        unit = "pixels" if seen.size and float(np.abs(seen).max()) > 2 else "square"
        made.parameters |= {"unit": unit, "first_concept": 0}
        made.notes.append(f"layout: boxes with left before top, in {unit}; else say --corners and --unit")
    first = made.parameters["first_concept"]
    made.notes.append(f"first_concept: its concepts count from {first}; else say --first-concept")
    made.concepts = _without_background(labels)


def _predictions(made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...], told: Told) -> None:
    name, array = next(iter(gives.items()))
    if array.ndim != 3:
        raise Refused(f"a detector gives boxes, and this one gives {list(array.shape)}: say another --family")
    made.outputs = {"predictions": name}
    widths = (len(labels) + 4, len(labels) + 5)
    rows = array.shape[2] == 6 and 6 not in widths
    if told.layout in ("rows", "yolo"):
        rows = told.layout == "rows"
    if not rows and not set(array.shape[1:]) & set(widths):
        if not labels:
            return
        neither = f"neither YOLO with {len(labels)} concepts nor rows of 6"
        raise Refused(
            f"it gives {list(array.shape)}, which fits {neither}: give --labels FILE with all names"
        )
    made.concepts = labels
    made.parameters = {"layout": "rows" if rows else "yolo"}
    if not rows:
        made.parameters["nms_iou"] = 0.7 if widths[0] in array.shape[1:] else 0.45
    what = "boxes suppressed already" if rows else "raw boxes of YOLO, overlaps suppressed here"
    made.notes.append(f"layout: {made.parameters['layout']}, {what}")


def _instances(made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...]) -> None:
    made.multi_label = True
    predictions = next((name for name, array in gives.items() if array.ndim == 3), None)
    masks = next((name for name, array in gives.items() if array.ndim == 4), None)
    if predictions is None or masks is None:
        raise Refused(
            "a YOLO segmenter gives predictions [N, …, K] and masks [N, M, H, W]: export it without NMS"
        )
    more = gives[masks].shape[1]
    widths = (len(labels) + 4 + more, len(labels) + 5 + more)
    if labels and not set(gives[predictions].shape[1:]) & set(widths):
        told = f"{list(gives[predictions].shape)} and {list(gives[masks].shape)}"
        raise Refused(f"it gives {told}, which does not fit {len(labels)} concepts: give --labels FILE")
    made.concepts = labels
    made.outputs = {"predictions": predictions, "masks": masks}
    made.parameters["nms_iou"] = 0.7 if widths[0] in gives[predictions].shape[1:] else 0.45
    made.notes.append("layout: yolo, overlaps suppressed here, each mask outlined")


def _segment(made: Guess, gives: Mapping[str, np.ndarray], labels: tuple[str, ...], told: Told) -> None:
    made.multi_label = True
    maps = [name for name, array in gives.items() if array.ndim == 4]
    if maps:
        shape = gives[maps[0]].shape
        count = next((n for n in (shape[1], shape[3]) if n in (len(labels), len(labels) + 1)), shape[1])
        made.outputs = {"scores": maps[0]}
        made.parameters["activation"] = "sigmoid" if count == 1 else "softmax"
        made.notes.append(f"activation: {made.parameters['activation']} over {count} maps")
        _background(made, labels, count, told)
        return
    masks = [name for name, array in gives.items() if array.ndim == 3]
    if not masks:
        raise Refused("a segmenter gives maps [N, C, H, W] or a mask [N, H, W]: say another --family")
    made.outputs = {"mask": masks[0]}
    sure = next((name for name in masks[1:] if gives[name].dtype.kind == "f"), None)
    if sure is not None and gives[sure].shape == gives[masks[0]].shape:
        made.outputs["confidence"] = sure
    _background(made, labels, len(labels), told)


def _background(made: Guess, labels: tuple[str, ...], count: int, told: Told) -> None:
    """Number 0 is nothing where it is called background, or has no name."""
    named = _without_background(labels)
    first = told.first_concept
    if first is None:
        first = int(len(named) < len(labels) or len(labels) + 1 == count)
    if labels and len(named) + first != count and len(labels) != count:
        raise Refused(f"it has {count} concepts, and there are {len(labels)} names: give --labels FILE")
    made.concepts = named if first else labels
    made.parameters["first_concept"] = first
    if first:
        made.notes.append("first_concept: what it calls 0 is background")


def _without_background(labels: tuple[str, ...]) -> tuple[str, ...]:
    return labels[1:] if labels and labels[0].strip("_").lower() == "background" else labels


def _as_many(labels: tuple[str, ...], count: int) -> tuple[str, ...]:
    if len(labels) != count:
        there = f"there are {len(labels)} names" if labels else "their names are not in the file"
        raise Refused(f"it has {count} concepts, and {there}: give --labels FILE, one name a line")
    return labels


# --- how pictures become its numbers


def _pictures(made: Guess, offered: Offered, told: Told) -> None:
    wanted = made.preprocessing
    if made.family != "classify":
        wanted["draft"] = 0
    if "names" in offered.metadata:
        _as_ultralytics(made)
    elif offered.preprocessor:
        _as_hugging_face(made, offered.preprocessor)
    elif made.family == "classify" and offered.layout == "NCHW":
        wanted |= {"resize": "short-side", "crop": 0.875, "filter": "bilinear"}
        made.notes.append("pictures: short side, then the centre, as torchvision does it")
    else:
        wanted |= {"resize": "stretch", "filter": "bilinear"}
        made.notes.append("pictures: stretched to the square")
    for key in ("resize", "filter"):
        if getattr(told, key):
            wanted[key] = getattr(told, key)
    if offered.dtype != "uint8":
        _scale(made, offered, told)


def _as_ultralytics(made: Guess) -> None:
    if made.family == "classify":
        made.preprocessing |= {"resize": "short-side", "crop": 1.0, "filter": "bilinear"}
    else:
        made.preprocessing |= {"resize": "letterbox", "filter": "bilinear"}
    made.preprocessing |= dict(zip(("mean", "std"), SCALES["0..1"], strict=True))
    made.notes.append(f"pictures: as Ultralytics does it ({made.preprocessing['resize']}, 0..1)")


def _as_hugging_face(made: Guess, written: Mapping[str, Any]) -> None:
    wanted = made.preprocessing
    wanted["filter"] = FILTERS.get(written.get("resample", 2), "bilinear")
    size = written.get("size")
    edge = size.get("shortest_edge") if isinstance(size, Mapping) else None
    if written.get("do_center_crop") and made.family == "classify":
        crop = wanted["size"] / edge if isinstance(edge, int) and edge >= wanted["size"] else 1.0
        wanted |= {"resize": "short-side", "crop": round(max(0.1, crop), 6)}
    else:
        wanted["resize"] = "stretch"
    if written.get("do_normalize", True):
        mean, std = written.get("image_mean"), written.get("image_std")
        if _three(mean) and _three(std):
            wanted |= {"mean": mean, "std": std}
    else:
        wanted |= dict(zip(("mean", "std"), SCALES["0..1"], strict=True))
    made.notes.append("pictures: as preprocessor_config.json says")


def _three(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(v, int | float) for v in value)


def _scale(made: Guess, offered: Offered, told: Told) -> None:
    wanted = made.preprocessing
    scale = told.scale
    if scale is None and "mean" in wanted:
        return
    if scale is None and (made.outputs.keys() >= {"boxes", "classes"} and offered.layout == "NCHW"):
        scale = "0..1"  # torchvision's detectors normalise by themselves
    if scale is None and offered.layout == "NCHW" and made.parameters.get("layout") is None:
        scale = "imagenet"
    if scale is None:
        known = ", ".join(SCALES)
        raise Refused(f"in which numbers it takes pictures cannot be known: say --scale, one of {known}")
    if told.scale is None:
        made.notes.append(f"scale: {scale}; else say --scale, one of {', '.join(SCALES)}")
    wanted |= dict(zip(("mean", "std"), SCALES[scale], strict=True))
