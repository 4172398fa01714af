"""Bands: how many inputs a task's thresholds would approve, send to review and drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from store.concepts import renames
from store.routing import Thresholds
from store.tables import Dataset, ModelVersion, database


@dataclass(frozen=True)
class Bands:
    """Inputs that a model has looked at, by what would become of them."""

    looked_at: int
    review: int
    """With at least one doubtful prediction."""
    success: int
    """With at least one sure prediction and no doubtful one."""

    @property
    def dropped(self) -> int:
        """With nothing that would be written."""
        return self.looked_at - self.review - self.success


def bands(
    version: ModelVersion, thresholds: Mapping[int, Thresholds], dataset: Dataset | None = None
) -> Bands:
    """Count by the stored predictions of the concepts (ids) in `thresholds`, of all inputs or a dataset's.

    The comparisons are those of `store.routing.route`. Walks one range of an index for each concept.
    """
    rows = bounds(thresholds)
    within = "" if dataset is None else f"AND {{0}} IN {_MEMBERS}"
    members = () if dataset is None else (dataset.id,)
    looked_at = database.execute_sql(
        "SELECT count(*) FROM predicted WHERE model_version_id = ? AND error IS NULL "
        + within.format("input_id"),
        (version.id, *members),
    ).fetchone()[0]
    if not rows or not looked_at:
        return Bands(looked_at, 0, 0)
    values = ", ".join(["(?, ?, ?)"] * len(rows))
    review, success = database.execute_sql(
        f"WITH bound(concept, low, high) AS (VALUES {values}), routed AS ("
        "SELECT p.input_id AS input, max(p.score < bound.high) AS doubtful FROM bound "
        "CROSS JOIN prediction p ON p.model_version_id = ? AND p.concept_id = bound.concept "
        f"AND p.score >= bound.low {within.format('p.input_id')} GROUP BY p.input_id) "
        "SELECT coalesce(sum(doubtful), 0), coalesce(sum(NOT doubtful), 0) FROM routed",
        (*(value for row in rows for value in row), version.id, *members),
    ).fetchone()
    return Bands(looked_at, review, success)


_MEMBERS = "(SELECT input_id FROM dataset_input WHERE dataset_id = ?)"


def bounds(thresholds: Mapping[int, Thresholds]) -> list[tuple[int, float, float]]:
    """(concept as models say it, lower, upper); what people renamed counts for its new name."""
    rows = [(concept, bound.lower, bound.upper) for concept, bound in thresholds.items()]
    for said, used in renames().items():
        if used in thresholds and said not in thresholds:
            rows.append((said, thresholds[used].lower, thresholds[used].upper))
    return rows
