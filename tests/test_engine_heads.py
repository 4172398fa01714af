"""Heads: the optimum is one, the file says what the numbers say, scores are chances, measures are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import evaluation, heads
from engine.graph import refuse_external_data
from engine.similarity import Index


def blobs(
    count: int, size: int = 24, concepts: int = 3, seed: int = 0, noise: float = 1.5
) -> tuple[Any, Any]:
    """Embeddings around one centre a concept, and what is known of them."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(concepts, size))
    shown = chance.integers(0, concepts, count)
    vectors = centres[shown] + noise * chance.normal(size=(count, size))
    return vectors.astype(np.float32), (shown[:, None] == np.arange(concepts)).astype(float)


def with_ones(vectors: Any) -> Any:
    return np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1, dtype=np.float32)


def slope(vectors: Any, known: Any, found: Any, concept: int) -> Any:
    """The gradient written down apart, for one concept and only its known inputs, in float64."""
    mine = ~np.isnan(known[:, concept])
    rows, shown, weights = vectors[mine].astype(np.float64), known[mine, concept], found[:, concept]
    chances = 1 / (1 + np.exp(-(rows @ weights)))
    half = np.where(shown == 1, 0.5 / (shown == 1).sum(), 0.5 / (shown == 0).sum())
    held = np.append(np.full(rows.shape[1] - 1, heads.STRENGTH), 1e-6)
    return rows.T @ (half * (chances - shown)) + held * weights


@pytest.mark.parametrize("count", [12, 300])
def test_newton_ends_where_the_gradient_is_nothing(count: int) -> None:
    vectors, known = blobs(count)
    known[::5, 0] = np.nan
    rows = with_ones(vectors)
    found = heads.fit(rows, known)
    for concept in range(3):
        assert np.abs(slope(rows, known, found, concept)).max() < 3e-5
    elsewhere = heads.fit(rows, known, np.random.default_rng(1).normal(size=found.shape))
    assert np.abs(found - elsewhere).max() < 2e-3


def test_a_concept_learns_only_from_what_is_known_of_it() -> None:
    vectors, known = blobs(200)
    known[100:, 1] = np.nan
    alone = heads.fit(with_ones(vectors[:100]), known[:100, 1:2])
    together = heads.fit(with_ones(vectors), known)
    assert np.abs(alone[:, 0] - together[:, 1]).max() < 1e-3


@pytest.mark.parametrize("count", [20, 400])
def test_the_file_says_what_the_numbers_say(count: int) -> None:
    vectors, known = blobs(count, size=40)
    head = heads.learn(vectors * 30 + 7, known).head
    data = head.onnx()
    refuse_external_data(data)
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    asked = blobs(50, size=40, seed=3)[0] * 30 + 7
    (scores,) = session.run(["scores"], {"embedding": asked})
    assert np.abs(scores - head.scores(asked)).max() < 1e-5
    assert (scores.argmax(1) == blobs(50, size=40, seed=3)[1].argmax(1)).mean() > 0.8


def test_calibration_brings_scores_to_the_shares_of_inputs_not_learned_from() -> None:
    vectors, known = blobs(600, size=200, noise=4)
    learned = heads.learn(vectors, known)
    fresh, truth = blobs(2000, size=200, seed=5, noise=4)
    centre, scale = vectors.mean(0), vectors.std(0)
    raw = with_ones((fresh - centre) / scale) @ heads.fit(with_ones((vectors - centre) / scale), known)
    plain, calibrated = 1 / (1 + np.exp(-raw)), learned.head.scores(fresh)
    for concept in range(3):
        before = evaluation.calibration_error(truth[:, concept], plain[:, concept])
        after = evaluation.calibration_error(truth[:, concept], calibrated[:, concept])
        assert after < before / 2 and after < 0.1


def test_learning_is_the_same_with_the_same_seed() -> None:
    vectors, known = blobs(60)
    one, two = heads.learn(vectors, known, 4), heads.learn(vectors, known, 4)
    assert one.head.onnx() == two.head.onnx()
    assert np.array_equal(one.held_out, two.held_out)


def test_raw_scores_that_say_nothing_become_the_frequency() -> None:
    known = np.array([[1.0]] * 10 + [[0.0]] * 30)
    slopes, shifts = heads.calibrate(-known * 5, known)
    assert slopes[0] == 0
    assert 1 / (1 + np.exp(-shifts[0])) == pytest.approx(11 / 42)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(10, 80), st.integers(1, 5))
def test_every_part_leaves_something_of_either_kind(seed: int, count: int, concepts: int) -> None:
    chance = np.random.default_rng(seed)
    known = chance.choice([0.0, 1.0, np.nan], (count, concepts))
    for concept in range(concepts):
        places = chance.permutation(count)[:6]
        known[places, concept] = [0, 0, 0, 1, 1, 1]
    parts = heads.deal(known, seed)
    assert set(parts) <= set(range(heads.FOLDS))
    for part in range(heads.FOLDS):
        left = known[parts != part]
        for value in (0, 1):
            assert ((left == value).sum(axis=0) > 0).all()


def test_measures_of_a_case_written_down() -> None:
    shown = np.array([1, 0, 1, 1, 0, 0.0])
    scores = np.array([0.9, 0.8, 0.7, 0.4, 0.4, 0.1])
    # By hand: 1 · ⅓ at 0.9, ⅔ · ⅓ at 0.7, 3 of 5 · ⅓ at 0.4, where two have the same score.
    assert evaluation.average_precision(shown, scores) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    known = np.stack([shown, np.array([0, 1, np.nan, 0, 1, 0])], axis=1)
    both = np.stack([scores, np.array([0.1, 0.2, 0.95, 0.6, 0.9, 0.3])], axis=1)
    found = evaluation.metrics(["a", "b"], known, both)
    assert found["concepts"]["a"] | {"average_precision": 0, "calibration_error": 0} == {
        "positive": 3, "negative": 3, "precision": 0.6667, "recall": 0.6667, "average_precision": 0,
        "calibration_error": 0, "true_positive": 2, "false_positive": 1, "false_negative": 1,
        "true_negative": 2,
    }  # fmt: skip
    assert found["confusion"] == {"a": {"a": 1, "b": 2}, "b": {"a": 1, "b": 1}}
    assert evaluation.metrics(["a"], np.zeros((3, 1)), np.zeros((3, 1)))["concepts"]["a"]["precision"] is None


@pytest.mark.parametrize("size", [64, 100, 384])
def test_search_finds_what_brute_force_finds(size: int) -> None:
    chance = np.random.default_rng(size)
    centres = chance.normal(size=(50, size))
    vectors = np.maximum(centres[chance.integers(0, 50, 6000)] + 0.7 * chance.normal(size=(6000, size)), 0)
    stored = vectors.astype(np.float16)
    # Places and ids differ, and some places are nobody's.
    places = {10_000 + n: n for n in chance.permutation(6000)[:5000].tolist()}
    index = Index(stored, places)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ids, rows = np.array(list(places)), unit[list(places.values())]
    hits = 0
    for number in range(40):
        found = index.nearest(vectors[number], 10)
        truth = rows @ unit[number]
        best = set(ids[np.argsort(-truth)[:10]].tolist())
        hits += len(best & {key for key, _ in found})
        assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)
        assert found[0][1] == pytest.approx(truth.max(), abs=2e-3)
    assert hits / 400 > 0.99


def test_search_among_few_gives_all_of_them() -> None:
    stored = np.eye(3, 8).astype(np.float16)
    assert [key for key, _ in Index(stored, {7: 0, 8: 1}).nearest(stored[1], 10)] == [8, 7]
    assert Index(stored, {}).nearest(stored[1], 10) == []
