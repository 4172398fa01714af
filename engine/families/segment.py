"""Segmenters: for each pixel a concept; what hangs together becomes a polygon with its holes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine import media
from engine.families import Output, activated, checked_scores, output_of
from engine.outline import Map, Thing, outline, things
from engine.session import Array, ModelError
from store.cards import Card
from store.values import Region

Layer = tuple[Map, Array]
"""[H, W] each: the concept of every pixel, negative for none, and its score."""
NOTHING = -1
SURE = 0.5
"""The score from which a pixel shows a concept, where it can show several."""
SMALLEST, POINTS, OFF = 0.001, 100, 1.25
"""What the card's parameters are when it names none."""


def needed_size(card: Card) -> tuple[int, int]:
    """As the card's preprocessing says."""
    return media.needed_size(card.preprocessing)


def prepare(image: Image.Image, card: Card) -> media.Pixels:
    """As the card's preprocessing says."""
    return media.square(image, card.preprocessing)


def decode(outputs: Mapping[str, Array], card: Card, places: Sequence[media.Place]) -> list[list[Output]]:
    """The `keep` highest things of at least `floor`, each with its polygon; its score is that of its pixels'
    mean.

    Either `mask`, whole numbers [N, H, W] that name concepts, with `confidence` [N, H, W] in 0..1; or
    `scores` [N, C, H, W] or [N, H, W, C], of which the card's parameter `activation` says what turns them
    into 0..1: `none`, `softmax`, or `sigmoid`, which lets a pixel show several concepts, each from 0.5 up.
    The number of the first concept is `first_concept`, 0 by default: with 1, what the model calls 0 is
    nothing. Things smaller than `smallest` (a part of the picture, 0.001 by default) are left out, gaps
    as small are filled. An outline is at most `off` pixels of the mask away (1.25 by default), more where it
    takes more to come down to `points` (100 by default).
    """
    layers = _mask(outputs, card) if "mask" in outputs else _by_concept(outputs, card)
    return [_kept(some, place, card) for some, place in zip(layers, places, strict=False)]


def _mask(outputs: Mapping[str, Array], card: Card) -> Iterator[list[Layer]]:
    values = output_of(outputs, "mask", card)
    scores = outputs.get("confidence", np.ones(values.shape, np.float32))
    if values.ndim != 3 or scores.shape != values.shape:
        shapes = f"{list(values.shape)} and {list(scores.shape)}"
        raise ModelError(f"The model {card.name} gives {shapes}, not mask and confidence [N, H, W].")
    values, scores = values.astype(np.int64) - _first(card), checked_scores(scores, card)
    return ([layer] for layer in zip(values, scores, strict=True))


def _by_concept(outputs: Mapping[str, Array], card: Card) -> Iterator[list[Layer]]:
    scores = output_of(outputs, "scores", card)
    wanted = len(card.concepts) + _first(card)
    if scores.ndim == 4 and scores.shape[1] != wanted:
        scores = scores.transpose(0, 3, 1, 2)
    if scores.ndim != 4 or scores.shape[1] != wanted:
        shape = f"[N, {wanted}, H, W] or [N, H, W, {wanted}], one for each concept on its card"
        gives = list(outputs["scores"].shape)
        raise ModelError(f"The model {card.name} must give scores of shape {shape}, but gives {gives}.")
    return (_layers(one, card) for one in scores)


def _first(card: Card) -> int:
    return int(card.parameters.get("first_concept", 0))


def _layers(scores: Array, card: Card) -> list[Layer]:
    """One where a pixel shows one concept, else one for each concept."""
    first = _first(card)
    scores = activated(scores, card, axis=0)
    if card.parameters.get("activation") != "sigmoid":
        return [(scores.argmax(axis=0) - first, scores.max(axis=0))]
    shown = scores[first:]
    return [(np.where(one >= SURE, concept, NOTHING), one) for concept, one in enumerate(shown)]


@dataclass(frozen=True)
class _Found:
    """A thing, its own pixels, and where their corner lies in the mask."""

    thing: Thing
    pixels: npt.NDArray[np.bool_]
    corner: tuple[int, int]


def _kept(layers: list[Layer], place: media.Place, card: Card) -> list[Output]:
    height, width = layers[0][0].shape
    share = float(card.parameters.get("smallest", SMALLEST))
    smallest = share * width * (place.right - place.left) * height * (place.bottom - place.top)
    found = [one for values, scores in layers for one in _found(values, scores, place, smallest, card)]
    found.sort(key=lambda one: -one.thing.score)
    return [
        Output(
            one.thing.value,
            one.thing.score,
            region_of(one.pixels, one.corner, (width, height), place, smallest, card),
        )
        for one in found[: card.keep]
    ]


def _found(values: Map, scores: Array, place: media.Place, smallest: float, card: Card) -> Iterator[_Found]:
    """Things on the picture, not on the padding beside it."""
    height, width = values.shape
    left, right = max(0, math.floor(place.left * width)), math.ceil(place.right * width)
    top, bottom = max(0, math.floor(place.top * height)), math.ceil(place.bottom * height)
    seen = slice(top, bottom), slice(left, right)
    large, labels = things(values[seen], scores[seen], smallest)
    for thing in large:
        if thing.score >= card.floor and thing.value < len(card.concepts):
            x0, y0, x1, y1 = thing.box
            yield _Found(thing, labels[y0:y1, x0:x1] == thing.label, (left + x0, top + y0))


def region_of(
    pixels: npt.NDArray[np.bool_],
    corner: tuple[int, int],
    size: tuple[int, int],
    place: media.Place,
    smallest: float,
    card: Card,
) -> Region:
    """The polygon around pixels that hang together, `corner` of which lies so in a mask of that width and
    height; gaps of fewer than `smallest` pixels are filled."""
    off, points = float(card.parameters.get("off", OFF)), int(card.parameters.get("points", POINTS))
    rings = outline(pixels, off, points, smallest)
    return Region.from_rings([place.on_picture((ring + corner) / size).clip(0, 1).tolist() for ring in rings])
