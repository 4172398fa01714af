"""The wheel holds everything: installed alone in an empty environment it runs the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("store", "engine", "tui", "themes")
MOST = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_is_under_50_megabytes_and_holds_every_file_of_the_rooms(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    files = [name for name in listed if name and (ROOT / name).is_file()]
    if not files:
        pytest.skip("not a git checkout")
    assert [name for name in files if name not in held] == []
    licences = {Path(name).name for name in held if "dist-info/licenses" in name}
    assert licences == {"LICENSE", "NOTICE"}


def install(wheel: Path, place: Path) -> Path:
    """Install the wheel and what it needs, with uv or else pip; returns the folder of its commands."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        steps = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(place)],
            [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), str(wheel)],
        ]
    else:
        pip = str(place / "bin" / "pip")
        steps = [[sys.executable, "-m", "venv", str(place)], [pip, "install", "--quiet", str(wheel)]]
    for step in steps:
        subprocess.run(step, check=True, timeout=280)
    return place / "bin"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_installed_wheel_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    commands = install(wheel, tmp_path / "environment")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "WINNOW_USER": "olga"}

    def winnow(*arguments: str) -> str:
        done = subprocess.run(
            [commands / "winnow", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    winnow("demo", "--no-tui", "--device", "cpu")
    tasks = json.loads(winnow("--store", "winnow-demo", "task", "list", "--json"))
    annotated = [task for task in tasks if any(name.startswith("efficient") for name in task["labelers"])]
    assert len(annotated) == 2
    assert {task["labeling_status"] for task in annotated} == {"SUCCESS"}


def test_no_installed_distribution_owns_our_names() -> None:
    owners = metadata.packages_distributions()
    assert {owner for room in ROOMS for owner in owners.get(room, [])} <= {"winnow-label"}
