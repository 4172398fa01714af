"""Layouts: what detectors give, each in its own way, read as boxes with a score and a concept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.families import activated, checked_scores, output_of
from engine.session import Array, ModelError
from store.cards import Card

CORNERS = ("xyxy", "yxyx", "cxcywh")


@dataclass(frozen=True)
class Candidates:
    """What a detector says of one picture, in any order."""

    boxes: Array
    """[K, 4] left, top, right, bottom in 0..1 of the square."""
    scores: Array
    """float32 [K]."""
    concepts: Array
    """int [K], indices into the card's concepts; those outside it are nothing."""
    extras: Array
    """[K, …], what else a model gives for each, such as the shares that make its mask."""


def boxes(outputs: Mapping[str, Array], card: Card) -> Iterator[Candidates]:
    """`boxes` [N, K, 4], `scores` and `classes` [N, K]; of one picture also without the N."""
    found = [output_of(outputs, key, card) for key in ("boxes", "scores", "classes")]
    if found[0].ndim == 2:
        found = [one[None] for one in found]
    places, scores, classes = found
    if places.shape != (*scores.shape, 4) or scores.ndim != 2 or classes.shape != scores.shape:
        shapes = ", ".join(str(list(one.shape)) for one in found)
        raise _error(card, "boxes [N, K, 4], scores [N, K] and classes [N, K]", shapes)
    return _candidates(_squared(places, card, "xyxy", "square"), scores, classes, card)


def yolo(outputs: Mapping[str, Array], card: Card, extras: int = 0) -> Iterator[Candidates]:
    """`predictions` [N, 4 + C, K] or [N, K, 4 + C], as YOLO v8 and later; with 5 + C the fifth is how sure it
    is that there is anything, as YOLO v5. Boxes are middle, width and height in pixels. `extras` more
    stand at the end."""
    rows = output_of(outputs, "predictions", card)
    count = len(card.concepts)
    widths = (4 + count + extras, 5 + count + extras)
    if rows.ndim == 3 and rows.shape[2] not in widths:
        rows = rows.transpose(0, 2, 1)
    if rows.ndim != 3 or rows.shape[2] not in widths:
        more = f"{4 + extras} or {5 + extras} more than the concepts on its card"
        wanted = f"predictions [N, {widths[0]} or {widths[1]}, K], {more},"
        raise _error(card, wanted, str(list(outputs["predictions"].shape)))
    end = rows.shape[2] - extras
    by_concept = rows[:, :, end - count : end]
    classes = by_concept.argmax(axis=2)
    scores = np.take_along_axis(by_concept, classes[:, :, None], axis=2)[:, :, 0]
    if rows.shape[2] == widths[1]:
        scores = scores * rows[:, :, 4]
    places = _squared(rows[:, :, :4], card, "cxcywh", "pixels")
    return _candidates(places, scores, classes, card, rows[:, :, end:])


def rows(outputs: Mapping[str, Array], card: Card) -> Iterator[Candidates]:
    """`predictions` [N, K, 6]: a box's corners in pixels, score and concept, as exports with the suppression
    in the graph give them."""
    found = output_of(outputs, "predictions", card)
    if found.ndim != 3 or found.shape[2] != 6:
        raise _error(card, "predictions [N, K, 6]", str(list(found.shape)))
    places = _squared(found[:, :, :4], card, "xyxy", "pixels")
    return _candidates(places, found[:, :, 4], found[:, :, 5], card)


def detr(outputs: Mapping[str, Array], card: Card) -> Iterator[Candidates]:
    """`logits` [N, Q, C] and `boxes` [N, Q, 4], middle, width and height in 0..1. By `activation` they are
    `softmax`, which needs one more at the end for nothing, or `sigmoid`."""
    logits, places = output_of(outputs, "logits", card), output_of(outputs, "boxes", card)
    activation = card.parameters.get("activation", "softmax")
    count = len(card.concepts) + (activation == "softmax")
    if logits.ndim != 3 or logits.shape[2] != count or places.shape != (*logits.shape[:2], 4):
        shapes = f"{list(logits.shape)} and {list(places.shape)}"
        raise _error(card, f"logits [N, Q, {count}] and boxes [N, Q, 4]", shapes)
    by_concept = activated(logits, card, axis=2, otherwise="softmax")[:, :, : len(card.concepts)]
    classes = by_concept.argmax(axis=2)
    scores = np.take_along_axis(by_concept, classes[:, :, None], axis=2)[:, :, 0]
    return _candidates(_squared(places, card, "cxcywh", "square"), scores, classes, card)


LAYOUTS = {"boxes": boxes, "yolo": yolo, "rows": rows, "detr": detr}
"""By what a card's parameter `layout` says."""
SUPPRESSED = ("rows", "detr")
"""Those that give each thing once: nothing is suppressed unless the card says `nms_iou`."""


def layout_of(card: Card) -> str:
    """What the card says its outputs are. Raises ModelError for a layout that there is not."""
    name = str(card.parameters.get("layout", "boxes"))
    if name not in LAYOUTS:
        raise ModelError(f"The card {card.name}: layout must be one of {', '.join(LAYOUTS)}.")
    return name


def _candidates(
    places: Array, scores: Array, classes: Array, card: Card, extras: Array | None = None
) -> Iterator[Candidates]:
    scores = checked_scores(scores, card)
    first = int(card.parameters.get("first_concept", 0))
    with np.errstate(invalid="ignore"):
        concepts = np.where(np.isfinite(classes), classes, -1).astype(np.int64) - first
    if extras is None:
        extras = np.zeros((*scores.shape, 0), np.float32)
    return (Candidates(*one) for one in zip(places, scores, concepts, extras, strict=True))


def _squared(places: Array, card: Card, corners: str, unit: str) -> Array:
    """Boxes as left, top, right, bottom in 0..1; the card's `corners` and `unit` go before what is usual."""
    corners, unit = str(card.parameters.get("corners", corners)), str(card.parameters.get("unit", unit))
    if corners not in CORNERS:
        raise ModelError(f"The card {card.name}: corners must be one of {', '.join(CORNERS)}.")
    if unit not in ("square", "pixels"):
        raise ModelError(f"The card {card.name}: unit must be square (boxes are in 0..1) or pixels.")
    places = places.astype(np.float64)
    if unit == "pixels":
        places = places / card.preprocessing.size
    if corners == "yxyx":
        return places[..., [1, 0, 3, 2]]
    if corners == "cxcywh":
        middle, half = places[..., :2], places[..., 2:] / 2
        return np.concatenate([middle - half, middle + half], axis=-1)
    return places


def _error(card: Card, wanted: str, gives: str) -> ModelError:
    return ModelError(f"The model {card.name} must give {wanted}, but gives {gives}.")
