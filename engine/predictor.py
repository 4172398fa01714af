"""What predicts: a model, or a workflow of several. Batching feeds either in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from engine.families import Family, Output
from engine.media import Pixels, Place, place_of
from engine.session import ModelSession
from store.media import open_upright

EVERYTHING = 100_000
"""So many of a picture at most, where a card's `keep` does not count."""


class Predictor(Protocol):
    """Says what it sees in files, a batch at a time."""

    batch: int
    """How many are best given at once."""

    def lowered(self, floor: float) -> Predictor:
        """The same, which also says what its models' cards leave out: every score from `floor` up."""

    def prepare(self, path: Path) -> Any:
        """What `predict` takes for one file; runs on many threads at once. Raises MediaError."""

    def predict(self, prepared: Sequence[Any]) -> list[list[Output]]:
        """For each what is kept, highest score first. Raises ModelError; on one thread at a time."""


@dataclass(frozen=True)
class Seen:
    """One picture as a model sees it."""

    pixels: Pixels
    place: Place


class ModelPredictor:
    """One model with the family that feeds and reads it."""

    def __init__(
        self, session: ModelSession, family: Family, draft: float | None = None, floor: float | None = None
    ) -> None:
        """`draft` is the card's unless given; 0 decodes every pixel. A `floor` lets through more than the
        card keeps: every score from it up."""
        self.card = session.card
        self.session = session
        self.family = family
        self.batch = session.batch
        self.draft = self.card.preprocessing.draft if draft is None else draft
        if floor is not None:
            self.card = replace(self.card, floor=min(floor, self.card.floor), keep=EVERYTHING)

    def lowered(self, floor: float) -> ModelPredictor:
        """The same, with every score from `floor` up."""
        return ModelPredictor(self.session, self.family, self.draft, floor)

    @property
    def needed(self) -> tuple[int, int] | None:
        """Width and height below which a picture must not be decoded; None: every pixel is needed."""
        return self.family.needed_size(self.card) if self.draft else None

    def prepare(self, path: Path) -> Seen:
        """The square that the model takes."""
        return self.prepare_image(open_upright(path, self.needed, self.draft))

    def prepare_image(self, image: Image.Image) -> Seen:
        """The same for an upright RGB picture, or a part of one."""
        return Seen(self.family.prepare(image, self.card), place_of(image.size, self.card.preprocessing))

    def predict(self, prepared: Sequence[Seen]) -> list[list[Output]]:
        """What the model says of each."""
        if not prepared:
            return []
        outputs = self.session.run(np.stack([seen.pixels for seen in prepared]))
        return self.family.decode(outputs, self.card, [seen.place for seen in prepared])
