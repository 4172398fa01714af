"""The tables. Peewee calls these classes models; here a Model is an ONNX file, so they are tables.

Times are integer milliseconds since 1970 (UTC). `version` is the id of the step that wrote the row
last: it is unique to its content, so an optimistic lock cannot be fooled by undo and redo.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    SmallIntegerField,
    TextField,
)
from peewee import Model as Row

database = DatabaseProxy()

# Bytes of a file name that are no UTF-8 arrive as U+DC80..U+DCFF, which no database stores. They are
# kept as the last 128 characters of the last private plane, which no file name uses.
_TO_STORED = {code: code - 0xDC00 + 0x10FF00 for code in range(0xDC80, 0xDD00)}
_FROM_STORED = {stored: code for code, stored in _TO_STORED.items()}


class PathField(TextField):
    """A path of the file system, any bytes allowed; absolute, or relative to the project's folder."""

    def db_value(self, value: Any) -> str | None:
        """The path as text a database accepts."""
        return None if value is None else os.fsdecode(value).translate(_TO_STORED)

    def python_value(self, value: str | None) -> str | None:
        """The path as `os.fsdecode` gave it."""
        return None if value is None else value.translate(_FROM_STORED)


class Table(Row):
    """A row of whatever database the project is open on."""

    if TYPE_CHECKING:
        # Peewee makes these at class creation: the key, the lock where a table has one, and `x_id`
        # beside each foreign key `x`.
        id: Any
        version: Any

        def __getattr__(self, name: str) -> Any: ...

    class Meta:
        """Binds every table to the one open project."""

        database = database
        legacy_table_names = False


class ProjectInfo(Table):
    """One row: what this store is."""

    uid = TextField()
    name = TextField()
    created_at = BigIntegerField()


class User(Table):
    """A person of the project, or the annotator that a model's annotations carry (role `model`)."""

    name = TextField(unique=True)
    role = TextField()
    active = BooleanField(default=True)
    created_at = BigIntegerField()
    version = BigIntegerField(default=0)


class UserState(Table):
    """Where a user was, so that the app reopens there."""

    user = ForeignKeyField(User, index=False)
    key = TextField()
    value = JSONField()

    class Meta:
        """Keyed by user and key."""

        primary_key = CompositeKey("user", "key")
        without_rowid = True


class Input(Table):
    """An image or a text to be labeled."""

    path = PathField(unique=True)
    media = TextField()
    sha256 = BlobField(index=True)
    size = BigIntegerField()
    width = IntegerField(default=0)
    height = IntegerField(default=0)
    modified_at = BigIntegerField()
    added_at = BigIntegerField()
    error = TextField(null=True)
    metadata = JSONField(default=dict)
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class Concept(Table):
    """What an input or region can be labeled as. Known names that nobody uses yet have not joined."""

    name = TextField(unique=True)
    joined = BooleanField(default=False)
    version = BigIntegerField(default=0)


class ConceptRelation(Table):
    """source is a <kind> of target; `renames` marks a model's name (source) that people renamed to target."""

    source = ForeignKeyField(Concept, backref="+")
    target = ForeignKeyField(Concept, backref="+")
    kind = TextField()
    renames = BooleanField(default=False)
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)

    class Meta:
        """One relation of a kind between two concepts."""

        indexes = ((("source", "target", "kind"), True),)


class Dataset(Table):
    """A named set of inputs."""

    name = TextField(unique=True)
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class DatasetInput(Table):
    """An input's membership in a dataset."""

    dataset = ForeignKeyField(Dataset, index=False)
    input = ForeignKeyField(Input, index=True)

    class Meta:
        """Clustered by dataset, so that a dataset is one range scan."""

        primary_key = CompositeKey("dataset", "input")
        without_rowid = True


class DatasetVersion(Table):
    """A frozen copy of a dataset."""

    dataset = ForeignKeyField(Dataset, index=False)
    number = IntegerField()
    creator = ForeignKeyField(User, index=False)
    created_at = BigIntegerField()
    selection = JSONField(default=dict)

    class Meta:
        """Numbered from 1 within its dataset."""

        indexes = ((("dataset", "number"), True),)


class DatasetVersionInput(Table):
    """An input of a frozen dataset with its annotations as they were."""

    dataset_version = ForeignKeyField(DatasetVersion, index=False)
    input = ForeignKeyField(Input, index=False)
    annotations = JSONField()

    class Meta:
        """Clustered by version."""

        primary_key = CompositeKey("dataset_version", "input")
        without_rowid = True


class Model(Table):
    """A registered ONNX model."""

    name = TextField(unique=True)
    family = TextField()
    task = TextField()
    annotator = ForeignKeyField(User, index=False)
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class ModelVersion(Table):
    """The thing that predicts: a model's file and card at one time."""

    model = ForeignKeyField(Model, index=False)
    number = IntegerField()
    sha256 = TextField()
    card = JSONField()
    created_at = BigIntegerField()

    class Meta:
        """Numbered from 1 within its model."""

        indexes = ((("model", "number"), True),)


class ModelConcept(Table):
    """What a model's output at `position` means."""

    model_version = ForeignKeyField(ModelVersion, index=False)
    position = IntegerField()
    concept = ForeignKeyField(Concept, index=True)

    class Meta:
        """Clustered by model version, in output order."""

        primary_key = CompositeKey("model_version", "position")
        without_rowid = True


class Workflow(Table):
    """A graph of models and operators, as YAML."""

    name = TextField(unique=True)
    graph = TextField()
    is_default = BooleanField(default=False)
    """Whether it runs by itself on every input that is added."""
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class Predicted(Table):
    """That a model version has looked at an input; an error, or the score from which on it kept all."""

    input = ForeignKeyField(Input, index=False)
    model_version = ForeignKeyField(ModelVersion, index=False)
    kept_from = DoubleField()
    error = TextField(null=True)
    created_at = BigIntegerField()

    class Meta:
        """Keyed by input and model version."""

        primary_key = CompositeKey("input", "model_version")
        without_rowid = True


class Prediction(Table):
    """What a model version said of an input; `rank` counts from its highest score down."""

    input = ForeignKeyField(Input, index=False)
    model_version = ForeignKeyField(ModelVersion, index=False)
    rank = IntegerField()
    concept = ForeignKeyField(Concept, index=False)
    score = DoubleField()
    region_kind = SmallIntegerField(default=0)
    region = BlobField(default=b"")

    class Meta:
        """Clustered by input: what is suggested for an input is one range scan."""

        primary_key = CompositeKey("input", "model_version", "rank")
        without_rowid = True
        indexes = ((("model_version", "concept", "score", "input"), False),)


class Task(Table):
    """A batch of labeling or reviewing work on a dataset.

    `agree_share` is the part of the labelers that must agree, 0..1; without it `agree` of them must.
    `gold` holds inputs with known answers, `gold_share` (0..1) is their part in each labeler's work.
    `unrouted` means that some annotations may still follow earlier thresholds.
    """

    uid = TextField(unique=True)
    name = TextField()
    dataset = ForeignKeyField(Dataset, index=False)
    type = TextField()
    auto = ForeignKeyField(ModelVersion, null=True, index=False, backref="+")
    assist = ForeignKeyField(ModelVersion, null=True, index=False, backref="+")
    lower = DoubleField()
    upper = DoubleField()
    strategy = TextField()
    review = TextField()
    stacked = BooleanField(default=False)
    agree = IntegerField(default=2)
    agree_share = DoubleField(null=True)
    agree_iou = DoubleField(default=0.5)
    instructions = TextField(default="")
    priority = IntegerField(default=0)
    archived = BooleanField(default=False)
    own_review = BooleanField(default=False)
    paused = BooleanField(default=False)
    unrouted = BooleanField(default=False)
    gold = ForeignKeyField(Dataset, null=True, index=False, backref="+")
    gold_share = DoubleField(default=0.05)
    creator = ForeignKeyField(User, index=False)
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class TaskConcept(Table):
    """A concept of a task; its own thresholds, or null for the task's."""

    task = ForeignKeyField(Task, index=False)
    concept = ForeignKeyField(Concept, index=False)
    position = IntegerField()
    lower = DoubleField(null=True)
    upper = DoubleField(null=True)

    class Meta:
        """Keyed by task and concept."""

        primary_key = CompositeKey("task", "concept")
        without_rowid = True


class TaskMember(Table):
    """A labeler or reviewer of a task; the position breaks ties when inputs are dealt."""

    task = ForeignKeyField(Task, index=False)
    side = TextField()
    user = ForeignKeyField(User, index=True)
    position = IntegerField()
    weight = DoubleField(default=1.0)

    class Meta:
        """Keyed by task, side and user."""

        primary_key = CompositeKey("task", "side", "user")
        without_rowid = True


class Assignment(Table):
    """One input of one task given to one user, to label or to review.

    To review: `score`, `uncertainty` and `disagreement` (0..1) are what its queue can be ordered by.
    """

    task = ForeignKeyField(Task, index=False)
    side = TextField()
    user = ForeignKeyField(User, index=False)
    input = ForeignKeyField(Input, index=False)
    status = SmallIntegerField()
    open = BooleanField(default=True)
    leased_until = BigIntegerField(null=True)
    error = TextField(null=True)
    changed_at = BigIntegerField()
    score = DoubleField(default=0.0)
    uncertainty = DoubleField(default=0.0)
    disagreement = DoubleField(default=0.0)
    gold = BooleanField(default=False)
    version = BigIntegerField(default=0)

    class Meta:
        """Clustered by task, side and user; the migrations add partial indexes."""

        primary_key = CompositeKey("task", "side", "user", "input")
        without_rowid = True


class Annotation(Table):
    """A statement that an input (or region) shows (value 1) or does not show (0) a concept.

    Made from a suggestion, it keeps that one's concept and region key in the `original_` columns.
    """

    input = ForeignKeyField(Input, index=False)
    concept = ForeignKeyField(Concept, index=False)
    value = SmallIntegerField(default=1)
    status = SmallIntegerField()
    score = DoubleField(null=True)
    region_kind = SmallIntegerField(default=0)
    region = BlobField(default=b"")
    region_key = BigIntegerField(default=0)
    annotator = ForeignKeyField(User, index=False)
    model_version = ForeignKeyField(ModelVersion, null=True, index=False)
    original_concept = ForeignKeyField(Concept, null=True, index=False, backref="+")
    original_key = BigIntegerField(null=True)
    task = ForeignKeyField(Task, null=True, index=False)
    reviewer = ForeignKeyField(User, null=True, index=False, backref="+")
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class GoldAnswer(Table):
    """Whether what a labeler handed in on a gold input of a task was right."""

    task = ForeignKeyField(Task, index=False)
    user = ForeignKeyField(User, index=False)
    input = ForeignKeyField(Input, index=False)
    is_right = BooleanField()
    answered_at = BigIntegerField()

    class Meta:
        """Keyed by what was answered."""

        primary_key = CompositeKey("task", "user", "input")
        without_rowid = True


class Review(Table):
    """One reviewer's verdict on the work of a task on an input."""

    task = ForeignKeyField(Task, index=False)
    input = ForeignKeyField(Input, index=False)
    reviewer = ForeignKeyField(User, index=False)
    labeler = ForeignKeyField(User, null=True, index=False, backref="+")
    verdict = TextField()
    comment = TextField(default="")
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)

    class Meta:
        """Found by what was reviewed."""

        indexes = ((("task", "input"), False),)


class Comment(Table):
    """What somebody says of an input or a region of it; the first of a thread carries `resolved`."""

    task = ForeignKeyField(Task, null=True, index=False)
    input = ForeignKeyField(Input, index=False)
    thread = ForeignKeyField("self", null=True, index=False, backref="+")
    region_kind = SmallIntegerField(default=0)
    region = BlobField(default=b"")
    author = ForeignKeyField(User, index=False)
    text = TextField()
    created_at = BigIntegerField()
    resolved = BooleanField(default=False)
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class Job(Table):
    """A piece of work for the engine, claimed with a lease. Lower `priority` goes first."""

    kind = TextField()
    priority = IntegerField()
    state = TextField()
    task = ForeignKeyField(Task, null=True, index=True)
    model_version = ForeignKeyField(ModelVersion, null=True, index=False)
    payload = JSONField(default=dict)
    owner = TextField(null=True)
    leased_until = BigIntegerField(null=True)
    attempts = IntegerField(default=0)
    place = BigIntegerField(null=True)
    """Where it stands among those of its priority, for parts of a job that was split; else its id says."""
    error = TextField(null=True)
    created_at = BigIntegerField()
    finished_at = BigIntegerField(null=True)


class Engine(Table):
    """A running engine; alive while its heartbeat is young."""

    owner = TextField(unique=True)
    host = TextField()
    pid = IntegerField()
    device = TextField()
    sessions = JSONField(default=list)
    activity = TextField(default="")
    started_at = BigIntegerField()
    heartbeat_at = BigIntegerField()
    stopping = BooleanField(default=False)


class Step(Table):
    """One undoable act of one user; `undone` is the only thing about the past that changes."""

    actor = ForeignKeyField(User, index=False)
    name = TextField()
    created_at = BigIntegerField()
    undone = BooleanField(default=False)

    class Meta:
        """A user's last step is found at once."""

        indexes = ((("actor", "undone", "id"), False),)


class Event(Table):
    """One line of the append-only history: who changed which row, before and after (changed columns only)."""

    step = ForeignKeyField(Step, index=True)
    actor = ForeignKeyField(User, index=False)
    kind = TextField()
    table = TextField(column_name="table_name")
    row = JSONField()
    annotation = IntegerField(null=True)
    before = JSONField(null=True)
    after = JSONField(null=True)
    created_at = BigIntegerField()


class AnnotationCount(Table):
    """How many live annotations an annotator has in a task, by status. Kept by triggers."""

    task = IntegerField()
    annotator = IntegerField()
    status = SmallIntegerField()
    n = IntegerField()

    class Meta:
        """Keyed by what is counted."""

        primary_key = CompositeKey("task", "annotator", "status")
        without_rowid = True


class AssignmentCount(Table):
    """How many assignments a user has on a side of a task, by status. Kept by triggers."""

    task = IntegerField()
    side = TextField()
    user = IntegerField()
    status = SmallIntegerField()
    failed = BooleanField()
    n = IntegerField()

    class Meta:
        """Keyed by what is counted; `failed` tells those whose input has an error."""

        primary_key = CompositeKey("task", "side", "user", "status", "failed")
        without_rowid = True


TABLES: list[type[Table]] = Table.__subclasses__()
