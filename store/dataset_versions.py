"""Dataset versions: frozen copies of a dataset with the annotations that a task made of it."""

from __future__ import annotations

from typing import Any

from peewee import chunked, fn

from store import datasets, rights
from store.annotations import on_input
from store.database import now
from store.history import step
from store.tables import DatasetVersion, DatasetVersionInput, Task, User
from store.values import Region, Role, Status


def of_task(actor: User, task: Task) -> DatasetVersion:
    """A new version of the task's dataset: its inputs with what is Success in this task, as it is now.

    It is never taken back: undo is for decisions. For owners and leads.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"new version of dataset '{task.dataset.name}'") as recorder:
        last = DatasetVersion.select(fn.MAX(DatasetVersion.number)).where(
            DatasetVersion.dataset == task.dataset
        )
        made = DatasetVersion.create(
            dataset=task.dataset,
            number=(last.scalar() or 0) + 1,
            creator=actor,
            created_at=now(),
            selection={"task": task.uid, "statuses": [Status.SUCCESS.name]},
        )
        for some in chunked(datasets.inputs(task.dataset), 500):
            DatasetVersionInput.insert_many(
                [
                    {"dataset_version": made, "input": input_id, "annotations": _annotations(task, input_id)}
                    for input_id in some
                ]
            ).execute()
        recorder.note(made, {"number": made.number, "task": task.uid})
    return made


def _annotations(task: Task, input_id: int) -> list[dict[str, Any]]:
    found = []
    for row in on_input(task, input_id):
        region = Region.unpack(row.region_kind, row.region)
        if row.status == Status.SUCCESS:
            found.append(
                {
                    "concept": row.concept.name,
                    "value": row.value,
                    "score": row.score,
                    "region": None if region is None else region.to_json(),
                    "annotator": row.annotator.name,
                }
            )
    return found
