"""From a key press to the last byte that it leads to, through a PTY, beside textual-image.

Run from the checkout: uv run --group benchmarks python -m tests.benchmarks.keys [STEPS]
[--inputs COUNT [--store FOLDER]]: Winnow alone, in a project of so many inputs, which is made in the folder
unless it is there.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks import make_store, scene
from tests.benchmarks.meter import Meter, Step
from tests.pty_rig import Kind

SIZES = ((80, 24), (160, 50))
KINDS: tuple[Kind, ...] = ("kitty", "sixel", "cells")
LIMITS = {"next input": 100, "submit": 100, "accept": 50, "nudge": 50, "box step": 50}
ROWS = 10
"""Concepts of an input that there are to accept, at the least."""
SETTLE = 6.0
"""Seconds until an engine that the app has started is idle."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("steps", nargs="?", type=int, default=20)
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    if given.inputs:
        _large(given.inputs, given.store, given.steps)
    else:
        _small(given.steps)


def _large(inputs: int, folder: Path | None, steps: int) -> None:
    """The label screen on whole inputs with suggestions, among a great many."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        folder = scene.make_large(folder or Path(home) / "large", inputs)
        _tell_heading()
        for size, kind in itertools.product(SIZES, KINDS):
            command = [sys.executable, "-m", "store.cli", "open", make_store.HANDS, "--label"]
            with _meter(command, folder, kind, size, scene.LARGE_WHO) as meter:
                meter.wait_for(lambda: "Classifications (" in meter.text, 90)
                time.sleep(SETTLE)
                # First, so that the next run, which begins at what is open, decides on other inputs.
                meter.step("enter")
                _tell("Winnow", "submit", kind, size, [meter.step("enter") for _ in range(steps)])
                _tell("Winnow", "next input", kind, size, [meter.step("l") for _ in range(steps)])
                _tell("Winnow", "accept", kind, size, [meter.step("a") for _ in range(min(steps, ROWS))])


def _small(steps: int) -> None:
    peer = find_spec("textual_image") is not None
    _tell_heading()
    with tempfile.TemporaryDirectory() as home:
        for size, kind in itertools.product(SIZES, KINDS):
            folder = scene.make_project(Path(home) / f"{kind}{size[0]}")
            _winnow(folder, kind, size, steps)
            for widget in ("winnow", f"peer-{kind}") if peer else ("winnow",):
                _widget(folder, widget, kind, size, steps)


def _tell_heading() -> None:
    print(f"{'':42}{'p50 ms':>8}{'p95 ms':>8}{'bytes':>9}{'CPU ms':>8}{'limit':>7}")


def _winnow(folder: Path, kind: Kind, size: tuple[int, int], steps: int) -> None:
    """The label screen on regions, everything predicted and prepared ahead."""
    command = [sys.executable, "-m", "store.cli", "open", "boxes", "--label"]
    with _meter(command, folder, kind, size) as meter:
        meter.wait_for(lambda: "1/" in meter.text, 90)
        time.sleep(SETTLE)
        meter.step("l")
        _tell("Winnow", "next input", kind, size, [meter.step("l") for _ in range(steps)])
        _tell("Winnow", "accept", kind, size, [meter.step("1") for _ in range(steps)])
        # Of the box that the last key was for, by a step to the right and back.
        meter.step("E")
        turns = [key for _ in range(steps) for key in "LH"][: steps + 1]
        _tell("Winnow", "nudge", kind, size, [meter.step(key) for key in turns][1:])


def _widget(folder: Path, widget: str, kind: Kind, size: tuple[int, int], steps: int) -> None:
    photos = sorted(scene.PHOTOS.glob("*.jpg"))[:6]
    command: list[str | Path] = [sys.executable, "-m", "tests.benchmarks.box_app", widget, *photos]
    name = "Winnow's canvas" if widget == "winnow" else "textual-image"
    with _meter(command, folder, kind, size) as meter:
        meter.wait_for(lambda: "ready" in meter.text, 90)
        for key, what in (("n", "next input"), ("l", "box step")):
            meter.step(key)
            _tell(name, what, kind, size, [meter.step(key) for _ in range(steps)])


def _meter(
    command: Sequence[str | Path], folder: Path, kind: Kind, size: tuple[int, int], who: str = scene.WHO
) -> Meter:
    settings = {**scene.environment(folder), "WINNOW_USER": who}
    return Meter(command, kind=kind, columns=size[0], rows=size[1], environment=settings, directory=folder)


def _tell(who: str, what: str, kind: Kind, size: tuple[int, int], steps: list[Step]) -> None:
    times = sorted(step.milliseconds for step in steps)
    middle = statistics.median(times)
    late = times[min(len(times) - 1, int(0.95 * len(times)))]
    written = statistics.median(step.bytes for step in steps)
    spent = statistics.median(step.processor for step in steps)
    where = f"{what}, {kind} {size[0]}×{size[1]}"
    print(
        f"{where:26}{who:>16}{middle:8.0f}{late:8.0f}{written:9.0f}{spent:8.1f}{LIMITS[what]:7}", flush=True
    )


if __name__ == "__main__":
    main()
