"""A lane: every claimed job is worked on, whichever model it needs, and a suspect one stands alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import batching, lane
from engine.device import choose
from engine.lane import Lane
from store import adding, jobs, plans, running, tasks
from store.tables import Assignment, Input, Job, Task
from store.values import JobState, Side, Status
from tests.conftest import Project
from tests.pictures import picture


def make(project: Project, name: str, model: str = "mobilenet-v2", concept: str = "tabby") -> Task:
    kind = "detection" if "det" in model else "classification"
    plan = plans.Plan(name, kind, auto=model, concepts=[concept], lower=0.0, upper=1.0)
    task = tasks.create(project.owner, plan).task
    running.start(project.owner, task)
    return task


@pytest.fixture
def pictures(project: Project) -> list[Path]:
    made = [picture(project.folder / "in" / f"{n}.png", 60 * n, size=(32, 32)) for n in range(3)]
    adding.add(project.owner, made)
    return made


def work_off(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Run a lane until nothing is open; returns the inputs of each stream."""
    streams: list[list[int]] = []

    def watched(items: Any, *arguments: Any, **named: Any) -> Iterator[Any]:
        mine: list[int] = []
        streams.append(mine)

        def seen() -> Iterator[Any]:
            for key, path in items:
                mine.append(key[1])
                yield key, path

        yield from batching.predict_many(seen(), *arguments, **named)

    monkeypatch.setattr(lane, "predict_many", watched)
    stop = threading.Event()
    said: list[str] = []
    one = Lane("me", choose("cpu"), priorities=(0, 10), threads=1, stop=stop, log=said.append)
    worker = threading.Thread(target=one.run)
    worker.start()
    deadline = threading.Event()
    for _ in range(600):
        if not Job.select().where(Job.state.in_((JobState.QUEUED, JobState.CLAIMED))).exists():
            break
        deadline.wait(0.1)
    stop.set()
    worker.join(30)
    return streams


def test_jobs_of_several_models_are_all_done(
    project: Project, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        make(project, "a"),
        make(project, "b", "efficientnet-lite0"),
        make(project, "c", concept="hen"),
        make(project, "d", "efficientdet-lite0", "dog"),
    ]
    work_off(monkeypatch)
    assert {job.state for job in Job.select()} == {JobState.DONE}
    for task in made:
        works = Assignment.select().where(Assignment.task == task, Assignment.side == Side.LABEL)
        assert {work.status for work in works} <= {Status.SUCCESS, Status.AWAITING_REVIEW}


def test_what_an_engine_died_of_goes_alone_and_gives_up_after_three(
    project: Project, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make(project, "a")
    make(project, "b", concept="hen")
    first = Job.select().order_by(Job.id).get()
    dead = jobs.claim("dead", priorities=(0, 10))
    assert [job.id for job in dead] == [first.id]
    Job.update(leased_until=0).where(Job.owner == "dead").execute()
    streams = work_off(monkeypatch)
    ids = [row.id for row in Input.select().order_by(Input.id)]
    assert sorted(streams) == sorted([ids, *([one] for one in ids)])
    assert jobs.failures(task) == []

    again = make(project, "c", concept="goldfish")
    for _ in range(jobs.MOST_ATTEMPTS):
        (held,) = jobs.claim("dead", priorities=(0, 10))
        Job.update(leased_until=0).where(Job.id == held.id).execute()
    assert jobs.claim("dead", priorities=(0, 10)) == []
    assert jobs.failures(again) == ["the engine died three times while working on this"]
    assert running.start(project.owner, again) == len(ids)
    assert jobs.failures(again) == []


def test_a_job_of_an_unknown_kind_fails_with_a_sentence(
    project: Project, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = jobs.enqueue("dance", {}, priority=jobs.BULK)
    work_off(monkeypatch)
    job = Job.get_by_id(job.id)
    assert (job.state, job.error) == (JobState.FAILED, "this engine knows no jobs of the kind dance")


def test_only_the_holder_of_a_lease_finishes_a_job(project: Project, pictures: list[Path]) -> None:
    make(project, "a")
    (mine,) = jobs.claim("one", priorities=(0, 10))
    Job.update(leased_until=0).where(Job.id == mine.id).execute()
    (theirs,) = jobs.claim("two", priorities=(0, 10))
    assert theirs.id == mine.id
    with pytest.raises(jobs.Conflict):
        jobs.finish(mine, "one")
    jobs.finish(theirs, "two")
    assert Job.get_by_id(mine.id).state == JobState.DONE


def test_predictions_that_are_there_are_routed_without_the_model(
    project: Project, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans.Plan("a", "classification", auto="mobilenet-v2", concepts=["tabby"], lower=0.01, upper=1.0)
    running.start(project.owner, tasks.create(project.owner, plan).task)
    assert [len(stream) for stream in work_off(monkeypatch)] == [3]
    again = plans.Plan("b", "classification", auto="mobilenet-v2", concepts=["hen"], lower=0.5, upper=1.0)
    running.start(project.owner, tasks.create(project.owner, again).task)
    assert [len(stream) for stream in work_off(monkeypatch)] == [0]
    works = Assignment.select().where(Assignment.side == Side.LABEL)
    assert {work.status for work in works} <= {Status.SUCCESS, Status.AWAITING_REVIEW}


def test_the_parts_of_a_job_go_where_it_stood(project: Project) -> None:
    for number in range(3):
        jobs.enqueue("predict", {"inputs": [number]}, priority=jobs.BULK)
    (first,) = jobs.claim("me", priorities=(0, 10))
    jobs.split(first, "me", [{"inputs": [10]}, {"inputs": [11]}])
    (part,) = jobs.claim("me", priorities=(0, 10))
    jobs.split(part, "me", [{"inputs": [20]}])
    order = [jobs.claim("me", priorities=(0, 10))[0].payload["inputs"][0] for _ in range(4)]
    assert order == [11, 20, 1, 2]
    jobs.enqueue("predict", {"inputs": [30]}, priority=jobs.INTERACTIVE)
    assert jobs.claim("me", priorities=(0, 10))[0].payload["inputs"] == [30]
