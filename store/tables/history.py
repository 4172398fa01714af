"""Who did what."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, ForeignKeyField, IntegerField, JSONField, TextField

from store.tables.project import User
from store.tables.table import Table


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
