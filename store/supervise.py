"""The engine as seen from outside: a child process that is started when no heartbeat is seen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store import database, jobs
from store.errors import Refused
from store.tables import Task

POLL = 0.1
STARTING = 30.0
"""Seconds between looks at the store, and until an engine that shows no heartbeat counts as failed."""


@dataclass(frozen=True)
class Progress:
    """How far the engine is with a task, in inputs."""

    waiting: int
    total: int


def log_path() -> Path:
    """Where an engine that was started from here writes what it has to say."""
    return database.path().with_name(f"{database.path().name}.engine.log")


def start_engine(device: str = "auto", *, until_idle: bool = False) -> subprocess.Popen[bytes] | None:
    """Start an engine for the open store in a session of its own, unless one is alive; None if one is.

    It outlives a closed terminal: it ends when there is nothing left to do, `until_idle` at once and else
    after this process is gone.
    """
    jobs.bury_dead()
    if jobs.living():
        return None
    ending = ["--until-idle"] if until_idle else ["--while", str(os.getpid())]
    arguments = ["run", "--store", str(database.path()), "--device", device]
    with log_path().open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "engine", *arguments, *ending],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def run_task(task: Task, waiting: int, *, device: str = "auto") -> Iterator[Progress]:
    """Have an engine work through a task's jobs; see `run`."""
    again = f"winnow task run {task.name}"
    return run(lambda: jobs.queued_inputs(task), waiting, device=device, again=again)


def run(count: Callable[[], int], waiting: int, *, device: str, again: str) -> Iterator[Progress]:
    """Have an engine work through jobs, started for them if none is alive; yields the progress.

    `count` tells how many inputs they still hold, `waiting` how many at first, `again` is the command that
    goes on. Raises Refused when the engine stops before the jobs are done. Closing the iterator stops an
    engine that was started here; what it had finished stays.
    """
    if waiting == 0:
        return
    with _engine(device) as child:
        deadline = time.monotonic() + STARTING
        left = waiting
        yield Progress(left, waiting)
        while left:
            time.sleep(POLL)
            left = count()
            if left and child is not None and child.poll() is not None:
                raise Refused(_ended(child.returncode, again))
            if child is None and not jobs.living():
                if time.monotonic() > deadline:
                    raise Refused(f"the engine is gone; run it again: {again}")
            else:
                deadline = time.monotonic() + STARTING
            yield Progress(left, waiting)


@contextmanager
def _engine(device: str) -> Iterator[subprocess.Popen[bytes] | None]:
    child = start_engine(device, until_idle=True)
    try:
        yield child
    except BaseException:
        if child is not None:
            stop(child)
        raise
    if child is not None:
        child.wait()


def stop(child: subprocess.Popen[bytes], patience: float = 15.0) -> None:
    """Ask an engine that was started here to finish its chunk and end; kill it when it does not."""
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM if os.name == "posix" else signal.SIGINT)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _ended(code: int, again: str) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    said = "" if code < 0 else last_words()
    return f"the engine {how}{': ' + said if said else ''}; what it had finished is kept, go on with: {again}"


def last_words() -> str:
    """The last line of the engine's log, where it says why it could not start."""
    try:
        with log_path().open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 2000))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("winnow engine: ") if said else ""


def wait_for(condition: Callable[[], bool], seconds: float = STARTING) -> bool:
    """Look at the store until `condition` holds; False when it did not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True
