"""Ranking: what a review queue can be ordered by, worked out when an input comes to its reviewer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from store.routing import Thresholds


@dataclass(frozen=True, slots=True)
class Ranks:
    """How an input stands in the three orders, each 0..1 and the highest first."""

    score: float = 0.0
    """The highest score on it; 0 for people's work without one."""
    uncertainty: float = 0.0
    """1: a score lies in the middle of its band, or the two best are equal; 0: at the edge or beyond."""
    disagreement: float = 0.0
    """0: all who labeled it say the same; 1: no two share anything."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One statement on an input: who made it, its concept, what it says as a whole, its score if any."""

    annotator: int
    concept: int
    says: Hashable
    score: float | None


def rank(voices: Sequence[Voice], labelers: Iterable[int], bounds: Mapping[int, Thresholds]) -> Ranks:
    """The ranks of an input. `labelers`: who labeled it, also those who said nothing."""
    scores = sorted((voice.score for voice in voices if voice.score is not None), reverse=True)
    return Ranks(scores[0] if scores else 0.0, _uncertainty(voices, bounds), _disagreement(voices, labelers))


def _uncertainty(voices: Sequence[Voice], bounds: Mapping[int, Thresholds]) -> float:
    within = [
        1 - abs(2 * voice.score - band.lower - band.upper) / (band.upper - band.lower)
        for voice in voices
        if voice.score is not None
        and (band := bounds.get(voice.concept)) is not None
        and band.lower <= voice.score < band.upper
    ]
    if within:
        return max(within)
    scores = sorted((voice.score for voice in voices if voice.score is not None), reverse=True)
    return 1 - (scores[0] - scores[1]) if len(scores) > 1 else 0.0


def _disagreement(voices: Sequence[Voice], labelers: Iterable[int]) -> float:
    said: dict[int, set[Hashable]] = {labeler: set() for labeler in labelers}
    for voice in voices:
        said.setdefault(voice.annotator, set()).add(voice.says)
    apart = [1 - len(a & b) / len(a | b) if a | b else 0.0 for a, b in combinations(said.values(), 2)]
    return sum(apart) / len(apart) if apart else 0.0
