"""How SQLite looks things up: what is about one input costs the same in a task of any size."""

from typing import Any

import pytest

from store import assignments, labeling, newer, reviewing, submitting, sweeps, tasks, undoing, users
from store.plans import Plan
from store.tables import database
from store.values import Side, Verdict
from tests.conftest import Project


def test_what_is_asked_of_one_input_never_walks_through_its_task(project: Project) -> None:
    """SQLite has no statistics here: left to itself it would look through all of a task's assignments."""
    found = project.add_inputs(4)
    plan = Plan(name="t", type="classification", labelers=["anna"], reviewers=["olga"], concepts=["cat"])
    task = tasks.create(project.owner, plan).task
    anna = users.find("anna")
    walks: list[str] = []
    run = database.execute_sql
    with pytest.MonkeyPatch.context() as patched:

        def explained(sql: str, values: Any = ()) -> Any:
            if "input_id" in sql.replace('"', "") and not sql.startswith(("INSERT", "EXPLAIN")):
                lines = [row[3] for row in run(f"EXPLAIN QUERY PLAN {sql}", values or ()).fetchall()]
                walks.extend(
                    line for line in lines if line.endswith(("(task_id=? AND side=?)", "(task_id=?)"))
                )
            return run(sql, values)

        patched.setattr(database.obj, "execute_sql", explained)
        for input_id in found:
            labeling.add(anna, task, input_id, "cat")
            submitting.submit(anna, task, input_id)
        assert assignments.on_input(task, Side.LABEL, found[0])[0].user_id == anna.id
        sweeps.decide(project.owner, task, found[:2], Verdict.APPROVE)
        reviewing.decide(project.owner, task, found[2:], Verdict.REQUEST_CHANGES, comment="look again")
        undoing.undo(project.owner)
        newer.on_input(task, found[2], anna)
        assert assignments.without_reviewer(task, found) == []
        reviewing.decide(project.owner, task, found[2:], Verdict.REJECT)
    assert walks == []
