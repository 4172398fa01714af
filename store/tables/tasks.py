"""Tasks, their people, and who has which input."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CompositeKey,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)

from store.tables.concepts import Concept
from store.tables.inputs import Dataset, Input
from store.tables.models import ModelVersion
from store.tables.project import User
from store.tables.table import Table


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
