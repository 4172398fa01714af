"""A new task is dealt out in parts, so that others can write meanwhile; nobody sees it before it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from store import assignments, datasets, dealing, tasks, undoing, users
from store.database import write
from store.errors import Refused
from store.tables import Assignment, Dataset, Step, Task, User, database
from store.values import Role
from tests.conftest import Project


@pytest.fixture
def parts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.add_inputs(9)
    for name, role in (("ann", Role.LABELER), ("bob", Role.LABELER), ("lea", Role.LEAD)):
        users.add(project.owner, name, role)
    monkeypatch.setattr(assignments, "DEALT_AT_ONCE", 2)
    monkeypatch.setattr(datasets, "ADDED_AT_ONCE", 2)


def plan(**given: Any) -> tasks.Plan:
    return tasks.Plan("t", "classification", labelers=("ann", "bob"), reviewers=("olga",), **given)


@pytest.mark.usefixtures("parts")
def test_a_task_dealt_in_parts_is_one_step_and_seen_only_when_it_is_whole(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int, int]] = []
    give = assignments._give

    def watched(task: Task, side: Any, user: int, inputs: Sequence[int]) -> None:
        give(task, side, user, inputs)
        live = Task.select().where(Task.deleted == False).count()
        seen.append((bool(database.in_transaction()), live, Assignment.select().count()))

    monkeypatch.setattr(assignments, "_give", watched)
    steps = Step.select().count()
    made = tasks.create(project.owner, plan()).task
    assert seen == [(False, 0, 5), (False, 0, 9)]
    assert tasks.find("t") == made and datasets.size(made.dataset_id) == 9
    assert Step.select().count() == steps + 1
    assert undoing.undo(project.owner) == "create task 't'"
    assert not Task.select().where(Task.deleted == False).exists()
    assert not Dataset.select().where(Dataset.deleted == False).exists()
    undoing.redo(project.owner)
    assert tasks.find("t") == made and not Dataset.get().deleted


@pytest.mark.usefixtures("parts")
def test_a_task_that_was_not_dealt_out_whole_is_never_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopped:
        stopped.setattr(dealing, "begin", lambda task: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tasks.create(project.owner, plan())
    assert not Task.select().where(Task.deleted == False).exists()
    again = tasks.create(project.owner, plan()).task
    assert Assignment.select().where(Assignment.task == again).count() == 9


@pytest.mark.usefixtures("parts")
def test_who_takes_the_name_while_a_task_is_dealt_out_has_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = dealing.begin

    def overtaken(task: Task) -> None:
        monkeypatch.setattr(dealing, "begin", begin)
        tasks.create(User.get(User.name == "lea"), plan())
        begin(task)

    monkeypatch.setattr(dealing, "begin", overtaken)
    with pytest.raises(Refused, match="there is a task 't' already"):
        tasks.create(project.owner, plan())
    assert Task.select().where(Task.deleted == False).count() == 1


@pytest.mark.usefixtures("parts")
def test_within_a_transaction_all_of_it_is_one(project: Project) -> None:
    with pytest.raises(KeyError), write():
        tasks.create(project.owner, plan())
        raise KeyError
    assert not Task.select().exists() and not Assignment.select().exists()
