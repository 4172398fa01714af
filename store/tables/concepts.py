"""What inputs and regions can be labeled as."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, ForeignKeyField, TextField

from store.tables.table import Table


class Concept(Table):
    """What an input or region can be labeled as. Known names that nobody uses yet have not joined."""

    name = TextField(unique=True)
    joined = BooleanField(default=False)
    version = BigIntegerField(default=0)


class ConceptRelation(Table):
    """source is a <kind> of target; `renames` marks a model's name (source) that people renamed to target."""

    source = ForeignKeyField(Concept, backref="+")
    target = ForeignKeyField(Concept, backref="+")
    kind = TextField()
    renames = BooleanField(default=False)
    deleted = BooleanField(default=False)
    version = BigIntegerField(default=0)

    class Meta:
        """One relation of a kind between two concepts."""

        indexes = ((("source", "target", "kind"), True),)
