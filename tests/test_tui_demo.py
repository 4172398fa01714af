"""The demo: made once, continued by every further run, the same whether it was killed or not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store import database
from store.demo import project as demo
from store.tables import Annotation, Input, Prediction, Task
from store.values import Status

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-m", "store.cli", "--as", "olga", "demo"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, str(folder), "--no-tui", "--device", "cpu", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def rows(folder: Path) -> dict[str, Any]:
    """What there is, in a form that two runs can be compared by."""
    database.connect(folder / "winnow.db")
    said = Annotation.select(
        Annotation.input, Annotation.concept, Annotation.score, Annotation.status, Annotation.region_key
    )
    found = {
        "inputs": Input.select().count(),
        "tasks": sorted(row.name for row in Task.select()),
        "predictions": Prediction.select().count(),
        "annotations": sorted(said.where(Annotation.deleted == False).tuples()),
    }
    database.close()
    return found


def test_a_second_run_doubles_nothing_and_all_three_bands_have_something(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    first = run(folder)
    assert first.returncode == 0, first.stderr
    assert "animals" in first.stdout
    assert "winnow annotation list" in first.stderr
    once = rows(folder)
    assert once["inputs"] == 100
    assert once["tasks"] == ["animals", "anything", "objects"]
    statuses = {row[3] for row in once["annotations"]}
    assert statuses == {Status.SUCCESS, Status.AWAITING_REVIEW}
    assert once["predictions"] > len(once["annotations"])
    second = run(folder)
    assert second.returncode == 0, second.stderr
    assert rows(folder) == once
    assert second.stdout == first.stdout


def test_a_run_that_was_killed_in_the_middle_is_continued(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    child = subprocess.Popen(
        [*DEMO, str(folder), "--no-tui", "--device", "cpu"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    photos = folder / "photos"
    while child.poll() is None and len(list(photos.glob("*.jpg"))) < 40:
        pass
    child.kill()
    child.wait()
    ran = run(folder)
    assert ran.returncode == 0, ran.stderr
    found = rows(folder)
    assert found["inputs"] == 100
    assert found["tasks"] == ["animals", "anything", "objects"]
    assert {row[3] for row in found["annotations"]} == {Status.SUCCESS, Status.AWAITING_REVIEW}


def test_a_task_that_was_renamed_or_deleted_is_not_made_again(project: Any) -> None:
    demo.fill(project.owner, project.folder, lambda done, total: None)
    Task.update(name="beasts").where(Task.name == "animals").execute()
    Task.update(deleted=True).where(Task.name == "objects").execute()
    made = demo.fill(project.owner, project.folder, lambda done, total: None)
    assert sorted(task.name for task in made) == ["anything", "beasts"]
    assert Task.select().count() == 3
    assert not list((project.folder / "photos").glob(".*"))


def test_without_a_terminal_the_demo_says_so_before_it_makes_anything(tmp_path: Path) -> None:
    ran = subprocess.run(
        [*DEMO, str(tmp_path / "none")], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 1
    assert "needs a terminal" in ran.stderr
    assert not (tmp_path / "none").exists()
