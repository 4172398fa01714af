"""The project and its people."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CompositeKey, ForeignKeyField, JSONField, TextField

from store.tables.table import Table


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
