"""What models said of inputs."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BlobField,
    CompositeKey,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)

from store.tables.concepts import Concept
from store.tables.inputs import Input
from store.tables.models import ModelVersion
from store.tables.table import Table


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
