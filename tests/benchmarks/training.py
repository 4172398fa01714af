"""The share of suggestions that are accepted while a model learns from what is labeled, beside no model.

Run from the checkout: python -m tests.benchmarks.training [FOLDER] [EVERY]

FOLDER has a folder of pictures for each concept, each of which shows that one; without it the demo's photos
with their coarse labels. Somebody who knows the answers labels one picture after the other: accepts the first
suggestion when it is right, and else types the concept. The model learns again after EVERY decisions.
"""

from __future__ import annotations

import csv
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from engine.device import choose
from engine.lane import Lane
from store import (
    adding,
    database,
    embeddings,
    inputs,
    labeling,
    models,
    plans,
    submitting,
    suggestions,
    tasks,
    training,
)
from store.tables import Job, ModelVersion, Task, User
from store.values import JobState
from tests.benchmarks import scene

EMBEDDER = "efficientnet-lite0"
STEPS = 8
"""Rows of the table."""


def main() -> None:
    truth = _of_folders(Path(sys.argv[1])) if len(sys.argv) > 1 else _of_demo()
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as home:
        database.connect(database.create(Path(home), "olga"))
        olga = User.get()
        adding.add(olga, list(truth))
        answers = {key: truth[path] for key, path in inputs.files(range(1, len(truth) + 1))}
        _label(olga, answers, every)
        database.close()


def _of_folders(folder: Path) -> dict[Path, str]:
    return {path.resolve(): path.parent.name for path in sorted(folder.glob("*/*")) if path.is_file()}


def _of_demo() -> dict[Path, str]:
    with (scene.PHOTOS.parent / "labels.csv").open() as lines:
        return {(scene.PHOTOS / row["file"]).resolve(): row["coarse"] for row in csv.DictReader(lines)}


def _label(olga: User, answers: dict[int, str], every: int) -> None:
    names = tuple(sorted(set(answers.values())))
    plan = plans.Plan("by hand", "classification", concepts=names, review="none", assist=EMBEDDER)
    task = tasks.create(olga, plan).task
    version = embeddings.find_embedder(EMBEDDER)
    stop, lane = _engine()
    embeddings.ask(version, answers)
    _done()
    training.remember(olga, training.Plan("learns", names, single_label=True, every=every))
    order = list(answers)
    random.Random(1).shuffle(order)
    hits: list[int] = []
    waits: list[float] = []
    for key in order:
        hits.append(int(_decide(olga, task, key, answers[key])))
        began = time.perf_counter()
        if training.ask_due():
            _done()
            waits.append(time.perf_counter() - began)
            _assisted_by_it(task)
    stop.set()
    lane.join()
    _table(hits, len(names), every)
    learned = f"it learned {len(waits)} times, in {statistics.median(waits):.2f} s (median), "
    print(learned + f"the last time in {waits[-1]:.2f} s, predictions included")


def _decide(olga: User, task: Task, key: int, answer: str) -> bool:
    """Whether the first suggestion is right, and so accepted."""
    said = suggestions.of(Task.get_by_id(task.id), key, olga) or []
    right = bool(said) and said[0].concept == answer
    if right:
        labeling.accept(olga, task, key, said[0])
    else:
        labeling.add(olga, task, key, answer)
    submitting.submit(olga, task, key)
    return right


def _assisted_by_it(task: Task) -> None:
    """The first version is chosen by hand, as in the app's form; the later ones come by themselves."""
    newest = ModelVersion.select().order_by(ModelVersion.id.desc()).get()
    if newest.number == 1 and newest.model.name == "learns":
        Task.update(assist=models.find("learns")).where(Task.id == task.id).execute()


def _engine() -> tuple[threading.Event, threading.Thread]:
    stop = threading.Event()
    lane = Lane("benchmark", choose("cpu"), priorities=(0, 10), threads=2, stop=stop, log=print)
    thread = threading.Thread(target=lane.run)
    thread.start()
    return stop, thread


def _done() -> None:
    waiting = Job.select().where(Job.state.in_((JobState.QUEUED, JobState.CLAIMED)))
    while waiting.exists():
        time.sleep(0.02)


def _table(hits: list[int], concepts: int, every: int) -> None:
    print(f"{len(hits)} pictures, {concepts} concepts, learning again after every {every} decisions")
    print("| decisions | first suggestion accepted | without a model |\n| --- | --- | --- |")
    for step in range(STEPS):
        first, last = step * len(hits) // STEPS, (step + 1) * len(hits) // STEPS
        print(f"| {first + 1}–{last} | {100 * statistics.mean(hits[first:last]):.0f}% | 0% |")


if __name__ == "__main__":
    main()
