"""How long a decision takes to commit while many people and the engine write one store, and what kills lose.

`python -m tests.benchmarks.reviewers [SECONDS] [PAUSE]`: 8, then 32 processes, two minutes each, every person
about five decisions a second, the engine in chunks with 20 ms of rest between. In the middle half of the
people are killed with SIGKILL. Afterwards each decision that was acknowledged, through a pipe, is looked for
in the store, and the store is asked whether it keeps its rules.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from store import checks, database
from store.tables import database as opened
from tests import deciding
from tests.winnow_process import ROOT, environment

LIMIT = 50.0
"""Milliseconds: the 99th percentile of one committed decision with 32 people (DESIGN, numbers to reach)."""

PAUSE = 0.2
"""Seconds between two decisions of a person, on average."""


@dataclass
class Run:
    """What the processes of one run said."""

    commits: list[float]
    """Milliseconds of each: an annotation and a submission an input."""
    decided: dict[str, list[int]]
    """By person, the inputs whose decision was acknowledged."""
    routed: int
    """Inputs that the engine wrote."""
    errors: list[str]
    took: float

    def commit(self, share: float) -> float:
        return sorted(self.commits)[int(len(self.commits) * share)]


def run(store: Path, people: int, seconds: float, pause: float) -> Run:
    """Let them all work, and kill every second person half way."""
    command = [sys.executable, "-m", "tests.deciding", str(store)]
    began = time.monotonic()
    engine = _start([*command, "engine", str(seconds), "0.02"], store)
    crowd = {
        f"p{n}": _start([*command, "person", f"p{n}", str(seconds), str(pause)], store) for n in range(people)
    }
    killing = threading.Timer(seconds / 2, _kill, [list(crowd.values())[::2]])
    killing.start()
    said: dict[str, tuple[bytes, bytes]] = {}
    # All pipes are read at once: a full one would stop its process in front of the next decision.
    readers = [
        threading.Thread(target=lambda name, process: said.update({name: process.communicate()}), args=pair)
        for pair in (("engine", engine), *crowd.items())
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    killing.join()
    took = time.monotonic() - began
    lines = {name: out.decode().split("\n")[:-1] for name, (out, _) in said.items()}
    chunks = lines.pop("engine")
    return Run(
        [float(ms) for one in lines.values() for line in one for ms in line.split()[1:]],
        {name: [int(line.split()[0]) for line in one] for name, one in lines.items()},
        sum(int(line.split()[0]) for line in chunks),
        [error.decode().strip().splitlines()[-1] for _, error in said.values() if error.strip()],
        took,
    )


def _start(command: list[str], store: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(store.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _kill(some: list[subprocess.Popen[bytes]]) -> None:
    for process in some:
        process.kill()


def lost(done: Run) -> int:
    """How many acknowledged decisions are not in the open store as they were made."""
    rows = opened.execute_sql(
        "SELECT u.name, a.input_id FROM assignment a JOIN user u ON u.id = a.user_id JOIN task t ON t.id = "
        "a.task_id JOIN annotation n ON n.input_id = a.input_id AND n.task_id = a.task_id AND n.deleted = 0 "
        "AND n.annotator_id = a.user_id AND n.status = a.status "
        f"WHERE t.name = '{deciding.HANDS}' AND a.side = 'label' AND a.open = 0"
    )
    there = set(rows.fetchall())
    return sum((name, input_id) not in there for name, inputs in done.decided.items() for input_id in inputs)


def measure(people: int, seconds: float, pause: float) -> None:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        # Enough that nobody runs out: a person does not decide faster than their pauses allow.
        inputs = int(people * seconds / pause * 1.5)
        store = deciding.prepare(Path(folder) / "project", people, inputs)
        done = run(store, people, seconds, pause)
        database.connect(store)
        gone, broken = lost(done), [finding.sentence for finding in checks.run() if not finding.good]
        database.close()
    decisions = sum(map(len, done.decided.values()))
    sys.stdout.write(
        f"| {people} | {decisions} | {decisions / done.took:.0f} | {done.commit(0.5):.1f} "
        f"| {done.commit(0.95):.1f} | {done.commit(0.99):.1f} | {LIMIT:.0f} | {done.routed / done.took:.0f} "
        f"| {len(done.errors)} | {gone} | {len(broken)} |\n"
    )
    for problem in (*done.errors, *broken):
        sys.stdout.write(f"    {problem}\n")


def main(seconds: float = 120.0, pause: float = PAUSE) -> None:
    """The table."""
    sys.stdout.write(
        "| people | decisions acknowledged | a second | commit p50 ms | p95 ms | p99 ms | limit p99 "
        "| engine, inputs/s | errors | decisions lost | rules broken |\n" + "| --- " * 11 + "|\n"
    )
    for people in (8, 32):
        measure(people, seconds, pause)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
