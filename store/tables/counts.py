"""How many there are: kept by triggers."""

from __future__ import annotations

from peewee import BooleanField, CompositeKey, IntegerField, SmallIntegerField, TextField

from store.tables.table import Table


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
