"""Workflows: the one that runs by itself on every input that is added."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add it to what is there."""
    db.execute_sql("ALTER TABLE workflow ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0")
