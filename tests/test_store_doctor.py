"""`winnow doctor --checks`: what breaks a rule of the store is said, and counters are mended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store import labeling, plans, tasks
from store.cli import call, winnow
from store.tables import Annotation, User, database
from tests.conftest import Project


@pytest.fixture
def busy(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.add_inputs(3)
    plan = plans.Plan(name="t", type="classification", concepts=("cat",), labelers=("ann",))
    task = tasks.create(project.owner, plan).task
    labeling.add(User.get(User.name == "ann"), task, 1, "cat")
    monkeypatch.chdir(project.folder)
    return project


def doctor(*options: str) -> int:
    return call(winnow, ["--as", "olga", "doctor", "--checks", *options])


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return {line["what"]: line for line in json.loads(capsys.readouterr().out)}


def test_a_wrong_counter_is_said_and_mended_and_labels_stay(
    busy: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor() == 0
    assert "✗" not in capsys.readouterr().out
    labels = list(Annotation.select().tuples())
    database.execute_sql("UPDATE annotation_count SET n = 7")
    assert doctor() == 1
    assert "✗ annotation counters   2 are wrong" in capsys.readouterr().out
    assert doctor("--json") == 1
    assert not findings(capsys)["annotation counters"]["good"]
    assert doctor("--mend", "--json") == 0
    assert findings(capsys)["annotation counters"]["sentence"].endswith("mended")
    assert doctor() == 0
    assert list(Annotation.select().tuples()) == labels


def test_what_cannot_be_mended_is_left_and_said(busy: Project, capsys: pytest.CaptureFixture[str]) -> None:
    database.execute_sql("UPDATE task SET lower = 2")
    assert doctor("--mend") == 1
    assert "such as those of task t" in capsys.readouterr().out


def test_a_labeler_mends_nothing(busy: Project, capsys: pytest.CaptureFixture[str]) -> None:
    database.execute_sql("UPDATE annotation_count SET n = 7")
    assert call(winnow, ["--as", "ann", "doctor", "--checks", "--mend"]) == 1
    assert "only owners and leads" in capsys.readouterr().err
    assert call(winnow, ["doctor", "--mend"]) == 2
