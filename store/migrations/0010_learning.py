"""Learning: which inputs have an embedding, and the trainings that are done again as people decide."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add both to what is there."""
    for statement in (
        """CREATE TABLE embedded (
        input_id INTEGER NOT NULL, model_version_id INTEGER NOT NULL, place INTEGER, error TEXT,
        PRIMARY KEY (model_version_id, input_id),
        FOREIGN KEY (input_id) REFERENCES input (id),
        FOREIGN KEY (model_version_id) REFERENCES model_version (id)) WITHOUT ROWID""",
        # The next free place is found at once.
        "CREATE UNIQUE INDEX embedded_place ON embedded (model_version_id, place)",
        """CREATE TABLE training (
        id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, dataset_id INTEGER,
        concepts TEXT NOT NULL, embedder TEXT NOT NULL, single_label INTEGER NOT NULL,
        seed INTEGER NOT NULL, every INTEGER, creator_id INTEGER NOT NULL, event INTEGER NOT NULL,
        outcome TEXT, changed_at INTEGER NOT NULL,
        FOREIGN KEY (dataset_id) REFERENCES dataset (id),
        FOREIGN KEY (creator_id) REFERENCES user (id))""",
    ):
        db.execute_sql(statement)
