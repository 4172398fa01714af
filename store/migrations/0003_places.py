"""Jobs made of one that was split keep its place among those that wait."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the place and have jobs found by it."""
    for statement in (
        "ALTER TABLE job ADD COLUMN place INTEGER",
        "DROP INDEX job_waiting",
        "CREATE INDEX job_waiting ON job (state, priority, COALESCE(place, id), id)",
    ):
        db.execute_sql(statement)
