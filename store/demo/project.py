"""The demo's project: made step by step, so that a run that was killed is continued by the next."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from store import adding, database, models, plans, running, sessions, tasks
from store.demo import photos_folder
from store.errors import NotFound, Refused
from store.tables import AnnotationCount, Task, User
from store.values import Status

DATASET = "photos"
MADE = "demo"
"""Where it is kept which tasks were made: one that was renamed or deleted is not made again."""

ANIMALS = (
    "African elephant", "American black bear", "Arabian camel", "bald eagle", "black swan", "brown bear",
    "chickadee", "flamingo", "fox squirrel", "giant panda", "goldfinch", "hen", "ibex", "impala",
    "indigo bunting", "jaguar", "jay", "killer whale", "kit fox", "leopard", "lesser panda", "lynx", "macaw",
    "magpie", "mongoose", "otter", "pelican", "proboscis monkey", "ptarmigan", "sea lion", "vulture",
    "warthog", "white stork", "white wolf",
)  # fmt: skip
OBJECTS = (
    "person", "bird", "cat", "dog", "bear", "elephant", "cow", "car", "bus", "truck", "train", "boat",
    "airplane", "bicycle", "umbrella", "kite",
)  # fmt: skip

PLANS = (
    plans.Plan(
        name="anything",
        type="classification",
        dataset=DATASET,
        assist="efficientnet-lite0",
        instructions="Accept what the picture shows; type what the model does not know.",
    ),
    plans.Plan(
        name="objects",
        type="detection",
        dataset=DATASET,
        auto="efficientdet-lite0",
        concepts=OBJECTS,
        lower=0.35,
        upper=0.65,
        instructions="A box is right when it touches the thing on all four sides.",
    ),
    plans.Plan(
        name="animals",
        type="classification",
        dataset=DATASET,
        auto="efficientnet-lite0",
        concepts=ANIMALS,
        lower=0.35,
        upper=0.85,
        instructions="Is it really this animal? A drawing or a toy is none.",
    ),
)


def open_or_create(folder: Path, owner: str) -> bool:
    """Open the project in `folder`, made and owned by `owner` if there is none; True if it was made."""
    made = False
    if not (folder / database.STORE_NAME).exists():
        database.create(folder, owner)
        made = True
    database.connect(folder.resolve() / database.STORE_NAME)
    return made


def copy_photos(folder: Path) -> Path:
    """Copy the photos that ship into `folder`/photos, so that the project outlives this installation.

    Each appears whole or not at all; what is there stays as it is. Raises Refused when it cannot be
    written.
    """
    target = folder / "photos"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for source in sorted(photos_folder().glob("*.jpg")):
            if not (target / source.name).exists():
                making = target / f".{source.name}.{os.getpid()}"
                shutil.copyfile(source, making)
                making.replace(target / source.name)
    except OSError as error:
        raise Refused(f"{error.filename}: the photos cannot be copied here: {error.strerror}") from error
    return target


def fill(actor: User, folder: Path, on_progress: Callable[[int, int], None]) -> list[Task]:
    """Add the photos and make the tasks that were never made; returns those that are there.

    `on_progress` hears of (done, total) inputs.
    """
    photos = copy_photos(folder)
    adding.add(actor, [photos], DATASET, on_progress=on_progress)
    models.sync()
    made: dict[str, str] = sessions.recall(actor, MADE, {})
    for plan in PLANS:
        if plan.name not in made and not _exists(plan.name):
            with database.write():
                made = {**made, plan.name: str(tasks.create(actor, plan).task.uid)}
                sessions.remember(actor, MADE, made)
    return [task for uid in made.values() if (task := _find(uid)) is not None]


def start(actor: User, made: list[Task]) -> list[tuple[Task, int]]:
    """Queue what the models have not been through; the tasks with a model and how many inputs wait."""
    return [(task, running.start(actor, task)) for task in made if task.auto_id is not None]


def annotations_by_status(task: Task) -> dict[Status, int]:
    """How many annotations a task has, from the counters."""
    counted: dict[Status, int] = {}
    for row in AnnotationCount.select().where(AnnotationCount.task == task.id, AnnotationCount.n > 0):
        status = Status(row.status)
        counted[status] = counted.get(status, 0) + row.n
    return counted


def _exists(name: str) -> bool:
    return _find(name) is not None


def _find(token: str) -> Task | None:
    try:
        return tasks.find(token)
    except NotFound:
        return None
