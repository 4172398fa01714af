"""Counting: the numbers of a task, a little at a time, so that other questions are answered in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property

from store.comparison import Comparison
from store.decisions import Decisions
from store.scores import Scores
from store.tables import Task, User

PIECE = 0.08
"""Seconds that the reader is kept busy in one go."""


class Walk:
    """How far something is counted."""

    def __init__(self, steps: Iterator[float]) -> None:
        self._steps = steps
        self.share = 0.0
        """0..1; 1 when all is counted."""

    def go_on(self) -> None:
        """Count for a moment, at least one step."""
        end = time.monotonic() + PIECE
        while self.share < 1:
            share = next(self._steps, None)
            # The last step may still lie before the end of the walk.
            self.share = 1.0 if share is None else min(share, 0.999)
            if time.monotonic() >= end:
                return


class Counting:
    """What is counted of one task, or of all; each part from when it is first asked for."""

    def __init__(self, task: Task | None, actor: User) -> None:
        self.task = task
        self.actor = actor
        """Who looks."""

    @cached_property
    def answers(self) -> tuple[Comparison, Walk] | None:
        """What people and model say of the same inputs; of one task only."""
        if self.task is None:
            return None
        comparison = Comparison(self.task)
        return comparison, Walk(comparison.walk())

    @cached_property
    def decided(self) -> tuple[Decisions, Walk]:
        """What each person decided when."""
        decisions = Decisions(self.task)
        return decisions, Walk(decisions.walk())

    @cached_property
    def scores(self) -> tuple[Scores, Walk] | None:
        """How the scores spread; of one task only."""
        if self.task is None:
            return None
        scores = Scores(self.task)
        return scores, Walk(scores.walk())
