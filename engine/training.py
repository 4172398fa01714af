"""Training: from what people decided to a new version of a model, which tasks can use at once."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import embedding, evaluation, heads
from engine.families import head as family
from engine.media import WHOLE
from engine.work import Listener
from store import embeddings, model_folders, models, predictions, training
from store.database import write
from store.errors import Refused
from store.predictions import Said
from store.tables import Model, ModelVersion, Training

MOST = 50_000
"""Inputs that are learned from; of more, so many by chance: they take 256 MB."""

TOGETHER = 64
"""Inputs whose predictions are written in one transaction."""

REST = 0.02
"""Seconds between two such transactions, for people's decisions."""


@dataclass(frozen=True)
class Trained:
    """What came of a training."""

    version: ModelVersion
    is_new: bool
    """False where the same was learned as the last time: then nothing was made."""
    inputs: int
    """How many it learned from."""
    seconds: float
    metrics: dict[str, Any]
    """Of inputs held out: see `evaluation.metrics`."""


def train(row: Training, known: training.Known, event: int) -> Trained:
    """Learn from what is known of inputs whose embeddings are kept, and register the new version.

    `event` is the last one when `known` was read. Tasks that the model assists use the new version from
    then on. Raises Refused when too little is left of inputs without an embedding.
    """
    embedder = embeddings.find_embedder(row.embedder)
    began = time.perf_counter()
    ids, vectors = embedding.vectors(embedder, _chosen(training.inputs_of(known), row.seed))
    there = set(ids)
    usable = {
        key: {input_id: yes for input_id, yes in mine.items() if input_id in there}
        for key, mine in known.items()
    }
    training.require_enough(usable)
    labels = _labels(ids, usable)
    learned = heads.learn(vectors, labels, row.seed)
    metrics = evaluation.metrics(list(known), labels, learned.held_out)
    seconds = time.perf_counter() - began
    version, is_new = _register(row, list(known), learned.head, embedder, len(ids))
    if is_new:
        _predict(version, embedder)
        training.assist_with(version)
    training.note(row, event, {"version": version.number, "inputs": len(ids), "metrics": metrics})
    return Trained(version, is_new, len(ids), seconds, metrics)


def _chosen(ids: list[int], seed: int) -> list[int]:
    if len(ids) <= MOST:
        return ids
    return sorted(np.random.default_rng(seed).choice(ids, MOST, replace=False).tolist())


def _labels(ids: Sequence[int], known: training.Known) -> heads.Numbers:
    """[inputs, concepts]: 1 shows it, 0 does not, NaN is not known."""
    labels = np.full((len(ids), len(known)), np.nan)
    row_of = {input_id: row for row, input_id in enumerate(ids)}
    for column, mine in enumerate(known.values()):
        for input_id, yes in mine.items():
            labels[row_of[input_id], column] = yes
    return labels


def _register(
    row: Training, names: list[str], head: heads.Head, embedder: ModelVersion, inputs: int
) -> tuple[ModelVersion, bool]:
    """The version of this head, and whether it is new: a folder beside the store, with a card and a file."""
    models.sync()
    data = head.onnx()
    newest = _newest(row.name)
    if newest is not None and newest.sha256 == hashlib.sha256(data).hexdigest():
        return newest, False
    number = 1 if newest is None else newest.number + 1
    while model_folders.folder(row.name, number).exists():
        number += 1
    card = _card(row, number, names, data, embedder, inputs)
    try:
        model_folders.put(row.name, number, {model_folders.CARD: card.encode(), "head.onnx": data})
    except OSError as error:
        raise Refused(f"the trained model cannot be written: {error.strerror or error}") from error
    models.sync()
    with write():
        # One that was removed comes back with what it learned anew.
        Model.update(deleted=False).where(Model.name == row.name, Model.deleted == True).execute()
    return models.find(row.name), True


def _newest(name: str) -> ModelVersion | None:
    return models.find(name) if any(row["name"] == name for row in models.listing()) else None


def _card(
    row: Training, number: int, names: list[str], data: bytes, embedder: ModelVersion, inputs: int
) -> str:
    values = {
        "name": row.name,
        "version": str(number),
        "title": row.name,
        "description": f"Says {len(names)} concepts as people labeled them here.",
        "family": training.FAMILY,
        "task": "classification",
        "licence": embedder.card["licence"],
        "source": f"Trained in this project on {inputs} decided inputs, seed {row.seed}.",
        "notes": f"Stands on version {embedder.number} of {embedder.model.name}.",
        "file": "head.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "concepts": names,
        "multi_label": not row.single_label,
        "keep": max(20, len(names)),
    }
    parameters = {"embedder": embedder.model.name, "embedder_sha256": embedder.sha256}
    tables = {
        "preprocessing": embedder.card["preprocessing"],
        "outputs": {"scores": "scores"},
        "parameters": parameters,
    }
    return _toml(values) + "".join(f"\n[{name}]\n{_toml(table)}" for name, table in tables.items())


def _toml(values: Mapping[str, Any]) -> str:
    """Texts, numbers, flags and lists of them are written alike in TOML and JSON."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())


def _predict(version: ModelVersion, embedder: ModelVersion) -> None:
    """What the new version says of all inputs whose embeddings are kept: no picture is decoded again."""
    card, stored = models.card(version), embedding.kept(embedder)
    session, listener = family.open_head(card), Listener(version)
    places = list(embeddings.places(embedder).items())
    if stored is None:
        return
    for first in range(0, len(places), TOGETHER):
        some = places[first : first + TOGETHER]
        scores = family.score(session, card, stored[[place for _, place in some]])
        outputs = family.decode(scores, card, [WHOLE] * len(some))
        answers: dict[int, Sequence[Said]] = {}
        lowest: dict[int, float] = {}
        for (input_id, _), said in zip(some, outputs, strict=True):
            answers[input_id], lowest[input_id] = listener.hear(said, {})
        with write():
            predictions.keep(version, answers, lowest)
        time.sleep(REST)
