"""What is said of people's work: verdicts, comments, and whether known answers were hit."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    SmallIntegerField,
    TextField,
)

from store.tables.inputs import Input
from store.tables.project import User
from store.tables.table import Table
from store.tables.tasks import Task


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
