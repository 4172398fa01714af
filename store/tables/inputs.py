"""Inputs, and the datasets they are in."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from store.tables.project import User
from store.tables.table import PathField, Table


class Input(Table):
    """An image or a text to be labeled."""

    path = PathField(unique=True)
    media = TextField()
    sha256 = BlobField(index=True)
    size = BigIntegerField()
    width = IntegerField(default=0)
    height = IntegerField(default=0)
    modified_at = BigIntegerField()
    added_at = BigIntegerField()
    error = TextField(null=True)
    metadata = JSONField(default=dict)
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class Dataset(Table):
    """A named set of inputs."""

    name = TextField(unique=True)
    created_at = BigIntegerField()
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)


class DatasetInput(Table):
    """An input's membership in a dataset."""

    dataset = ForeignKeyField(Dataset, index=False)
    input = ForeignKeyField(Input, index=True)

    class Meta:
        """Clustered by dataset, so that a dataset is one range scan."""

        primary_key = CompositeKey("dataset", "input")
        without_rowid = True


class DatasetVersion(Table):
    """A frozen copy of a dataset."""

    dataset = ForeignKeyField(Dataset, index=False)
    number = IntegerField()
    creator = ForeignKeyField(User, index=False)
    created_at = BigIntegerField()
    selection = JSONField(default=dict)

    class Meta:
        """Numbered from 1 within its dataset."""

        indexes = ((("dataset", "number"), True),)


class DatasetVersionInput(Table):
    """An input of a frozen dataset with its annotations as they were."""

    dataset_version = ForeignKeyField(DatasetVersion, index=False)
    input = ForeignKeyField(Input, index=False)
    annotations = JSONField()

    class Meta:
        """Clustered by version."""

        primary_key = CompositeKey("dataset_version", "input")
        without_rowid = True
