"""Many people: own work, pausing, quorums as shares, ordered review queues, threads of comments."""

from __future__ import annotations

from typing import Any

COLUMNS = (
    "ALTER TABLE task ADD COLUMN own_review INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE task ADD COLUMN paused INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE task ADD COLUMN unrouted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE task ADD COLUMN agree_share REAL",
    "ALTER TABLE assignment ADD COLUMN score REAL NOT NULL DEFAULT 0",
    "ALTER TABLE assignment ADD COLUMN uncertainty REAL NOT NULL DEFAULT 0",
    "ALTER TABLE assignment ADD COLUMN disagreement REAL NOT NULL DEFAULT 0",
)

TABLES = (
    """CREATE TABLE comment (
    id INTEGER NOT NULL PRIMARY KEY, task_id INTEGER, input_id INTEGER NOT NULL,
    thread_id INTEGER, region_kind INTEGER NOT NULL, region BLOB NOT NULL,
    author_id INTEGER NOT NULL, text TEXT NOT NULL, created_at INTEGER NOT NULL,
    resolved INTEGER NOT NULL, deleted INTEGER NOT NULL, version INTEGER NOT NULL,
    FOREIGN KEY (task_id) REFERENCES task (id), FOREIGN KEY (input_id) REFERENCES input (id),
    FOREIGN KEY (thread_id) REFERENCES comment (id), FOREIGN KEY (author_id) REFERENCES user (id))""",
    """CREATE INDEX comment_input ON comment (input_id, task_id, id)""",
    """CREATE INDEX comment_open ON comment (task_id, input_id)
    WHERE thread_id IS NULL AND resolved = 0 AND deleted = 0""",
)

QUEUE = "ON assignment (task_id, user_id, {}, input_id) WHERE open = 1 AND side = 'review'"

INDEXES = (
    # What is open for a reviewer, in the order they like: a page is one short walk.
    f"CREATE INDEX assignment_by_score {QUEUE.format('score DESC')}",
    f"CREATE INDEX assignment_by_uncertainty {QUEUE.format('uncertainty DESC')}",
    f"CREATE INDEX assignment_by_disagreement {QUEUE.format('disagreement DESC')}",
    f"CREATE INDEX assignment_by_age {QUEUE.format('changed_at')}",
    # Whose work awaits review, also where they found nothing to say.
    """CREATE INDEX assignment_awaiting ON assignment (task_id, user_id, input_id)
    WHERE side = 'label' AND status = 24157""",
    # What a model said and somebody took away: an input with it has been touched.
    "CREATE INDEX annotation_gone_from ON annotation (input_id, task_id) WHERE deleted = 1",
    # What came back to its labeler.
    """CREATE INDEX review_changes ON review (task_id, input_id)
    WHERE verdict = 'request-changes' AND deleted = 0""",
)

TRIGGERS = (
    # An assignment that goes over to somebody else counts for them.
    "DROP TRIGGER assignment_moved",
    """CREATE TRIGGER assignment_moved AFTER UPDATE OF status, error, user_id ON assignment BEGIN
    UPDATE assignment_count SET n = n - 1 WHERE task = OLD.task_id AND side = OLD.side
    AND user = OLD.user_id AND status = OLD.status AND failed = (OLD.error IS NOT NULL);
    INSERT INTO assignment_count (task, side, user, status, failed, n)
    VALUES (NEW.task_id, NEW.side, NEW.user_id, NEW.status, NEW.error IS NOT NULL, 1)
    ON CONFLICT (task, side, user, status, failed) DO UPDATE SET n = n + 1; END""",
)


def up(migrator: Any, db: Any) -> None:
    """Add it to what is there."""
    for statement in (*COLUMNS, *TABLES, *INDEXES, *TRIGGERS):
        db.execute_sql(statement)
