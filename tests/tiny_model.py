"""A model of two operators that tests can foresee: its scores are a picture's mean red, green and blue."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from engine.graph import FLOAT, Node, Value, model
from store.cards import Card, Preprocessing

AVERAGE = [Node("GlobalAveragePool", ["x"], ["pooled"]), Node("Flatten", ["pooled"], ["probs"])]


def graph(nodes: list[Node] = AVERAGE, side: int = 8) -> bytes:
    return model(nodes, [Value("x", FLOAT, ["N", 3, side, side])], [Value("probs", FLOAT, ["N", 3])])


def card(folder: Path, data: bytes | None = None, **changes: Any) -> Card:
    """The card of a model written into the folder; `changes` are fields of it."""
    data = graph() if data is None else data
    (folder / "tiny.onnx").write_bytes(data)
    made = Card(
        folder=folder,
        name="tiny",
        version="1",
        family="classify",
        task="classification",
        file="tiny.onnx",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        licence="MIT",
        source="a test",
        concepts=("red", "green", "blue"),
        preprocessing=Preprocessing(size=8, layout="NCHW", dtype="float32"),
        outputs={"scores": "probs"},
    )
    return dataclasses.replace(made, **changes)
