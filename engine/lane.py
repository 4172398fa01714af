"""A lane: claims jobs of some priorities, streams their inputs through models, writes each chunk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.batching import predict_many
from engine.device import Device
from engine.opening import Models
from engine.predictor import Predictor
from engine.session import ModelError
from engine.work import Bench, Listener, Work, errand_of, kind_of
from store import jobs
from store.database import data_version
from store.errors import Conflict, Refused
from store.tables import Job, ModelVersion

POLL = 0.05
"""Seconds between looks for work while there is none; a look costs 10 µs when nothing was written."""

RECHECK = 5.0
"""Seconds after which jobs are looked for though nothing was written: leases of the dead run out."""


@dataclass
class Opened:
    """A model version ready to run."""

    predictor: Predictor
    listener: Listener


class Lane:
    """One thread's share of the engine. Everything in it runs on the thread that calls `run`."""

    def __init__(
        self,
        owner: str,
        device: Device,
        *,
        priorities: tuple[int, int],
        threads: int,
        stop: threading.Event,
        log: Callable[[str], None],
    ) -> None:
        self.owner = owner
        self.priorities = priorities
        self.threads = threads
        self.stop = stop
        self.log = log
        self.activity = ""
        self.idle = threading.Event()
        self._models = Models(device, log)
        self._opened: dict[int, Opened] = {}
        self._next: Work | None = None
        self._errand: Job | None = None

    def sessions(self) -> list[dict[str, str]]:
        """The models this lane has open and the provider that each really runs on."""
        return self._models.described()

    def run(self) -> None:
        """Work until `stop` is set; `idle` tells that there is nothing to do."""
        seen, waited = -1, RECHECK
        while not self.stop.is_set():
            version = data_version()
            if version == seen and waited < RECHECK:
                self.idle.set()
                self.stop.wait(POLL)
                waited += POLL
                continue
            seen, waited = version, 0.0
            while not self.stop.is_set() and (self._next or self._errand or jobs.waiting(self.priorities)):
                self.idle.clear()
                self._serve()
            self.activity = ""

    def _serve(self) -> None:
        """Claim jobs and work through them, as one stream for as long as they are for one model."""
        if self._errand is not None and self._next is None:
            self._run(self._errand)
            self._errand = None
            return
        work = self._next or self._claim()
        self._next = None
        if work is None:
            return
        try:
            opened = self._open(work.version)
        except (ModelError, Refused) as error:
            self._fail(work.job, str(error))
            return
        self._stream(work, opened)

    def _open(self, version: ModelVersion) -> Opened:
        if version.id not in self._opened:
            self._opened[version.id] = Opened(self._models.predictor(version), Listener(version))
        return self._opened[version.id]

    def _claim(self) -> Work | None:
        """The next job that has something to do; those that do not are finished on the way."""
        while not self.stop.is_set() and self._errand is None:
            claimed = jobs.claim(self.owner, priorities=self.priorities)
            if not claimed:
                return None
            work = self._plan(claimed[0])
            if work is not None:
                return work
        return None

    def _plan(self, job: Job) -> Work | None:
        try:
            if errand_of(job) is not None:
                # It ends the stream, if there is one, and has its turn then.
                self._errand = job
                return None
            work = kind_of(job).plan(job)
            if work is None:
                jobs.finish(job, self.owner)
            elif job.attempts > 1 and len(work.pending) > 1:
                # It may be one of its inputs that killed the engine: let that one stand alone.
                jobs.split(job, self.owner, _parts(job, work))
                return None
            return work
        except (ModelError, Refused) as error:
            self._fail(job, str(error))
            return None

    def _run(self, job: Job) -> None:
        """Do an errand."""
        errand = errand_of(job)
        assert errand is not None
        self.activity = job.kind
        try:
            errand.run(job, Bench(self.owner, self._models, self.threads, self.stop, self.log))
        except (ModelError, Refused) as error:
            self._fail(job, str(error))

    def _stream(self, first: Work, opened: Opened) -> None:
        """Feed one model from job to job, so that decoding never waits for a chunk to be written."""
        works: deque[Work] = deque()
        by_job: dict[int, Work] = {}

        def feed() -> Iterator[tuple[tuple[int, int], Path]]:
            work: Work | None = first
            while work is not None:
                if work is not first and not _goes_with(work, first):
                    self._next = work
                    return
                by_job[work.job.id] = work
                works.append(work)
                for input_id, path in work.pending:
                    yield (work.job.id, input_id), path
                work = None if _suspect(work) else self._claim()

        predictor = opened.predictor.lowered(min(_lowest(first), opened.listener.floor))
        self.activity = f"{opened.listener.title}: {first.job.kind}"
        heard = predict_many(feed(), predictor, threads=self.threads, stop=self.stop)
        for (job_id, input_id), result in heard:
            work = by_job[job_id]
            if isinstance(result, list):
                said, work.kept_from[input_id] = opened.listener.hear(result, work.wanted)
                work.written[input_id] = opened.listener.written(result)
                work.fresh[input_id] = said
            else:
                work.fresh[input_id] = str(result)
            self._write_complete(works)
        self._write_complete(works)

    def _write_complete(self, works: deque[Work]) -> None:
        """Chunks are written in the order in which they were claimed, so that dealing is repeatable."""
        while works and works[0].complete:
            work = works.popleft()
            try:
                kind_of(work.job).write(work, self.owner)
            except Conflict as error:
                self.log(f"job {work.job.id}: {error}")

    def _fail(self, job: Job, sentence: str) -> None:
        self.log(f"job {job.id}: {sentence}")
        try:
            jobs.finish(job, self.owner, error=sentence)
        except Conflict as error:
            self.log(f"job {job.id}: {error}")


def _goes_with(work: Work, first: Work) -> bool:
    """Whether a work can go through the model in one stream with the first one."""
    same = work.version.id == first.version.id and _lowest(work) >= _lowest(first)
    return same and not _suspect(work)


def _suspect(work: Work) -> bool:
    """Whether an engine died while it had this work: it goes alone, so that it takes no other with it."""
    return bool(work.job.attempts > 1)


def _lowest(work: Work) -> float:
    return min(work.wanted.values(), default=1.0)


def _parts(job: Job, work: Work) -> list[dict[str, object]]:
    """One payload for each input of a job, the stored ones included."""
    ids = sorted({input_id for input_id, _ in work.pending} | set(work.stored))
    if "inputs" in job.payload:
        return [{"inputs": [input_id], "count": 1} for input_id in ids]
    return [{"first": input_id, "last": input_id, "count": 1} for input_id in ids]
