"""Many real processes decide on one store; half of them are killed; nothing acknowledged is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from store import checks, database, history
from store.errors import Conflict
from store.tables import Annotation, Assignment, Task, User
from store.values import Side, Status
from tests import deciding
from tests.winnow_process import ROOT, environment, wait_until

PEOPLE = 8
SECONDS = 60.0


def start(store: Path, errors: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of `deciding`; what it acknowledges comes through a pipe."""
    with errors.open("ab") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.deciding", str(store), *arguments],
            cwd=ROOT,
            env=environment(store.parent),
            stdout=subprocess.PIPE,
            stderr=stderr,
        )


def decisions() -> int:
    """How many inputs of the labelers' task have been handed in."""
    done = Assignment.select().where(
        Assignment.side == Side.LABEL, Assignment.status == Status.AWAITING_REVIEW
    )
    return int(done.where(Assignment.task == Task.get(Task.name == deciding.HANDS)).count())


@pytest.mark.slow
def test_no_acknowledged_decision_is_lost_when_half_of_all_are_killed(tmp_path: Path) -> None:
    store = deciding.prepare(tmp_path / "project", PEOPLE, 4000)
    errors = tmp_path / "errors"
    names = [f"p{n}" for n in range(PEOPLE)]
    people = {name: start(store, errors, "person", name, str(SECONDS), "0") for name in names}
    engine = start(store, errors, "engine", str(SECONDS), "0.02")
    database.connect(store)

    def everybody_has_decided() -> bool:
        done = Assignment.select(Assignment.user).where(
            Assignment.side == Side.LABEL, Assignment.status == Status.AWAITING_REVIEW
        )
        assert not any(process.poll() for process in people.values()), errors.read_text()
        return len(set(done.scalars())) > PEOPLE

    wait_until(everybody_has_decided, 30)
    before = decisions()
    wait_until(lambda: decisions() > before + 100, 30)
    for name in names[::2]:
        people[name].kill()
    wait_until(lambda: all(people[name].poll() is not None for name in names[::2]))
    left = decisions()
    wait_until(lambda: decisions() > left + 50, 30)
    for process in (*people.values(), engine):
        process.terminate()
    said = {name: process.communicate(timeout=20)[0] for name, process in people.items()}
    engine.communicate(timeout=20)

    assert errors.read_text() == ""
    task = Task.get(Task.name == deciding.HANDS)
    decided = 0
    for name, lines in said.items():
        # A last line without its end was cut off by the kill: it was not yet acknowledged.
        for line in lines.decode().split("\n")[:-1]:
            input_id = int(line.split()[0])
            mine = Assignment.get(
                Assignment.task == task,
                Assignment.side == Side.LABEL,
                Assignment.user == User.get(User.name == name),
                Assignment.input == input_id,
            )
            (made,) = Annotation.select().where(
                Annotation.task == task, Annotation.input == input_id, Annotation.deleted == False
            )
            assert mine.status == made.status == Status.AWAITING_REVIEW
            decided += 1
    assert decided > 2 * PEOPLE
    broken = [finding.sentence for finding in checks.run() if not finding.good]
    assert broken == []
    database.close()


def test_a_stale_edit_is_refused_beside_the_newer_one(tmp_path: Path) -> None:
    store = deciding.prepare(tmp_path / "project", 1, 2)
    database.connect(store)
    user = User.get(User.name == "p0")
    task = Task.get(Task.name == deciding.HANDS)
    seen, stale = Task.get_by_id(task.id), Task.get_by_id(task.id)
    with history.step(user, "first") as recorder:
        recorder.update(seen, instructions="newer")
    with pytest.raises(Conflict, match="somebody else"), history.step(user, "second") as recorder:
        recorder.update(stale, instructions="older")
    assert Task.get_by_id(task.id).instructions == "newer"
    database.close()
