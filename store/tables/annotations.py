"""What inputs are said to show."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, BooleanField, DoubleField, ForeignKeyField, SmallIntegerField

from store.tables.concepts import Concept
from store.tables.inputs import Input
from store.tables.models import ModelVersion
from store.tables.project import User
from store.tables.table import Table
from store.tables.tasks import Task


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
