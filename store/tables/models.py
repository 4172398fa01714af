"""Models, and the workflows made of them."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from store.tables.concepts import Concept
from store.tables.project import User
from store.tables.table import Table


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
