"""Similarity: the inputs whose embeddings point the same way as one.

One bit a number finds the best thousand in memory, their float16 on disk says which are the best of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

RESCORED = 1000
"""How many are looked at in full; so many more than are asked for at least."""

BLOCK = 8192
"""Embeddings that are read at once."""


class Index:
    """The embeddings of some inputs, ready to be searched: D / 8 bytes each in memory."""

    def __init__(self, stored: npt.NDArray[np.float16], places: Mapping[int, int]) -> None:
        """`stored` float16 [places, D] stays on disk; `places` are those of the inputs (ids)."""
        self._stored = stored
        self._ids = np.fromiter(places, np.int64, len(places))
        self._places = np.fromiter(places.values(), np.int64, len(places))
        sample = np.sort(self._places)[:: max(1, len(places) // BLOCK)]
        # Numbers behind a ReLU are never negative: their sign says nothing before the mean is taken away.
        self._centre = stored[sample].astype(np.float32).mean(axis=0) if len(sample) else np.float32(0)
        blocks = (self._places[first : first + BLOCK] for first in range(0, len(places), BLOCK))
        codes = [self._code(stored[block].astype(np.float32)) for block in blocks]
        self._codes = np.concatenate(codes) if codes else np.zeros((0, 1), np.uint64)

    def nearest(self, vector: npt.NDArray[np.floating], count: int) -> list[tuple[int, float]]:
        """(input's id, cosine) of the most similar, the most similar first; of the same, the lower id."""
        if not len(self._ids):
            return []
        asked = vector.astype(np.float32)
        code = self._code(asked[None])[0]
        distance = np.bitwise_count(self._codes ^ code).sum(axis=1, dtype=np.int32)
        most = min(len(distance), max(RESCORED, 4 * count))
        near = np.sort(np.argpartition(distance, most - 1)[:most])
        found = self._stored[self._places[near]].astype(np.float32)
        cosines = found @ asked / np.maximum(np.linalg.norm(found, axis=1) * np.linalg.norm(asked), 1e-12)
        best = np.lexsort((self._ids[near], -cosines))[:count]
        return [(int(self._ids[near[one]]), float(cosines[one])) for one in best]

    def _code(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
        """One bit a number: whether it is above its mean."""
        bits: npt.NDArray[Any] = np.packbits(vectors > self._centre, axis=1)
        missing = -bits.shape[1] % 8
        return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, missing)))).view(np.uint64)
