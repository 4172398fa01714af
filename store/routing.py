"""Routing: which status a prediction's score earns it. The one place that compares with a threshold."""

from __future__ import annotations

from dataclasses import dataclass

from store.errors import Refused
from store.values import Status


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A lower and an upper score, 0 <= lower <= upper <= 1. Raises Refused for anything else."""

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.lower <= 1.0 and 0.0 <= self.upper <= 1.0):
            raise Refused(f"thresholds lie between 0 and 1: change {self.lower:g}:{self.upper:g}")
        if self.lower > self.upper:
            raise Refused(
                f"the lower threshold {self.lower:g} is above the upper one {self.upper:g}: swap them"
            )


def route(score: float, thresholds: Thresholds) -> Status | None:
    """SUCCESS from `upper` up, AWAITING_REVIEW from `lower` up, None (dropped) below it or for NaN.

    Compares the number as it is stored, never a rounded one.
    """
    if score >= thresholds.upper:
        return Status.SUCCESS
    if score >= thresholds.lower:
        return Status.AWAITING_REVIEW
    return None
