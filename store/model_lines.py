"""Model lines: each registered model with what it is, what it runs on now and where it failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from store import jobs, models
from store.errors import NotFound
from store.tables import ModelVersion, database


@dataclass(frozen=True)
class ModelLine:
    """The newest version of one model."""

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
    )


def _is_here(version: ModelVersion) -> bool:
    try:
        return models.file(version).is_file()
    except NotFound:
        return False


def _failed() -> Counter[int]:
    rows = database.execute_sql(
        "SELECT model_version_id, count(*) FROM predicted WHERE error IS NOT NULL GROUP BY 1"
    )
    return Counter(dict(rows.fetchall()))
