"""The loop: one engine for a store and device. Two lanes work, a heartbeat tells, a signal ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.device import Device, choose
from engine.lane import Lane
from engine.session import cpu_count
from store import database, jobs, models, training
from store.errors import Refused
from store.printable import printable
from store.tables import Job
from store.values import JobState

GRACE = 1.0
"""Seconds without work after which `--until-idle` ends."""


def log(sentence: str) -> None:
    """One line on stderr, which is the engine's log."""
    sys.stderr.write(f"winnow engine: {printable(sentence)}\n")
    sys.stderr.flush()


class Loop:
    """An engine from its first heartbeat to its last."""

    def __init__(self, device: Device, *, until_idle: bool = False, during: int | None = None) -> None:
        self.device = device
        self.until_idle = until_idle
        self.during = during
        self.owner = jobs.new_owner()
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        urgent = (jobs.INTERACTIVE, jobs.AHEAD)
        self.people = self._lane(urgent, threads=2)
        self.bulk = self._lane((jobs.AHEAD + 1, jobs.BULK), threads=cpu_count())

    def _lane(self, priorities: tuple[int, int], threads: int) -> Lane:
        return Lane(self.owner, self.device, priorities=priorities, threads=threads, stop=self.stop, log=log)

    def run(self) -> None:
        """Work until a signal or a request to stop. With `until_idle` until there is no more work; with the
        process id `during` until that, once this process is gone.

        Raises what ended a lane: Refused for a full disk, for example.
        """
        jobs.bury_dead()
        models.sync()
        self._beat()
        log(f"{self.device.note} {database.path()}")
        threads = [
            threading.Thread(target=self._guarded, args=(self.people, 0), name="people"),
            threading.Thread(target=self._guarded, args=(self.bulk, 19), name="bulk"),
        ]
        try:
            for thread in threads:
                thread.start()
            self._watch()
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
            jobs.farewell(self.owner)
        if self.failure is not None:
            raise self.failure

    def _guarded(self, lane: Lane, niceness: int) -> None:
        """A lane that fails ends the engine: half an engine would look alive and do nothing."""
        try:
            _be_nice(niceness)
            lane.run()
        except BaseException as error:
            self.failure = error
            self.stop.set()
        finally:
            database.close()

    def _watch(self) -> None:
        quiet = time.monotonic()
        while not self.stop.wait(jobs.HEARTBEAT / 1000):
            if self._beat():
                log("asked to stop")
                return
            training.ask_due()
            if not (self.people.idle.is_set() and self.bulk.idle.is_set()) or _work_left():
                quiet = time.monotonic()
            if time.monotonic() - quiet > GRACE and self._may_end():
                return

    def _may_end(self) -> bool:
        return self.until_idle or (self.during is not None and not jobs.process_lives(self.during))

    def _beat(self) -> bool:
        activity = ", ".join(filter(None, (self.people.activity, self.bulk.activity)))
        sessions = self.people.sessions() + self.bulk.sessions()
        jobs.renew(self.owner)
        return jobs.beat(self.owner, device=self.device.name, sessions=sessions, activity=activity)


def _be_nice(niceness: int) -> None:
    """Bulk work steps back for what people wait for; its decode and model threads inherit it."""
    if niceness and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def _work_left() -> bool:
    states = (JobState.QUEUED, JobState.CLAIMED)
    return bool(Job.select(Job.id).where(Job.state.in_(states)).limit(1).exists())


def serve(store: Path, requested: str, *, until_idle: bool = False, during: int | None = None) -> None:
    """Run an engine for the store at `store`, see `Loop.run` for how long.

    Raises Refused when there is one, or when it must end.
    """
    database.connect(store, synchronous="NORMAL")
    with _alone(store, requested):
        loop = Loop(choose(requested), until_idle=until_idle, during=during)
        with _signals(loop.stop):
            loop.run()
    log("stopped")


@contextmanager
def _alone(store: Path, requested: str) -> Iterator[None]:
    """One engine for a store and device on this machine; the kernel frees the lock of a killed one."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with store.with_name(f"{store.name}-engine").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"an engine works on {store} already: see 'winnow engine status'") from None
        yield


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and ctrl+c finish the chunk in work and end; a second ctrl+c does not wait."""

    def ask(number: int, frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
