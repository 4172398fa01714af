"""What holds up the screen's thread while somebody labels, the engine and a bulk job beside it.

Run from the checkout: python -m tests.benchmarks.stalls [INPUTS] [PICTURES]
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image

from store import adding, database, jobs, plans, running, tasks, users
from tests.benchmarks import scene
from tests.benchmarks.meter import Meter

MODEL = "mobilenet-v2"
NOTED = 4.0
"""Milliseconds from which on a turn of the event loop is noted, with what it did."""
PACE = 0.4
"""Seconds between two keys."""
SIZE = (1500, 1000)
"""Pixels of the pictures of the bulk job."""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    pictures = int(sys.argv[2]) if len(sys.argv) > 2 else 800
    with tempfile.TemporaryDirectory() as home:
        folder = scene.make_project(Path(home) / "p")
        _add_bulk(folder, pictures)
        try:
            for task in ("boxes", "concepts"):
                found, worked = _label(folder, task, count)
                _tell(task, found, worked)
        finally:
            _stop_engine(folder)


def _add_bulk(folder: Path, count: int) -> None:
    """The task "bulk" on so many other pictures, its jobs queued."""
    database.connect(folder / "winnow.db")
    (folder / "more").mkdir()
    for number, photo in enumerate(islice(cycle(sorted(scene.PHOTOS.glob("*.jpg"))), count)):
        with Image.open(photo) as image:
            cut = image.convert("RGB").crop((number % 7, number % 11, 500, 340 + number // 100))
            cut.resize(SIZE).save(folder / "more" / f"{number:05}.jpg")
    olga = users.current(scene.WHO)
    adding.add(olga, [folder / "more"], "more")
    plan = plans.Plan(name="bulk", type="classification", dataset="more", auto=MODEL)
    running.start(olga, tasks.create(olga, plan).task)
    database.close()


def _stop_engine(folder: Path) -> None:
    """It would finish its work in the background."""
    settings = {**os.environ, **scene.environment(folder)}
    environment = {name: value for name, value in settings.items() if value is not None}
    command = [sys.executable, "-m", "store.cli", "engine", "stop"]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    database.connect(folder / "winnow.db")
    until = time.monotonic() + 30
    while jobs.living() and time.monotonic() < until:
        time.sleep(0.1)
    database.close()


def _label(folder: Path, task: str, count: int) -> tuple[dict[str, Any], bool]:
    """Accepts what is first, submits, again and again; whether the bulk job outlasted it as well."""
    noted = folder / "stalls.json"
    command = [sys.executable, "-m", "tests.benchmarks.stalls", "--watched", str(noted), task]
    with Meter(command, environment=scene.environment(folder), directory=folder) as meter:
        meter.wait_for(lambda: "1/" in meter.text, 90)
        time.sleep(3)
        os.kill(meter.process.pid, signal.SIGUSR1)
        for _ in range(count):
            for key in ("1", "enter"):
                meter.press(key)
                time.sleep(PACE)
        os.kill(meter.process.pid, signal.SIGUSR1)
        meter.wait_for(noted.exists, 30)
    found: dict[str, Any] = json.loads(noted.read_text())
    noted.unlink()
    database.connect(folder / "winnow.db")
    bulk = tasks.find("bulk")
    works = jobs.open_count(bulk) > 0
    database.close()
    return found, works


def _tell(task: str, found: dict[str, Any], works: bool) -> None:
    turns = sorted(found["turns"])
    beside = "bulk job beside it" if works else "THE BULK JOB ENDED BEFORE"
    print(f"\n{task}: {len(turns)} turns of the event loop, {beside}; milliseconds of the processor")
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    print("  " + "  ".join(f"{name} {turns[int(share * len(turns))]:.1f}" for name, share in shares.items()))
    lasted = sorted(found["lasted"])
    late = lasted[int(0.99 * len(lasted))]
    print(f"  most {turns[-1]:.1f}; with waiting for a processor: p99 {late:.1f}, most {lasted[-1]:.0f}")
    for place, spent in sorted(found["places"].items(), key=lambda item: -sum(item[1]))[:12]:
        print(f"  {len(spent):4} × over {NOTED:.0f} ms, most {max(spent):5.1f}: {place}")


class Watched:
    """Times each turn of the event loop, and looks every few milliseconds at what a long one does."""

    def __init__(self, noted: Path) -> None:
        self._noted = noted
        self._on = False
        self._turns: list[float] = []
        self._lasted: list[float] = []
        self._places: dict[str, list[float]] = defaultdict(list)
        self._began = 0.0
        self._seen: list[str] = []
        self._thread = threading.main_thread().ident
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            self._seen = []
            spent, self._began = time.thread_time(), time.perf_counter()
            run(handle)
            self._note(1000 * (time.thread_time() - spent), 1000 * (time.perf_counter() - self._began))

        asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]
        signal.signal(signal.SIGUSR1, self._turn)

    def _note(self, spent: float, lasted: float) -> None:
        self._began = 0.0
        if self._on:
            self._turns.append(spent)
            self._lasted.append(lasted)
            if spent >= NOTED:
                self._places[max(self._seen, key=self._seen.count, default="not seen")].append(spent)

    def _turn(self, *_: object) -> None:
        self._on = not self._on
        if self._on:
            threading.Thread(target=self._look, daemon=True).start()
            return
        found = {"turns": self._turns, "lasted": self._lasted, "places": self._places}
        part = self._noted.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(self._noted)

    def _look(self) -> None:
        while self._on:
            time.sleep(0.002)
            if self._began and time.perf_counter() - self._began > 0.002:
                frame = sys._current_frames().get(self._thread or 0)
                lines = []
                while frame is not None:
                    path = Path(frame.f_code.co_filename)
                    if path.is_relative_to(scene.ROOT) and ".venv" not in path.parts:
                        lines.append(f"{path.relative_to(scene.ROOT)} {frame.f_code.co_name}")
                    elif not lines and "textual" in path.parts:
                        lines.append(f"textual {path.stem} {frame.f_code.co_name}")
                    frame = frame.f_back
                self._seen.append(" < ".join(lines[:3]))


def watched(noted: str, task: str) -> int:
    """The app, watched from a first signal on; with a second one it writes down what was seen."""
    from store.cli import call, winnow

    Watched(Path(noted))
    return call(winnow, ["open", task, "--label"], name="winnow")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watched"]:
        raise SystemExit(watched(*sys.argv[2:]))
    main()
