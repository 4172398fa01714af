"""Heads: classifiers trained here, which stand on the embeddings of another model.

Their card names that model; its preprocessing is theirs. The two run as one.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import onnxruntime as ort

from engine.device import CPU_PROVIDER
from engine.families.classify import decode, needed_size, prepare
from engine.graph import GraphError, refuse_external_data
from engine.session import Array, ModelError, ModelSession
from store import models
from store.cards import Card
from store.tables import Model, ModelVersion

__all__ = ["HeadSession", "decode", "embedder_of", "needed_size", "open_head", "prepare", "score"]


def embedder_of(card: Card) -> ModelVersion:
    """The version of the model whose embeddings a head takes. Raises ModelError where it is not there."""
    name, sha256 = card.parameters.get("embedder"), card.parameters.get("embedder_sha256")
    models.sync()
    version: ModelVersion | None = (
        ModelVersion.select(ModelVersion, Model)
        .join(Model)
        .where(Model.name == name, ModelVersion.sha256 == sha256)
        .order_by(ModelVersion.number.desc())
        .first()
    )
    if version is None:
        raise ModelError(
            f"The model {card.name} stands on {name}; the version that it was trained on is not here."
        )
    return version


class HeadSession(ModelSession):
    """A head together with the model whose embeddings it takes, as one session."""

    def __init__(self, card: Card, embedder: ModelSession) -> None:
        """Opens, checks and warms up the head; the embedder is open. Raises ModelError."""
        self.card = card
        self.device = embedder.device
        self.batch = embedder.batch
        self.provider = embedder.provider
        self._embedder = embedder
        self._head = open_head(card)
        side = card.preprocessing.size
        self.warm = self.run(np.zeros((1, side, side, 3), np.uint8))

    def run(self, batch: Array) -> dict[str, Array]:
        """`scores` for pictures uint8 [N, S, S, 3]. Raises ModelError."""
        embedding = self._embedder.run(batch).get("embedding")
        if embedding is None:
            raise ModelError(f"The model {self._embedder.card.name} gives no embeddings.")
        return score(self._head, self.card, embedding.reshape(len(batch), -1))


def open_head(card: Card) -> Any:
    """The head alone, as an onnxruntime session on the CPU. Raises ModelError."""
    data = _checked(card)
    options = ort.SessionOptions()
    # One multiplication of a vector: handing it to threads would cost more than it does.
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(data, options, providers=[CPU_PROVIDER])
    except Exception as error:  # onnxruntime's errors share no other ancestor
        raise ModelError(f"The model {card.name} cannot be opened: {type(error).__name__}.") from None


def score(session: Any, card: Card, embedding: Array) -> dict[str, Array]:
    """`scores` for embeddings [N, D], which are rounded to float16 as kept ones are: what the head says of an
    input is the same with its picture and without. Raises ModelError."""
    most = np.finfo(np.float16).max
    rounded = np.clip(embedding, -most, most).astype(np.float16).astype(np.float32)
    try:
        (scores,) = session.run([card.outputs["scores"]], {"embedding": rounded})
    except Exception as error:  # see open_head
        raise ModelError(f"The model {card.name} failed: {type(error).__name__}.") from None
    return {"scores": scores}


def _checked(card: Card) -> bytes:
    """The head's bytes, which are the card's and all there is of it. Raises ModelError."""
    try:
        data = card.path().read_bytes()
        refuse_external_data(data)
    except OSError as error:
        raise ModelError(f"The model {card.name} cannot be read: {error.strerror}.") from None
    except GraphError as error:
        raise ModelError(f"The model {card.name} is refused: {error}.") from None
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise ModelError(f"The model {card.name} is not the file that its card names: the sha256 differs.")
    return data
