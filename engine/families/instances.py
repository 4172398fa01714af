"""Segmenters of things: each has a box, a concept, a score and a mask of its own, which becomes a polygon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from engine import media
from engine.families import Output, output_of
from engine.families.detect import chosen_of
from engine.families.segment import region_of
from engine.layouts import Candidates, yolo
from engine.outline import things
from engine.session import Array, ModelError
from store.cards import Card

SMALLEST_GAP = 4
"""Pixels of the mask below which a gap is filled."""


def needed_size(card: Card) -> tuple[int, int]:
    """As the card's preprocessing says."""
    return media.needed_size(card.preprocessing)


def prepare(image: Image.Image, card: Card) -> media.Pixels:
    """As the card's preprocessing says."""
    return media.square(image, card.preprocessing)


def decode(outputs: Mapping[str, Array], card: Card, places: Sequence[media.Place]) -> list[list[Output]]:
    """The `keep` highest scores of at least `floor`, as in the family `detect`, each outlined.

    `masks` is float [N, M, H, W]; `predictions` are those of YOLO with M more numbers each: the shares of
    the M masks whose sum is above 0 where the thing is. Of what lies in its box the largest piece is
    outlined. The card's parameters are `nms_iou`, and `points` and `off` as in the family `segment`.
    """
    masks = output_of(outputs, "masks", card)
    if masks.ndim != 4:
        raise ModelError(
            f"The model {card.name} must give masks [N, M, H, W], but gives {list(masks.shape)}."
        )
    most = float(card.parameters.get("nms_iou", 0.5))
    found = zip(yolo(outputs, card, masks.shape[1]), masks, places, strict=False)
    return [_kept(candidates, some, place, most, card) for candidates, some, place in found]


def _kept(found: Candidates, masks: Array, place: media.Place, most: float, card: Card) -> list[Output]:
    kept: list[Output] = []
    size = masks.shape[2], masks.shape[1]
    for index in chosen_of(found, most, card):
        piece = _largest(found.boxes[index], found.extras[index], masks, place)
        if piece is not None:
            pixels, corner = piece
            region = region_of(pixels, corner, size, place, SMALLEST_GAP, card)
            kept.append(Output(int(found.concepts[index]), float(found.scores[index]), region))
        if len(kept) == card.keep:
            break
    return kept


def _largest(
    box: Array, shares: Array, masks: Array, place: media.Place
) -> tuple[Array, tuple[int, int]] | None:
    """The largest piece of a thing's mask within its box and the picture, and its corner; None without."""
    height, width = masks.shape[1:]
    left, top = max(box[0], place.left, 0.0) * width, max(box[1], place.top, 0.0) * height
    right, bottom = min(box[2], place.right, 1.0) * width, min(box[3], place.bottom, 1.0) * height
    x, y = math.floor(left), math.floor(top)
    part = masks[:, y : math.ceil(bottom), x : math.ceil(right)].astype(np.float32)
    if not part.size:
        return None
    values = np.where(np.tensordot(shares.astype(np.float32), part, axes=1) > 0, 0, -1)
    pieces, labels = things(values, np.ones(values.shape, np.float32), 1)
    if not pieces:
        return None
    largest = max(pieces, key=lambda piece: piece.area)
    x0, y0, x1, y1 = largest.box
    return labels[y0:y1, x0:x1] == largest.label, (x + x0, y + y0)
