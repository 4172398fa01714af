"""What a queue's filter looks up stands in its index alone: the rows themselves need not be read."""

from __future__ import annotations

from typing import Any

LED_BY_REVIEWER = {
    "annotation_queue": "status, input_id",
    "annotation_queue_concept": "status, concept_id, input_id",
    "annotation_queue_annotator": "annotator_id, status, input_id",
    "annotation_queue_annotator_concept": "annotator_id, status, concept_id, input_id",
}


def up(migrator: Any, db: Any) -> None:
    """Leave what was taken away out of the indexes, and find scores by one of their own."""
    for name, columns in LED_BY_REVIEWER.items():
        db.execute_sql(f"DROP INDEX {name}")
        db.execute_sql(
            f"CREATE INDEX {name} ON annotation (task_id, reviewer_id, {columns}) WHERE deleted = 0"
        )
    # People's annotations have no score: they cost nothing here.
    db.execute_sql(
        "CREATE INDEX annotation_queue_score ON annotation (task_id, reviewer_id, status, score, input_id) "
        "WHERE deleted = 0 AND score IS NOT NULL"
    )
