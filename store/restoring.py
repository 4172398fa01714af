"""Restoring: a version of a dataset becomes a dataset again, with what stood on its inputs."""

from __future__ import annotations

from peewee import chunked

from store import dataset_versions, datasets, rights
from store.dataset_versions import Frozen
from store.formats import Statement
from store.long_steps import LongStep
from store.standing import Standing
from store.tables import Dataset, DatasetVersion, Input, User
from store.values import Region, Role, Status

CHUNK = 50
"""Inputs a transaction: others write in between."""


def restore(actor: User, version: DatasetVersion, name: str) -> tuple[Dataset, int]:
    """A new dataset of a version's inputs; returns it and how many annotations were put back.

    Inputs that were deleted since come back. Annotations that no longer stand are added again, said by whom
    they were said by, in no task; what has come since stays. One step, which undo takes back. For owners and
    leads; raises Refused when the name is taken.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    restoring = LongStep(actor, f"restore version {version.number} as {name}")
    with restoring.part() as recorder:
        made = datasets.create(recorder, name)
    added = 0
    for some in chunked(dataset_versions.frozen(version), CHUNK):
        with restoring.part() as recorder:
            gone = Input.select().where(Input.id.in_([one.input for one in some]), Input.deleted == True)
            for row in list(gone):
                recorder.update(row, deleted=False)
            standing = Standing(recorder, str(made.name))
            for one in some:
                standing.go_to(one.input)
                added += sum(bool(standing.say(statement)) for statement in _statements(one))
    return made, added


def _statements(one: Frozen) -> list[Statement]:
    return [
        Statement(
            where=one.path,
            path=one.path,
            concept=line["concept"],
            region=Region.from_json(line["region"]),
            value=line["value"],
            status=Status[line["status"]],
            score=line["score"],
            annotator=line["annotator"],
        )
        for line in one.annotations
    ]
