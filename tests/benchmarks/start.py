"""Start to first frame, memory of a session, and what it costs to do nothing.

Run from the checkout: python -m tests.benchmarks.start
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import scene
from tests.benchmarks.meter import Meter

STARTS = 9
IDLE = 20.0
MINIMAL = "import sys; from textual.app import App; App().run()"
"""What is compared with: a Textual app with nothing in it."""
VIEWER = "… until its viewer is there"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = scene.make_project(Path(home) / "p")
        _starts(folder)
        _idle(folder)


def _starts(folder: Path) -> None:
    """The median of interleaved starts; the first of each kind, which writes .pyc files, is left out."""
    command = [sys.executable, "-m", "store.cli"]
    kinds = {"winnow": command, "winnow open TASK": [*command, "open", "concepts", "--label"]}
    kinds[VIEWER] = kinds["winnow open TASK"]
    kinds["empty Textual app"] = [sys.executable, "-c", MINIMAL]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for _ in range(STARTS + 1):
        for name, arguments in kinds.items():
            times[name].append(_start(folder, arguments, "1/" if name == VIEWER else ""))
    print(f"{'start to first frame':28} {'ms, median':>10} {'least':>8} {'CPU ms':>8}   limit 500 ms")
    for name, found in times.items():
        wall = [one for one, _ in found[1:]]
        spent = statistics.median(one for _, one in found[1:])
        print(f"{name:28} {statistics.median(wall):10.0f} {min(wall):8.0f} {spent:8.0f}")


def _start(folder: Path, command: list[str], shown: str = "") -> tuple[float, float]:
    """Milliseconds to the first frame, or until `shown` can be read, and the processor's until then."""
    began = time.perf_counter()
    with Meter(command, environment=scene.environment(folder), directory=folder) as meter:
        meter.wait_for(lambda: meter.first_frame is not None)
        if shown:
            meter.wait_for(lambda: shown in meter.text)
            return 1000 * (time.perf_counter() - began), meter.processor_milliseconds()
        assert meter.first_frame is not None
        return 1000 * (meter.first_frame - began), meter.processor_milliseconds()


def _idle(folder: Path) -> None:
    """The app in front of a picture for `IDLE` seconds, its engine beside it."""
    command = [sys.executable, "-m", "store.cli", "open", "concepts", "--label"]
    with Meter(command, environment=scene.environment(folder), directory=folder) as meter:
        meter.wait_for(lambda: "1/" in meter.text)
        engine = _engine(folder)
        for _ in range(20):
            meter.step("l")
        time.sleep(3)
        pids = {"app": meter.process.pid, "engine": engine}
        before = {name: _seconds(pid) for name, pid in pids.items()}
        time.sleep(IDLE)
        print(f"\n{'after 20 inputs':24} {'PSS MB':>10} {'RSS MB':>8} {'idle CPU %':>10}")
        for name, pid in pids.items():
            pss, rss = _memory(pid)
            share = 100 * (_seconds(pid) - before[name]) / IDLE
            print(f"{name:28} {pss:10.1f} {rss:8.1f} {share:10.2f}")
        print(f"{'limit':24} {80:10}")


def _engine(folder: Path) -> int:
    """The process id of the engine that the app has started."""
    command = [sys.executable, "-m", "store.cli", "engine", "status", "--json"]
    settings = {**os.environ, **scene.environment(folder)}
    environment = {name: value for name, value in settings.items() if value is not None}
    for _ in range(60):
        said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if '"pid"' in said.stdout:
            return int(said.stdout.split('"pid":')[1].split(",")[0])
        time.sleep(0.5)
    raise SystemExit("the engine has not come")


def _seconds(pid: int) -> float:
    """Processor time of a process, all its threads."""
    spent = (int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(spent) / 1e9


def _memory(pid: int) -> tuple[float, float]:
    """PSS and RSS in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("Pss:", "Rss:"))
    }
    return sizes["Pss"], sizes["Rss"]


if __name__ == "__main__":
    main()
