"""Inputs whose right answer is known, mixed into the work of labelers."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add where they come from, which they are, and how they were answered."""
    for statement in (
        "ALTER TABLE task ADD COLUMN gold_id INTEGER REFERENCES dataset (id)",
        "ALTER TABLE task ADD COLUMN gold_share REAL NOT NULL DEFAULT 0.05",
        "ALTER TABLE assignment ADD COLUMN gold INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX assignment_gold ON assignment (task_id, user_id, input_id) WHERE gold = 1",
        """CREATE TABLE gold_answer (
        task_id INTEGER NOT NULL, user_id INTEGER NOT NULL, input_id INTEGER NOT NULL,
        is_right INTEGER NOT NULL, answered_at INTEGER NOT NULL,
        PRIMARY KEY (task_id, user_id, input_id), FOREIGN KEY (task_id) REFERENCES task (id),
        FOREIGN KEY (user_id) REFERENCES user (id), FOREIGN KEY (input_id) REFERENCES input (id))
        WITHOUT ROWID""",
    ):
        db.execute_sql(statement)
