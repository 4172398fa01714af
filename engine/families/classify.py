"""Classifiers: one score for each concept, of the whole picture."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from engine import media
from engine.families import Output, activated
from engine.session import Array, ModelError
from store.cards import Card


def needed_size(card: Card) -> tuple[int, int]:
    """As the card's preprocessing says."""
    return media.needed_size(card.preprocessing)


def prepare(image: Image.Image, card: Card) -> media.Pixels:
    """As the card's preprocessing says."""
    return media.square(image, card.preprocessing)


def decode(outputs: Mapping[str, Array], card: Card, places: Sequence[media.Place]) -> list[list[Output]]:
    """The `keep` highest scores of at least `floor`; a NaN is never kept.

    `scores` is float [N, concepts]. The card's parameter `activation` says what turns it into 0..1: `none`
    (it is there already), `softmax` or `sigmoid`.
    """
    scores = outputs.get("scores")
    if scores is None or scores.ndim != 2 or scores.shape[1] != len(card.concepts):
        shape = "none" if scores is None else list(scores.shape)
        wanted = f"scores of shape [N, {len(card.concepts)}], one for each concept on its card"
        raise ModelError(f"The model {card.name} must give {wanted}, but gives {shape}.")
    return [_kept(row, card) for row in activated(scores[: len(places)], card, axis=1)]


def _kept(row: Array, card: Card) -> list[Output]:
    """A name that stands twice on the card (ImageNet has two cranes) counts once, with its higher score."""
    likely = np.flatnonzero(row >= card.floor)
    kept: dict[str, Output] = {}
    for index in likely[np.argsort(-row[likely], kind="stable")]:
        kept.setdefault(card.concepts[index], Output(int(index), float(row[index])))
        if len(kept) == card.keep:
            break
    return list(kept.values())
