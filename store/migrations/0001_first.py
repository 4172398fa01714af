"""The first schema: every table, the indexes measured at 10 million rows, and the counting triggers."""

from __future__ import annotations

from typing import Any

TABLES = (
    """CREATE TABLE input (
    id INTEGER NOT NULL PRIMARY KEY, path TEXT NOT NULL, media TEXT NOT NULL,
    sha256 BLOB NOT NULL, size INTEGER NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, modified_at INTEGER NOT NULL, added_at INTEGER NOT NULL,
    error TEXT, metadata TEXT NOT NULL, deleted INTEGER NOT NULL, version INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX input_path ON input (path)""",
    """CREATE INDEX input_sha256 ON input (sha256)""",
    """CREATE TABLE concept (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, joined INTEGER NOT NULL,
    version INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX concept_name ON concept (name)""",
    """CREATE TABLE user (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,
    active INTEGER NOT NULL, created_at INTEGER NOT NULL, version INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX user_name ON user (name)""",
    """CREATE TABLE model (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, family TEXT NOT NULL,
    task TEXT NOT NULL, annotator_id INTEGER NOT NULL, created_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL, version INTEGER NOT NULL,
    FOREIGN KEY (annotator_id) REFERENCES user (id))""",
    """CREATE UNIQUE INDEX model_name ON model (name)""",
    """CREATE TABLE model_version (
    id INTEGER NOT NULL PRIMARY KEY, model_id INTEGER NOT NULL, number INTEGER NOT NULL,
    sha256 TEXT NOT NULL, card TEXT NOT NULL, created_at INTEGER NOT NULL,
    FOREIGN KEY (model_id) REFERENCES model (id))""",
    """CREATE UNIQUE INDEX model_version_model_id_number ON model_version (model_id, number)""",
    """CREATE TABLE dataset (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL, version INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX dataset_name ON dataset (name)""",
    """CREATE TABLE task (
    id INTEGER NOT NULL PRIMARY KEY, uid TEXT NOT NULL, name TEXT NOT NULL,
    dataset_id INTEGER NOT NULL, type TEXT NOT NULL, auto_id INTEGER, assist_id INTEGER,
    lower REAL NOT NULL, upper REAL NOT NULL, strategy TEXT NOT NULL, review TEXT NOT NULL,
    stacked INTEGER NOT NULL, agree INTEGER NOT NULL, agree_iou REAL NOT NULL,
    instructions TEXT NOT NULL, priority INTEGER NOT NULL, archived INTEGER NOT NULL,
    creator_id INTEGER NOT NULL, created_at INTEGER NOT NULL, deleted INTEGER NOT NULL,
    version INTEGER NOT NULL, FOREIGN KEY (dataset_id) REFERENCES dataset (id),
    FOREIGN KEY (auto_id) REFERENCES model_version (id),
    FOREIGN KEY (assist_id) REFERENCES model_version (id),
    FOREIGN KEY (creator_id) REFERENCES user (id))""",
    """CREATE UNIQUE INDEX task_uid ON task (uid)""",
    """CREATE TABLE annotation (
    id INTEGER NOT NULL PRIMARY KEY, input_id INTEGER NOT NULL, concept_id INTEGER NOT NULL,
    value INTEGER NOT NULL, status INTEGER NOT NULL, score REAL,
    region_kind INTEGER NOT NULL, region BLOB NOT NULL, region_key INTEGER NOT NULL,
    annotator_id INTEGER NOT NULL, model_version_id INTEGER, original_concept_id INTEGER,
    original_key INTEGER, task_id INTEGER, reviewer_id INTEGER, created_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL, version INTEGER NOT NULL,
    FOREIGN KEY (input_id) REFERENCES input (id),
    FOREIGN KEY (concept_id) REFERENCES concept (id),
    FOREIGN KEY (annotator_id) REFERENCES user (id),
    FOREIGN KEY (model_version_id) REFERENCES model_version (id),
    FOREIGN KEY (original_concept_id) REFERENCES concept (id),
    FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (reviewer_id) REFERENCES user (id))""",
    """CREATE TABLE annotation_count (
    task INTEGER NOT NULL, annotator INTEGER NOT NULL, status INTEGER NOT NULL,
    n INTEGER NOT NULL, PRIMARY KEY (task, annotator, status)) WITHOUT ROWID""",
    """CREATE TABLE assignment (
    task_id INTEGER NOT NULL, side TEXT NOT NULL, user_id INTEGER NOT NULL,
    input_id INTEGER NOT NULL, status INTEGER NOT NULL, open INTEGER NOT NULL,
    leased_until INTEGER, error TEXT, changed_at INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (task_id, side, user_id, input_id),
    FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (user_id) REFERENCES user (id),
    FOREIGN KEY (input_id) REFERENCES input (id)) WITHOUT ROWID""",
    """CREATE TABLE assignment_count (
    task INTEGER NOT NULL, side TEXT NOT NULL, user INTEGER NOT NULL,
    status INTEGER NOT NULL, failed INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (task, side, user, status, failed)) WITHOUT ROWID""",
    """CREATE TABLE concept_relation (
    id INTEGER NOT NULL PRIMARY KEY, source_id INTEGER NOT NULL, target_id INTEGER NOT NULL,
    kind TEXT NOT NULL, renames INTEGER NOT NULL, deleted INTEGER NOT NULL,
    version INTEGER NOT NULL, FOREIGN KEY (source_id) REFERENCES concept (id),
    FOREIGN KEY (target_id) REFERENCES concept (id))""",
    """CREATE INDEX concept_relation_source_id ON concept_relation (source_id)""",
    """CREATE INDEX concept_relation_target_id ON concept_relation (target_id)""",
    """CREATE UNIQUE INDEX concept_relation_source_id_target_id_kind
    ON concept_relation (source_id, target_id, kind)""",
    """CREATE TABLE dataset_input (
    dataset_id INTEGER NOT NULL, input_id INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, input_id), FOREIGN KEY (dataset_id) REFERENCES dataset (id),
    FOREIGN KEY (input_id) REFERENCES input (id)) WITHOUT ROWID""",
    """CREATE INDEX dataset_input_input_id ON dataset_input (input_id)""",
    """CREATE TABLE dataset_version (
    id INTEGER NOT NULL PRIMARY KEY, dataset_id INTEGER NOT NULL, number INTEGER NOT NULL,
    creator_id INTEGER NOT NULL, created_at INTEGER NOT NULL, selection TEXT NOT NULL,
    FOREIGN KEY (dataset_id) REFERENCES dataset (id),
    FOREIGN KEY (creator_id) REFERENCES user (id))""",
    """CREATE UNIQUE INDEX dataset_version_dataset_id_number ON dataset_version (dataset_id, number)""",
    """CREATE TABLE dataset_version_input (
    dataset_version_id INTEGER NOT NULL, input_id INTEGER NOT NULL, annotations TEXT NOT NULL,
    PRIMARY KEY (dataset_version_id, input_id),
    FOREIGN KEY (dataset_version_id) REFERENCES dataset_version (id),
    FOREIGN KEY (input_id) REFERENCES input (id)) WITHOUT ROWID""",
    """CREATE TABLE engine (
    id INTEGER NOT NULL PRIMARY KEY, owner TEXT NOT NULL, host TEXT NOT NULL,
    pid INTEGER NOT NULL, device TEXT NOT NULL, sessions TEXT NOT NULL,
    activity TEXT NOT NULL, started_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL,
    stopping INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX engine_owner ON engine (owner)""",
    """CREATE TABLE step (
    id INTEGER NOT NULL PRIMARY KEY, actor_id INTEGER NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, undone INTEGER NOT NULL,
    FOREIGN KEY (actor_id) REFERENCES user (id))""",
    """CREATE INDEX step_actor_id_undone_id ON step (actor_id, undone, id)""",
    """CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY, step_id INTEGER NOT NULL, actor_id INTEGER NOT NULL,
    kind TEXT NOT NULL, table_name TEXT NOT NULL, row TEXT NOT NULL, annotation INTEGER,
    before TEXT, after TEXT, created_at INTEGER NOT NULL,
    FOREIGN KEY (step_id) REFERENCES step (id),
    FOREIGN KEY (actor_id) REFERENCES user (id))""",
    """CREATE INDEX event_step_id ON event (step_id)""",
    """CREATE TABLE job (
    id INTEGER NOT NULL PRIMARY KEY, kind TEXT NOT NULL, priority INTEGER NOT NULL,
    state TEXT NOT NULL, task_id INTEGER, model_version_id INTEGER, payload TEXT NOT NULL,
    owner TEXT, leased_until INTEGER, attempts INTEGER NOT NULL, error TEXT,
    created_at INTEGER NOT NULL, finished_at INTEGER,
    FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (model_version_id) REFERENCES model_version (id))""",
    """CREATE INDEX job_task_id ON job (task_id)""",
    """CREATE TABLE model_concept (
    model_version_id INTEGER NOT NULL, position INTEGER NOT NULL, concept_id INTEGER NOT NULL,
    PRIMARY KEY (model_version_id, position),
    FOREIGN KEY (model_version_id) REFERENCES model_version (id),
    FOREIGN KEY (concept_id) REFERENCES concept (id)) WITHOUT ROWID""",
    """CREATE INDEX model_concept_concept_id ON model_concept (concept_id)""",
    """CREATE TABLE predicted (
    input_id INTEGER NOT NULL, model_version_id INTEGER NOT NULL, kept_from REAL NOT NULL,
    error TEXT, created_at INTEGER NOT NULL, PRIMARY KEY (input_id, model_version_id),
    FOREIGN KEY (input_id) REFERENCES input (id),
    FOREIGN KEY (model_version_id) REFERENCES model_version (id)) WITHOUT ROWID""",
    """CREATE TABLE prediction (
    input_id INTEGER NOT NULL, model_version_id INTEGER NOT NULL, rank INTEGER NOT NULL,
    concept_id INTEGER NOT NULL, score REAL NOT NULL, region_kind INTEGER NOT NULL,
    region BLOB NOT NULL, PRIMARY KEY (input_id, model_version_id, rank),
    FOREIGN KEY (input_id) REFERENCES input (id),
    FOREIGN KEY (model_version_id) REFERENCES model_version (id),
    FOREIGN KEY (concept_id) REFERENCES concept (id)) WITHOUT ROWID""",
    """CREATE INDEX prediction_model_version_id_concept_id_score_input_id
    ON prediction (model_version_id, concept_id, score, input_id)""",
    """CREATE TABLE project_info (
    id INTEGER NOT NULL PRIMARY KEY, uid TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL)""",
    """CREATE TABLE review (
    id INTEGER NOT NULL PRIMARY KEY, task_id INTEGER NOT NULL, input_id INTEGER NOT NULL,
    reviewer_id INTEGER NOT NULL, labeler_id INTEGER, verdict TEXT NOT NULL,
    comment TEXT NOT NULL, created_at INTEGER NOT NULL, deleted INTEGER NOT NULL,
    version INTEGER NOT NULL, FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (input_id) REFERENCES input (id),
    FOREIGN KEY (reviewer_id) REFERENCES user (id),
    FOREIGN KEY (labeler_id) REFERENCES user (id))""",
    """CREATE INDEX review_task_id_input_id ON review (task_id, input_id)""",
    """CREATE TABLE task_concept (
    task_id INTEGER NOT NULL, concept_id INTEGER NOT NULL, position INTEGER NOT NULL,
    lower REAL, upper REAL, PRIMARY KEY (task_id, concept_id),
    FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (concept_id) REFERENCES concept (id)) WITHOUT ROWID""",
    """CREATE TABLE task_member (
    task_id INTEGER NOT NULL, side TEXT NOT NULL, user_id INTEGER NOT NULL,
    position INTEGER NOT NULL, weight REAL NOT NULL ,
    PRIMARY KEY (task_id, side, user_id), FOREIGN KEY (task_id) REFERENCES task (id),
    FOREIGN KEY (user_id) REFERENCES user (id)) WITHOUT ROWID""",
    """CREATE INDEX task_member_user_id ON task_member (user_id)""",
    """CREATE TABLE user_state (
    user_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (user_id, key), FOREIGN KEY (user_id) REFERENCES user (id)) WITHOUT ROWID""",
    """CREATE TABLE workflow (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, graph TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted INTEGER NOT NULL, version INTEGER NOT NULL)""",
    """CREATE UNIQUE INDEX workflow_name ON workflow (name)""",
)

INDEXES = (
    # A model that is stopped in the middle and run again cannot say the same thing twice.
    """CREATE UNIQUE INDEX annotation_once ON annotation
    (input_id, task_id, annotator_id, concept_id, region_key) WHERE deleted = 0""",
    """CREATE INDEX annotation_queue ON annotation (task_id, reviewer_id, status, input_id)""",
    """CREATE INDEX annotation_queue_concept ON annotation
    (task_id, reviewer_id, status, concept_id, input_id)""",
    """CREATE INDEX annotation_queue_annotator ON annotation
    (task_id, reviewer_id, annotator_id, status, input_id)""",
    """CREATE INDEX annotation_queue_annotator_concept ON annotation
    (task_id, reviewer_id, annotator_id, status, concept_id, input_id)""",
    # The same without a reviewer, for who looks over all of them at once.
    """CREATE INDEX annotation_task ON annotation (task_id, status, input_id)""",
    """CREATE INDEX annotation_task_annotator ON annotation (task_id, annotator_id, status, input_id)""",
    """CREATE INDEX annotation_concept ON annotation (concept_id, status, input_id)""",
    """CREATE INDEX assignment_open ON assignment (task_id, side, user_id, input_id) WHERE open = 1""",
    """CREATE INDEX assignment_input ON assignment (input_id, task_id, side)""",
    """CREATE UNIQUE INDEX task_name ON task (name) WHERE deleted = 0""",
    """CREATE INDEX job_waiting ON job (state, priority, id)""",
    """CREATE INDEX event_actor ON event (actor_id, id)""",
    """CREATE INDEX event_annotation ON event (annotation, id)""",
)

ANNOTATION_UP = """INSERT INTO annotation_count (task, annotator, status, n)
    VALUES (NEW.task_id, NEW.annotator_id, NEW.status, 1)
    ON CONFLICT (task, annotator, status) DO UPDATE SET n = n + 1;"""
ANNOTATION_DOWN = """UPDATE annotation_count SET n = n - 1
    WHERE task = OLD.task_id AND annotator = OLD.annotator_id AND status = OLD.status;"""
ASSIGNMENT_UP = """INSERT INTO assignment_count (task, side, user, status, failed, n)
    VALUES (NEW.task_id, NEW.side, NEW.user_id, NEW.status, NEW.error IS NOT NULL, 1)
    ON CONFLICT (task, side, user, status, failed) DO UPDATE SET n = n + 1;"""
ASSIGNMENT_DOWN = """UPDATE assignment_count SET n = n - 1
    WHERE task = OLD.task_id AND side = OLD.side AND user = OLD.user_id AND status = OLD.status
    AND failed = (OLD.error IS NOT NULL);"""

NEW_COUNTS = "NEW.deleted = 0 AND NEW.task_id IS NOT NULL"
OLD_COUNTS = "OLD.deleted = 0 AND OLD.task_id IS NOT NULL"

TRIGGERS = (
    f"""CREATE TRIGGER annotation_added AFTER INSERT ON annotation
    WHEN {NEW_COUNTS} BEGIN {ANNOTATION_UP} END""",
    f"""CREATE TRIGGER annotation_gone AFTER DELETE ON annotation
    WHEN {OLD_COUNTS} BEGIN {ANNOTATION_DOWN} END""",
    f"""CREATE TRIGGER annotation_left AFTER UPDATE OF status, deleted, task_id, annotator_id ON annotation
    WHEN {OLD_COUNTS} BEGIN {ANNOTATION_DOWN} END""",
    f"""CREATE TRIGGER annotation_came AFTER UPDATE OF status, deleted, task_id, annotator_id ON annotation
    WHEN {NEW_COUNTS} BEGIN {ANNOTATION_UP} END""",
    f"CREATE TRIGGER assignment_added AFTER INSERT ON assignment BEGIN {ASSIGNMENT_UP} END",
    f"CREATE TRIGGER assignment_gone AFTER DELETE ON assignment BEGIN {ASSIGNMENT_DOWN} END",
    f"""CREATE TRIGGER assignment_moved AFTER UPDATE OF status, error ON assignment
    BEGIN {ASSIGNMENT_DOWN} {ASSIGNMENT_UP} END""",
)


def up(migrator: Any, db: Any) -> None:
    """Make everything."""
    for statement in (*TABLES, *INDEXES, *TRIGGERS):
        db.execute_sql(statement)
