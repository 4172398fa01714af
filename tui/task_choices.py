"""Task choices: what the form for a new task can offer, read in one go off the UI thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from store import bands, concepts, datasets, models
from store.bands import Bands
from store.errors import NotFound
from store.routing import Thresholds


@dataclass(frozen=True)
class ModelOffer:
    """A model that can annotate or suggest."""

    name: str
    type: str
    concepts: int


@dataclass(frozen=True)
class Offers:
    """The project's datasets and models, and the concepts that people use."""

    datasets: list[tuple[str, int]] = field(default_factory=list)
    """Names and how many inputs each has."""
    models: list[ModelOffer] = field(default_factory=list)
    concepts: list[str] = field(default_factory=list)


def offers() -> Offers:
    """Everything the form shows before anything is chosen. Registers models that are new here."""
    return Offers(
        [(row["name"], row["inputs"]) for row in datasets.listing()],
        [ModelOffer(row["name"], row["type"], row["concepts"]) for row in models.listing()],
        [row["name"] for row in concepts.listing()],
    )


def known_to(model: str) -> list[str]:
    """What a model can say, by name."""
    return sorted(models.concepts(models.find(model)), key=str.casefold)


def count_bands(
    model: str, dataset: str | None, bounds: Mapping[str, Thresholds], *, all_with: Thresholds | None
) -> dict[str | None, Bands]:
    """How many inputs each band would hold: under None with all concepts together, then by concept.

    `all_with`: the bounds of every concept of the model, when none is chosen; `bounds` is empty then.
    """
    version = models.find(model)
    said = models.concepts(version)
    within = _dataset(dataset)
    if all_with is not None:
        return {None: bands.bands(version, {row.id: all_with for row in said.values()}, within)}
    wanted = models.require_concepts(version, bounds)
    by_id = {wanted[name].id: bound for name, bound in bounds.items()}
    counted: dict[str | None, Bands] = {None: bands.bands(version, by_id, within)}
    for name, bound in bounds.items():
        counted[name] = bands.bands(version, {wanted[name].id: bound}, within)
    return counted


def _dataset(name: str | None) -> Any:
    try:
        return None if name is None else datasets.find(name)
    except NotFound:
        return None
