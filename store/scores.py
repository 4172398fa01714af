"""Scores: how a task's predictions spread from 0 to 1, and on which side of its thresholds they lie."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from store import datasets
from store.bands import bounds
from store.bounds import thresholds
from store.tables import ModelConcept, ModelVersion, Task, TaskConcept, database

BINS = 20
_EDGES = tuple(n / BINS for n in range(BINS))


class Scores:
    """The predictions that a task routes or shows, counted by `walk` by their score."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._version: ModelVersion | None = task.auto or task.assist
        self._counts = [0] * BINS
        self._bands = {"success": 0, "review": 0, "dropped": 0}

    def walk(self) -> Iterator[float]:
        """Count a stretch of the index at a time; yields the share that is counted, 0..1."""
        if self._version is None:
            return
        concepts = self._bounds(self._version)
        whole = _is_everything(self._task)
        for number, (concept, lower, upper) in enumerate(concepts, 1):
            for index, low, high in _stretches(lower, upper):
                n = self._count(concept, low, high, whole)
                self._counts[index] += n
                self._bands["success" if low >= upper else "review" if low >= lower else "dropped"] += n
            yield number / len(concepts)

    def _bounds(self, version: ModelVersion) -> list[tuple[int, float, float]]:
        if TaskConcept.select().where(TaskConcept.task == self._task).exists():
            return bounds(thresholds(self._task))
        every = ModelConcept.select(ModelConcept.concept).where(ModelConcept.model_version == version)
        return [(key, self._task.lower, self._task.upper) for key in every.distinct().scalars()]

    def _count(self, concept: int, low: float, high: float, whole: bool) -> int:
        assert self._version is not None
        row = database.execute_sql(
            "SELECT count(*) FROM prediction WHERE model_version_id = ? AND concept_id = ? "
            "AND score >= ? AND score < ?"
            + ("" if whole else " AND input_id IN (SELECT input_id FROM dataset_input WHERE dataset_id = ?)"),
            (self._version.id, concept, low, high, *(() if whole else (self._task.dataset_id,))),
        ).fetchone()
        return int(row[0])

    def histogram(self) -> dict[str, Any] | None:
        """model, version, lower and upper (the task's own; concepts may have others, which `bands` heeds),
        bins (from, to, predictions) and bands (predictions that are success, review or dropped); null for a
        task without a model."""
        if self._version is None:
            return None
        return {
            "model": self._version.model.name,
            "version": self._version.number,
            "lower": self._task.lower,
            "upper": self._task.upper,
            "bins": [
                {"from": low, "to": (index + 1) / BINS, "predictions": self._counts[index]}
                for index, low in enumerate(_EDGES)
            ],
            "bands": dict(self._bands),
        }


def of_task(task: Task) -> Scores:
    """All predictions of a task, counted."""
    whole = Scores(task)
    for _ in whole.walk():
        pass
    return whole


def _is_everything(task: Task) -> bool:
    """Whether the task's dataset has every input: then none has to be looked up in it."""
    counted = database.execute_sql("SELECT count(*) FROM input").fetchone()
    return int(counted[0]) == datasets.size(task.dataset_id)


def _stretches(lower: float, upper: float) -> Iterator[tuple[int, float, float]]:
    """(bin, from, to) without gaps: the bins, cut where a threshold lies. The last holds 1 too."""
    cuts = sorted({*_EDGES, lower, upper, 2.0})
    bin_of = 0
    for low, high in pairwise(cuts):
        if bin_of + 1 < BINS and low >= _EDGES[bin_of + 1]:
            bin_of += 1
        yield bin_of, low, high
