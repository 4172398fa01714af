"""Evaluation: how right scores are, on inputs that nothing was learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

SURE = 0.5
"""A score from here up counts as said."""


def metrics(names: Sequence[str], known: Numbers, scores: Numbers) -> dict[str, Any]:
    """By concept, and over all of them. `known` [N, concepts] is 1, 0 or NaN, `scores` lie in 0..1.

    A precision of nothing said, or a recall of nothing shown, is null.
    """
    found = {
        name: _concept(known[:, k][~np.isnan(known[:, k])], scores[:, k][~np.isnan(known[:, k])])
        for k, name in enumerate(names)
    }
    average = float(np.mean([one["average_precision"] for one in found.values()]))
    return {
        "concepts": found,
        "average_precision": round(average, 4),
        "confusion": _confusion(names, known, scores),
    }


def _concept(shown: Numbers, scores: Numbers) -> dict[str, Any]:
    said, true = scores >= SURE, shown == 1
    right, wrong = int((said & true).sum()), int((said & ~true).sum())
    missed = int((~said & true).sum())
    return {
        "positive": int(true.sum()),
        "negative": int((~true).sum()),
        "precision": round(right / (right + wrong), 4) if right + wrong else None,
        "recall": round(right / (right + missed), 4) if right + missed else None,
        "average_precision": round(average_precision(shown, scores), 4),
        "calibration_error": round(calibration_error(shown, scores), 4),
        "true_positive": right,
        "false_positive": wrong,
        "false_negative": missed,
        "true_negative": int((~said & ~true).sum()),
    }


def average_precision(shown: Numbers, scores: Numbers) -> float:
    """The precision at each score that somebody has, weighed by the recall that it adds; 0 of nothing."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(shown[order])
    last = np.append(np.diff(scores[order]) != 0, True)
    recall, precision = right[last], (right / np.arange(1, len(order) + 1))[last]
    total = shown.sum()
    return float((np.diff(recall, prepend=0) * precision).sum() / total) if total else 0.0


def calibration_error(shown: Numbers, scores: Numbers, bins: int = 10) -> float:
    """How far scores are from the share of inputs that do show the concept, in ten equal bands (ECE)."""
    band = np.minimum((scores * bins).astype(int), bins - 1)
    error = 0.0
    for number in np.unique(band):
        mine = band == number
        error += float(mine.mean() * abs(shown[mine].mean() - scores[mine].mean()))
    return error


def _confusion(names: Sequence[str], known: Numbers, scores: Numbers) -> dict[str, dict[str, int]]:
    """Of the inputs that show one concept and no other as far as is known: it → the one with the highest
    score → how many."""
    table: dict[str, dict[str, int]] = {}
    for shown, row in zip(known, np.nan_to_num(scores, nan=-1), strict=True):
        true = np.flatnonzero(shown == 1)
        if len(true) == 1:
            said = table.setdefault(names[int(true[0])], {})
            name = names[int(row.argmax())]
            said[name] = said.get(name, 0) + 1
    return table
