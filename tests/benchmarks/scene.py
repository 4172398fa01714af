"""What the benchmarks look at: a project of photos with answers of both models, made without running any."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from pathlib import Path

from store import adding, database, inputs, models, plans, predictions, tasks, users, worklist
from store.predictions import Answer, Said
from store.tables import Input, ModelVersion
from store.values import Region, Side
from tests.benchmarks import make_store

ROOT = Path(__file__).parent.parent.parent
PHOTOS = ROOT / "store" / "demo" / "photos"
WHO = "olga"
LARGE_WHO, LARGE_PHOTOS = make_store.LABELERS[0], 200
"""Who labels in the large project, and on how many of their inputs there are photos."""


def environment(home: Path) -> dict[str, str | None]:
    """A fresh user with a terminal of 16 million colours, and .pyc files in `home` from the second start."""
    gone = [name for name in os.environ if name.startswith("XDG_")] + ["PYTHONDONTWRITEBYTECODE"]
    settings = {"HOME": str(home), "WINNOW_USER": WHO, "PYTHONPATH": str(ROOT), "COLORTERM": "truecolor"}
    return {**dict.fromkeys(gone), **settings, "PYTHONPYCACHEPREFIX": str(home / "pyc")}


def make_project(folder: Path) -> Path:
    """The tasks "concepts" (twenty suggestions an input) and "boxes" (six), everything predicted."""
    shutil.rmtree(folder, ignore_errors=True)
    database.connect(database.create(folder, WHO))
    shutil.copytree(PHOTOS, folder / "photos")
    olga = users.current(WHO)
    adding.add(olga, [folder / "photos"])
    models.sync()
    drawn = random.Random(7)
    for name, kind, model in (
        ("concepts", "classification", "efficientnet-lite0"),
        ("boxes", "detection", "efficientdet-lite0"),
    ):
        version = models.find(model)
        said = _concepts if kind == "classification" else _boxes
        answers: dict[int, Answer] = {row.id: said(version, drawn) for row in Input.select(Input.id)}
        predictions.keep(version, answers, 0.01)
        tasks.create(olga, plans.Plan(name=name, type=kind, assist=model))
    database.close()
    return folder


def make_large(folder: Path, count: int) -> Path:
    """A project of so many inputs, ten times as many annotations, and photos where its labeler begins.

    What is there already is used again: a million take minutes.
    """
    if not (folder / "winnow.db").exists():
        make_store.make(folder, count, 10 * count)
        database.close()
    database.connect(folder / "winnow.db")
    task, labeler = tasks.find(make_store.HANDS), users.current(LARGE_WHO)
    work = worklist.of(task, Side.LABEL, labeler, [])
    start = work.first_from(None)
    photos = itertools.cycle(sorted(PHOTOS.glob("*.jpg")))
    for input_id, photo in zip(work.inputs[start : start + LARGE_PHOTOS], photos, strict=False):
        place = inputs.absolute(Input.get_by_id(input_id))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, place)
    database.close()
    return folder


def _concepts(version: ModelVersion, drawn: random.Random) -> list[Said]:
    chosen = drawn.sample(sorted(row.id for row in models.concepts(version).values()), 20)
    return sorted((Said(concept, drawn.random() ** 3, None) for concept in chosen), key=lambda s: -s.score)


def _boxes(version: ModelVersion, drawn: random.Random) -> list[Said]:
    chosen = drawn.sample(sorted(row.id for row in models.concepts(version).values()), 6)
    found = []
    for concept in chosen:
        x, y = drawn.uniform(0, 0.6), drawn.uniform(0, 0.6)
        box = Region.from_box(x, y, x + drawn.uniform(0.1, 0.4), y + drawn.uniform(0.1, 0.4))
        found.append(Said(concept, drawn.uniform(0.3, 1), box))
    return sorted(found, key=lambda s: -s.score)
