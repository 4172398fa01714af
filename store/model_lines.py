"""Model lines: each registered model with what it is, what it runs on now and where it failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from store import jobs, models, workflows
from store.errors import NotFound
from store.graphs.drawing import draw
from store.tables import ModelVersion, database


@dataclass(frozen=True)
class ModelLine:
    """The newest version of one model or workflow."""

    name: str
    version: int
    type: str
    family: str
    licence: str
    concepts: int
    size: int
    """Of the ONNX file, in bytes."""
    installed: bool
    """Whether its file is on this machine."""
    loaded: tuple[str, ...]
    """What the living engines run it on: "cpu", "cuda"…"""
    failed: int
    """Inputs that it could not look at."""
    title: str
    description: str
    source: str
    notes: str
    said: tuple[str, ...]
    """The first of its concepts."""
    drawing: tuple[str, ...]
    """The lines of a workflow's graph; none for a model."""


SHOWN = 40
"""Concepts that a line names."""


def listing() -> list[ModelLine]:
    """The models by name. Counts failures in one walk over what was looked at: not for the UI thread."""
    loaded: dict[tuple[str, str], set[str]] = defaultdict(set)
    for engine in jobs.living():
        for session in engine.sessions:
            loaded[session["model"], str(session["version"])].add(session["provider"])
    failed = _failed()
    return [_line(row, loaded, failed) for row in models.listing()]


def _line(row: dict[str, Any], loaded: dict[tuple[str, str], set[str]], failed: Counter[int]) -> ModelLine:
    version = models.find(row["name"])
    card = version.card
    return ModelLine(
        name=row["name"],
        version=row["version"],
        type=row["type"],
        family=row["family"],
        licence=row["licence"],
        concepts=row["concepts"],
        size=card["size"],
        installed=_is_here(version),
        loaded=tuple(sorted(loaded[row["name"], str(row["version"])])),
        failed=failed[version.id],
        title=row["title"],
        description=row["description"],
        source=card["source"],
        notes=card["notes"],
        said=tuple(card["concepts"][:SHOWN]),
        drawing=tuple(draw(workflows.graph_of(version))) if row["family"] == workflows.FAMILY else (),
    )


def _is_here(version: ModelVersion) -> bool:
    """Whether the files are on this machine: a model's, or those of all that a workflow needs."""
    if version.card["family"] == workflows.FAMILY:
        return all(_is_here(ModelVersion.get_by_id(pinned)) for pinned in workflows.pins_of(version).values())
    try:
        return models.file(version).is_file()
    except NotFound:
        return False


def _failed() -> Counter[int]:
    rows = database.execute_sql(
        "SELECT model_version_id, count(*) FROM predicted WHERE error IS NOT NULL GROUP BY 1"
    )
    return Counter(dict(rows.fetchall()))
