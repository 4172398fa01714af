"""The real commands as real processes: `winnow …` and the engine, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def environment(home: Path) -> dict[str, str]:
    """What a fresh user has: an empty home, no settings of Winnow, and the checkout to import."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WINNOW_", "XDG_"))}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "WINNOW_USER": "olga", "NO_COLOR": "1"}


def winnow(folder: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `winnow` in a folder and check its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "store.cli", *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
    )
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def winnow_json(folder: Path, *arguments: str | Path) -> Any:
    """What a command prints as JSON."""
    return json.loads(winnow(folder, *arguments, "--json").stdout)


def start(folder: Path, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """Start `winnow` in a folder in a process group of its own and go on; its stderr is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "store.cli", *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for a condition; fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come in time"
        time.sleep(0.02)
