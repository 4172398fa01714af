"""How many inputs there are, and what there is to choose from, is walked in an index of nothing else."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the two indexes."""
    db.execute_sql("CREATE INDEX input_deleted ON input (deleted)")
    db.execute_sql("CREATE INDEX concept_joined ON concept (joined, name)")
