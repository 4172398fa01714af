"""Processes that decide on one store: labelers who submit, an engine that writes chunks.

`python -m tests.deciding STORE person NAME SECONDS PAUSE` and `… engine SECONDS REST`. A person writes one
line to stdout for each acknowledged decision: task, input, milliseconds of the commit. Whatever goes
wrong ends the process with a traceback.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from store import (
    assignments,
    database,
    jobs,
    labeling,
    models,
    plans,
    predictions,
    running,
    submitting,
    tasks,
)
from store.bounds import thresholds as thresholds_of
from store.predictions import Router, Said
from store.tables import Task, User
from store.values import Side

HANDS = "by hand"
AUTO = "by model"
MODEL = "efficientnet-lite0"
CONCEPTS = ("tabby", "goldfish", "tench")


def prepare(folder: Path, people: int, inputs: int) -> Path:
    """A store with a partitioned task for so many labelers (p0, p1, …) and an automatic one."""
    store = database.create(folder, "olga")
    database.connect(store)
    olga = User.get()
    database.database.connection().executemany(
        "INSERT INTO input (path, media, sha256, size, width, height, modified_at, added_at, metadata, "
        "deleted, version) VALUES (?, 'image', ?, 1, 1, 1, 0, 0, '{}', 0, 0)",
        [(f"{n:07}.jpg", n.to_bytes(32, "big")) for n in range(inputs)],
    )
    names = [f"p{n}" for n in range(people)]
    plan = {"type": "classification", "concepts": CONCEPTS, "reviewers": ("olga",)}
    tasks.create(olga, plans.Plan(name=HANDS, labelers=names, **plan))  # type: ignore[arg-type]
    auto = tasks.create(olga, plans.Plan(name=AUTO, auto=MODEL, **plan)).task  # type: ignore[arg-type]
    running.start(olga, auto)
    database.close()
    return store


def decide(name: str, seconds: float, pause: float) -> None:
    """Annotate and submit one input after the other, as one who labels by hand does."""
    me = User.get(User.name == name)
    task = Task.get(Task.name == HANDS)
    end = time.monotonic() + seconds
    for input_id in assignments.queue(task, Side.LABEL, me):
        if time.monotonic() > end:
            return
        began = time.perf_counter()
        labeling.add(me, task, input_id, CONCEPTS[input_id % 3])
        between = time.perf_counter()
        submitting.submit(me, task, input_id)
        done = time.perf_counter()
        sys.stdout.write(f"{input_id} {(between - began) * 1000:.3f} {(done - between) * 1000:.3f}\n")
        sys.stdout.flush()
        time.sleep(random.expovariate(1 / pause) if pause else 0)


def annotate(seconds: float, rest: float) -> None:
    """Claim chunks, keep what a model would say and route it, without pause but for `rest`."""
    task = Task.get(Task.name == AUTO)
    known = models.concepts(task.auto)
    router = Router.of(task, thresholds_of(task))
    owner = jobs.new_owner()
    chosen = random.Random(0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for job in jobs.claim(owner, priorities=(0, 10)):
            first, last = job.payload["first"], job.payload["last"]
            answers = {
                i: [Said(known[name].id, chosen.random()) for name in CONCEPTS]
                for i in predictions.waiting_inputs(task, router.annotator, first, last)
            }
            with database.write():
                predictions.keep(task.auto, answers, 0.0)
                predictions.write_chunk(router, job, owner, answers)
            sys.stdout.write(f"{len(answers)} 0 0\n")
            sys.stdout.flush()
        time.sleep(rest)


def main(store: str, role: str, *arguments: str) -> None:
    """One process."""
    database.connect(Path(store), synchronous="NORMAL" if role == "engine" else "FULL")
    if role == "engine":
        annotate(float(arguments[0]), float(arguments[1]))
    else:
        decide(arguments[0], float(arguments[1]), float(arguments[2]))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
