"""Model families: how a kind of model is fed and read. A family is one file in this folder."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from PIL import Image

from engine.media import Pixels, Place
from engine.session import Array, ModelError
from store.cards import Card
from store.values import Region

ACTIVATIONS = ("none", "softmax", "sigmoid")


@dataclass(frozen=True)
class Output:
    """One thing that a model says of one input, before routing."""

    concept: int
    """Index into the card's concepts."""
    score: float
    """The model's own float32 in 0..1, not rounded."""
    region: Region | None = None
    """Where on the upright picture; None says it of the whole input."""
    writers: frozenset[str] = frozenset()
    """The annotation writers of a workflow (node ids) that it reached."""
    said: bool = True
    """Whether it is part of what a workflow says; what ends at a writer may not be."""


class Family(Protocol):
    """What a family's file defines, as plain functions."""

    def needed_size(self, card: Card) -> tuple[int, int]:
        """Width and height below which a picture must not be decoded."""

    def prepare(self, image: Image.Image, card: Card) -> Pixels:
        """Pixels uint8 [S, S, 3] for one upright RGB picture; runs on many threads at once."""

    def decode(self, outputs: Mapping[str, Array], card: Card, places: Sequence[Place]) -> list[list[Output]]:
        """For each picture what is kept, highest score first; `places` says where it lay in its square.

        Raises ModelError when the outputs are not of the shapes that the card promises.
        """


def checked_scores(scores: Array, card: Card) -> Array:
    """The scores as float32, a rounding error above 1 taken away.

    Raises ModelError when they are no scores but logits, which thresholds would all let pass, and when a
    picture has no number among them: nothing would be said of it as if there were nothing on it.
    """
    scores = scores.astype(np.float32, copy=False)
    if scores.size and np.isnan(scores).reshape(len(scores), -1).all(axis=1).any():
        raise ModelError(f"The model {card.name} gives no numbers (NaN) for a picture.")
    if (scores > 1.001).any():
        advice = "set activation to softmax or sigmoid in the card's [parameters]"
        raise ModelError(f"The model {card.name} gives scores above 1; {advice}.")
    return np.minimum(scores, np.float32(1))


def output_of(outputs: Mapping[str, Array], key: str, card: Card) -> Array:
    """The output that the family calls `key`. Raises ModelError when the card names none."""
    if key not in outputs:
        raise ModelError(
            f"The card {card.name}: {key} is missing in [outputs]; name the graph's output there."
        )
    return outputs[key]


def activated(scores: Array, card: Card, axis: int, otherwise: str = "none") -> Array:
    """Scores in 0..1 as float32, by the card's parameter `activation` or else `otherwise`: `none` (they are
    that already), `softmax` over the concepts, which lie along `axis`, or `sigmoid`. Raises ModelError."""
    activation = card.parameters.get("activation", otherwise)
    if activation not in ACTIVATIONS:
        raise ModelError(f"The card {card.name}: activation must be one of {', '.join(ACTIVATIONS)}.")
    scores = scores.astype(np.float32, copy=False)
    if activation == "softmax":
        with np.errstate(invalid="ignore"):
            scores = np.exp(scores - scores.max(axis=axis, keepdims=True))
            scores = scores / scores.sum(axis=axis, keepdims=True)
    elif activation == "sigmoid":
        scores = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
    return checked_scores(scores, card)


def family_names() -> list[str]:
    """The families there are: the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load_family(name: str) -> Family:
    """The family of that name; raises ModelError naming those there are."""
    if name not in family_names():
        known = ", ".join(family_names())
        raise ModelError(f"There is no model family {name}; change family on the card to one of {known}.")
    return cast(Family, importlib.import_module(f"{__name__}.{name}"))
