"""How long a decision takes to commit while many people and the engine write one store.

`python -m tests.benchmarks.reviewers [SECONDS]`: 8, then 32 processes, two minutes each, every person about
five decisions a second, the engine in chunks of 32 inputs with 20 ms of rest between.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import deciding
from tests.winnow_process import ROOT, environment

LIMIT = 50.0
"""Milliseconds: the 99th percentile of one committed decision with 32 people (DESIGN, numbers to reach)."""

PAUSE = 0.2
"""Seconds between two decisions of a person, on average."""


def measure(people: int, seconds: float) -> None:
    """One line: how many decided, their times, the engine's inputs a second, and what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        # Enough that nobody runs out: a person does not decide faster than their pauses allow.
        inputs = int(people * seconds / PAUSE * 1.5)
        store = deciding.prepare(Path(folder) / "project", people, inputs)
        command = [sys.executable, "-m", "tests.deciding", str(store)]
        arguments = [["person", f"p{n}", str(seconds), str(PAUSE)] for n in range(people)]
        began = time.monotonic()
        crowd = [_start(command + some, store) for some in [["engine", str(seconds), "0.02"], *arguments]]
        said = [process.communicate() for process in crowd]
        took = time.monotonic() - began
    chunks, *decided = [out.decode().split("\n")[:-1] for out, _ in said]
    commits = sorted(float(ms) for lines in decided for line in lines for ms in line.split()[1:])
    problems = [error.decode().strip().splitlines()[-1] for _, error in said if error.strip()]
    rate = sum(int(line.split()[0]) for line in chunks) / took
    p50, p95, p99 = (commits[int(len(commits) * share)] for share in (0.5, 0.95, 0.99))
    sys.stdout.write(
        f"{people:3} people: {len(commits)} commits, p50 {p50:.1f} p95 {p95:.1f} p99 {p99:.1f} ms "
        f"(limit p99 {LIMIT:.0f}), engine {rate:.0f} inputs/s, {len(problems)} errors\n"
    )
    for problem in problems:
        sys.stdout.write(f"    {problem}\n")


def _start(command: list[str], store: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(store.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    for crowd_size in (8, 32):
        measure(crowd_size, length)
