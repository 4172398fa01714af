"""Heads: linear classifiers on embeddings, learned, calibrated and written as an ONNX file.

Each concept has a classifier of its own, and learns only from the inputs of which it is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import graph

Numbers = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

STRENGTH = 0.3
"""Of the pull towards zero, where the errors of a concept weigh 1 together."""

SMALL = 1e-5
"""A gradient of which no part is larger counts as zero."""

MOST_STEPS, MOST_PARTS = 50, 100
"""Newton steps, and steps of conjugate gradients within one."""

FOLDS = 5


@dataclass(frozen=True)
class Head:
    """Scores of an embedding e: sigmoid(e · weights + bias)."""

    weights: Vectors
    """float32 [D, concepts]."""
    bias: Vectors
    """float32 [concepts]."""

    def scores(self, vectors: Vectors) -> Vectors:
        """float32 [N, concepts] in 0..1 for embeddings float32 [N, D]."""
        return _sigmoid(vectors @ self.weights + self.bias).astype(np.float32)

    def onnx(self) -> bytes:
        """The same as an ONNX file: `embedding` float32 [N, D] → `scores` float32 [N, concepts]."""
        size, concepts = self.weights.shape
        return graph.model(
            [
                graph.Node("Gemm", ["embedding", "weights", "bias"], ["logits"]),
                graph.Node("Sigmoid", ["logits"], ["scores"]),
            ],
            [graph.Value("embedding", graph.FLOAT, ["N", size])],
            [graph.Value("scores", graph.FLOAT, ["N", concepts])],
            [
                graph.Constant("weights", [size, concepts], self.weights.astype("<f4").tobytes()),
                graph.Constant("bias", [concepts], self.bias.astype("<f4").tobytes()),
            ],
        )


@dataclass(frozen=True)
class Learned:
    """A head, and what its concepts' classifiers said of inputs that they had not learned from."""

    head: Head
    held_out: Numbers
    """[N, concepts] in 0..1, calibrated on other inputs; NaN where a concept is unknown of an input."""


def learn(vectors: Vectors, known: Numbers, seed: int = 0) -> Learned:
    """Learn from embeddings float32 [N, D] and `known` [N, concepts]: 1 shows it, 0 does not, NaN unknown.

    Three inputs of either kind are the least for a concept: some are left to learn from when one of the five
    parts is held out.
    """
    centre, scale = vectors.mean(axis=0), vectors.std(axis=0)
    scale[scale < 1e-6] = 1
    inside = (vectors - centre) / scale
    axes = _axes(inside)
    flat = np.concatenate([inside @ axes, np.ones((len(vectors), 1))], axis=1, dtype=np.float32)
    parts = deal(known, seed)
    found = fit(flat, known)
    raw = np.full(known.shape, np.nan)
    for part in range(FOLDS):
        out = parts == part
        # One optimum: where it starts from changes the time that it takes, not what is found.
        without = fit(flat[~out], known[~out], found)
        raw[out] = flat[out] @ without
    slopes, shifts = calibrate(raw, known)
    held_out = np.full(known.shape, np.nan)
    for part in range(FOLDS):
        out = parts == part
        slope, shift = calibrate(raw[~out], known[~out])
        held_out[out] = _sigmoid(raw[out] * slope + shift)
    held_out[np.isnan(known)] = np.nan
    weights = axes @ found[:-1] / scale[:, None]
    bias = found[-1] - centre @ weights
    head = Head((weights * slopes).astype(np.float32), (bias * slopes + shifts).astype(np.float32))
    return Learned(head, held_out)


def _axes(vectors: Vectors) -> Vectors:
    """Directions [D, R] that span the embeddings where they are fewer than their numbers, else all D.

    The pull keeps the best weights within them: nothing is lost, and 400 inputs learn in a third of the time.
    """
    count, size = vectors.shape
    if count >= size:
        return np.eye(size, dtype=np.float32)
    squares, mixes = np.linalg.eigh(vectors.astype(np.float64) @ vectors.T.astype(np.float64))
    real = squares > 1e-9 * squares[-1]
    axes: Vectors = (vectors.T @ (mixes[:, real] / np.sqrt(squares[real]))).astype(np.float32)
    return axes


def deal(known: Numbers, seed: int) -> npt.NDArray[np.int64]:
    """Which of the five parts each input is in: what shows a concept is spread evenly, the rarest first."""
    order = np.random.default_rng(seed).permutation(len(known))
    parts = np.full(len(known), -1)
    shown, absent = known[order] == 1, known[order] == 0
    columns = [*shown.T, *absent.T]
    sizes = np.zeros(FOLDS, np.int64)
    for column in sorted(columns, key=lambda one: int(one.sum())):
        mine = order[column]
        load = np.bincount(parts[mine][parts[mine] >= 0], minlength=FOLDS)
        for index in mine[parts[mine] < 0]:
            part = min(range(FOLDS), key=lambda one: (load[one], sizes[one]))
            parts[index] = part
            load[part] += 1
            sizes[part] += 1
    parts[parts < 0] = 0
    for _ in range(FOLDS):
        alone = [mine for mine in (order[column] for column in columns) if len(set(parts[mine])) == 1]
        for mine in alone:
            # Chance put all of them together: without that part nothing would be left.
            parts[mine[0]] = (parts[mine[0]] + 1) % FOLDS
    return parts


def balanced(known: Numbers) -> Numbers:
    """What each input weighs for each concept: those that show it half, those that do not the other half."""
    weights = np.zeros(known.shape)
    for value in (0, 1):
        mine = known == value
        weights += mine * (0.5 / np.maximum(mine.sum(axis=0), 1))
    return weights


def gradient(vectors: Vectors, known: Numbers, found: Numbers) -> Numbers:
    """Of what `fit` makes least, at `found`; [D + 1, concepts]."""
    errors = balanced(known) * (_sigmoid(vectors @ found.astype(np.float32)) - np.nan_to_num(known))
    return _back(vectors, errors) + _pull(found)


def fit(vectors: Vectors, known: Numbers, start: Numbers | None = None) -> Numbers:
    """The weights [D + 1, concepts] with the least balanced log loss, by Newton steps that conjugate
    gradients solve, all concepts in one multiplication. The last column of `vectors` is 1."""
    weights, targets = balanced(known), np.nan_to_num(known)
    found = np.zeros((vectors.shape[1], known.shape[1])) if start is None else start.copy()
    for _ in range(MOST_STEPS):
        logits = _forth(vectors, found)
        chances = _sigmoid(logits)
        slope = _back(vectors, weights * (chances - targets)) + _pull(found)
        active = np.abs(slope).max(axis=0) > SMALL
        if not active.any():
            break
        bends = (weights * chances * (1 - chances))[:, active]
        step = _newton(vectors, bends, slope[:, active])
        ahead = _forth(vectors, step)
        part = _length(
            (logits[:, active], ahead), (found[:, active], step), slope[:, active],
            weights[:, active], targets[:, active],
        )  # fmt: skip
        if not part.any():
            break
        found[:, active] += part * step
    return found


def _newton(vectors: Vectors, bends: Numbers, slope: Numbers) -> Numbers:
    """The step down each concept's paraboloid, as exact as its slope is small."""
    step = np.zeros_like(slope)
    rest = -slope
    way = rest.copy()
    size = (rest * rest).sum(axis=0)
    enough = size * np.minimum(0.25, np.sqrt(size))
    for _ in range(MOST_PARTS):
        going = size > enough
        if not going.any():
            break
        bent = _back(vectors, bends * _forth(vectors, way)) + _pull(way)
        length = np.where(going, size / np.maximum((way * bent).sum(axis=0), 1e-30), 0)
        step += length * way
        rest -= length * bent
        after = (rest * rest).sum(axis=0)
        way = rest + np.where(going, after / np.maximum(size, 1e-30), 0) * way
        size = np.where(going, after, size)
    return step


def _length(
    logits: tuple[Numbers, Numbers],
    weights_of: tuple[Numbers, Numbers],
    slope: Numbers,
    weights: Numbers,
    targets: Numbers,
) -> Numbers:
    """How much of the step each concept takes: halved until it leads down; 0 when nothing does.

    The pairs are what is there and what a whole step adds.
    """

    def loss(part: Numbers) -> Numbers:
        at = logits[0] + part * logits[1]
        now = weights_of[0] + part * weights_of[1]
        missed = weights * (np.logaddexp(0, at) - targets * at)
        total: Numbers = missed.sum(axis=0) + (now * _pull(now)).sum(axis=0) / 2
        return total

    begun = loss(np.zeros(slope.shape[1]))
    falls = (slope * weights_of[1]).sum(axis=0)
    part = np.ones(slope.shape[1])
    for _ in range(30):
        short = loss(part) > begun + 1e-4 * part * falls + 1e-12
        if not short.any():
            return part
        part = np.where(short, part / 2, part)
    return np.where(short, 0, part)


def _pull(found: Numbers) -> Numbers:
    """Of the strength on every weight; the bias is hardly held, only so that there is one optimum."""
    pulled = STRENGTH * found
    pulled[-1] = 1e-6 * found[-1]
    return pulled


def _forth(vectors: Vectors, found: Numbers) -> Numbers:
    return (vectors @ found.astype(np.float32)).astype(np.float64)


def _back(vectors: Vectors, errors: Numbers) -> Numbers:
    return (vectors.T @ errors.astype(np.float32)).astype(np.float64)


def calibrate(raw: Numbers, known: Numbers) -> tuple[Numbers, Numbers]:
    """Slope and shift of each concept that make sigmoid(raw * slope + shift) a chance (Platt).

    Fitted with Platt's smoothed targets, so that a perfect separation stays finite. A concept whose raw
    scores say nothing, or the contrary, gets its frequency.
    """
    fits = [_platt(raw[:, k][~np.isnan(known[:, k])], known[:, k][~np.isnan(known[:, k])])
            for k in range(known.shape[1])]  # fmt: skip
    return np.array([slope for slope, _ in fits]), np.array([shift for _, shift in fits])


def _platt(raw: Numbers, shown: Numbers) -> tuple[float, float]:
    positive = float(shown.sum())
    negative = len(shown) - positive
    targets = np.where(shown == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    base = float(np.log((positive + 1) / (negative + 1)))
    design = np.stack([raw, np.ones_like(raw)], axis=1)
    found = np.array([0.0, base])

    def loss(at: Numbers) -> float:
        logits = design @ at
        return float((np.logaddexp(0, logits) - targets * logits).sum())

    for _ in range(100):
        chances = _sigmoid(design @ found)
        slope = design.T @ (chances - targets)
        if np.abs(slope).max() < 1e-7 * len(raw):
            break
        bends = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-10 * np.eye(2)
        step, part, begun = -np.linalg.solve(bends, slope), 1.0, loss(found)
        while part > 1e-10 and loss(found + part * step) > begun + 1e-4 * part * float(slope @ step):
            part /= 2
        found = found + part * step
    return (float(found[0]), float(found[1])) if found[0] > 0 else (0.0, base)


def _sigmoid(logits: npt.NDArray[np.floating]) -> Numbers:
    chances: Numbers = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -80, 80)))
    return chances
