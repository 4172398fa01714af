"""Embedding: pictures as a model's vectors, made in a stream, kept as float16, read back as float32."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from engine.batching import predict_many
from engine.predictor import ModelPredictor, Predictor, Seen
from engine.session import ModelError
from store import embeddings
from store.tables import ModelVersion

Vectors = npt.NDArray[np.float32]


class Embedder:
    """The part of a model that embeds; it goes through `predict_many` as a predictor does."""

    def __init__(self, predictor: ModelPredictor) -> None:
        self._predictor = predictor
        self.batch = predictor.batch

    def prepare(self, path: Path) -> Seen:
        """As for a prediction. Raises MediaError."""
        return self._predictor.prepare(path)

    def predict(self, prepared: Sequence[Seen]) -> list[Any]:
        """A vector float32 [D] for each. Raises ModelError, for numbers that are none as well."""
        if not prepared:
            return []
        found = self._predictor.session.run(np.stack([seen.pixels for seen in prepared]))["embedding"]
        vectors = found.reshape(len(prepared), -1).astype(np.float32, copy=False)
        if not np.isfinite(vectors).all():
            raise ModelError(f"The model {self._predictor.card.name} gave no numbers.")
        return list(vectors)


def embed_many(
    items: Iterable[tuple[int, Path]], embedder: Embedder, *, threads: int, stop: threading.Event
) -> Iterator[tuple[int, bytes | str]]:
    """What `embeddings.keep` takes for each file: its vector, or the sentence why there is none."""
    # It only hands on what the embedder makes of a file, where predictors make findings.
    predictor = cast(Predictor, embedder)
    for key, result in predict_many(items, predictor, threads=threads, stop=stop):
        vector: Any = result
        yield key, packed(vector) if isinstance(vector, np.ndarray) else str(vector)


def packed(vector: Vectors) -> bytes:
    """As it is kept; what float16 cannot hold becomes its largest number."""
    most = np.finfo(np.float16).max
    return np.clip(vector, -most, most).astype("<f2").tobytes()


def kept(version: ModelVersion) -> npt.NDArray[np.float16] | None:
    """All that is kept of a model version, float16 [places, D], read from disk as it is used."""
    size, path = embeddings.size(version), embeddings.file(version)
    if not size:
        return None
    places = (path.stat().st_size - embeddings.HEAD) // (2 * size)
    if not places:
        return None
    return np.memmap(path, np.dtype("<f2"), "r", embeddings.HEAD, (places, size))


def vectors(version: ModelVersion, inputs: Sequence[int]) -> tuple[list[int], Vectors]:
    """Those of these inputs that have an embedding, and their embeddings float32 [N, D]."""
    places, stored = embeddings.places(version, inputs), kept(version)
    if stored is None or not places:
        return [], np.zeros((0, 0), np.float32)
    found = stored[np.fromiter(places.values(), np.int64)].astype(np.float32)
    return list(places), found
