"""The engine's work, and the engines."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, ForeignKeyField, IntegerField, JSONField, TextField

from store.tables.models import ModelVersion
from store.tables.table import Table
from store.tables.tasks import Task


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
