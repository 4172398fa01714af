"""What models that are trained here learn from."""

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

from store.tables.inputs import Dataset, Input
from store.tables.models import ModelVersion
from store.tables.project import User
from store.tables.table import Table


class Embedded(Table):
    """Where an input's embedding by a model version stands in the file of this version; or an error."""

    input = ForeignKeyField(Input, index=False)
    model_version = ForeignKeyField(ModelVersion, index=False)
    place = IntegerField(null=True)
    error = TextField(null=True)

    class Meta:
        """Clustered by model version: all of its places are one range scan."""

        primary_key = CompositeKey("model_version", "input")
        without_rowid = True


class Training(Table):
    """How a model is trained, and again after `every` new decisions."""

    name = TextField(unique=True)
    """The model's."""
    dataset = ForeignKeyField(Dataset, null=True, index=False)
    concepts = JSONField()
    """Their names, in the order of the model's outputs."""
    embedder = TextField()
    """The name of the model whose embeddings it learns on."""
    single_label = BooleanField()
    """Whether each input shows exactly one of the concepts."""
    seed = IntegerField()
    every = IntegerField(null=True)
    """How many new decisions have it trained again; null: never by itself."""
    creator = ForeignKeyField(User, index=False)
    event = BigIntegerField()
    """The last event when it learned last: decisions after it are new."""
    outcome = JSONField(null=True)
    """What came of the last time: `version` and `metrics`, or `refused` with the sentence why not."""
    changed_at = BigIntegerField()
