"""Checks find what breaks the rules; counters and queues are mended, labels never touched."""

from __future__ import annotations

from typing import Any

import pytest

from store import checks, jobs, labeling, models, plans, predictions, running, submitting, tasks
from store.bounds import thresholds as thresholds_of
from store.predictions import Router, Said
from store.tables import Annotation, Assignment, User, database
from tests.conftest import Project


@pytest.fixture
def busy(project: Project) -> Project:
    """Two tasks with everything in them: a model's and a person's work that await review."""
    project.add_inputs(6)
    plan: dict[str, Any] = {"type": "classification", "concepts": ("tabby",), "reviewers": ("bob", "cid")}
    tasks.create(project.owner, plans.Plan(name="by hand", labelers=("ann", "eve"), **plan))
    auto = tasks.create(project.owner, plans.Plan(name="auto", auto="efficientnet-lite0", **plan)).task
    running.start(project.owner, auto)
    tabby = models.concepts(auto.auto)["tabby"].id
    (job,) = jobs.claim("engine", priorities=(0, 10))
    said = {i: [Said(tabby, i / 7)] for i in range(1, 7)}
    predictions.write_chunk(Router.of(auto, thresholds_of(auto)), job, "engine", said)
    ann = User.get(User.name == "ann")
    hand = tasks.find("by hand")
    for input_id in (1, 2):
        labeling.add(ann, hand, input_id, "tabby")
        submitting.submit(ann, hand, input_id)
    return project


def bad(mend: bool = False) -> set[str]:
    return {finding.what for finding in checks.run(mend) if not finding.good}


def labels() -> list[Any]:
    columns = (Annotation.id, Annotation.concept, Annotation.value, Annotation.status, Annotation.deleted)
    return list(Annotation.select(*columns).tuples())


def test_a_store_at_work_keeps_every_rule(busy: Project) -> None:
    assert bad() == set()
    assert len(checks.run()) == len(checks.RULES)


MENDED = {
    "annotation counters": "UPDATE annotation_count SET n = n + 3",
    "assignment counters": "DELETE FROM assignment_count WHERE side = 'label'",
    "queues": "UPDATE annotation SET reviewer_id = 1 WHERE status = 24157",
}
REPORTED = {
    "statuses": "UPDATE assignment SET status = 7 WHERE side = 'review' AND input_id = 1",
    "open assignments": "UPDATE assignment SET open = 0 WHERE side = 'label' AND status = 24151",
    "partition": "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, "
    "version) SELECT task_id, side, 1, input_id, status, open, 0, 0 FROM assignment WHERE side = 'review'",
    "review": "DELETE FROM assignment WHERE side = 'review'",
    "submitted work": "UPDATE annotation SET status = 24151 WHERE task_id = 1",
    "thresholds": "UPDATE task_concept SET lower = 0.9, upper = 0.1 WHERE task_id = 1",
    "model annotations": "UPDATE annotation SET status = 24150 WHERE task_id = 2",
}


@pytest.mark.parametrize("what", [*MENDED, *REPORTED])
def test_what_breaks_a_rule_is_found_and_labels_stay(busy: Project, what: str) -> None:
    database.execute_sql({**MENDED, **REPORTED}[what])
    assert what in bad()
    before = labels()
    still = bad(mend=True)
    assert (what in still) == (what in REPORTED)
    assert labels() == before
    if what in MENDED:
        assert bad() == set()


def test_routing_that_was_cut_off_is_finished(busy: Project) -> None:
    database.execute_sql("UPDATE task SET unrouted = 1 WHERE name = 'auto'")
    assert bad() == {"routing"}
    assert bad(mend=True) == set()


def test_every_rule_is_tried() -> None:
    assert {rule.what for rule in checks.RULES} == {*MENDED, *REPORTED, "routing"}


def test_what_nobody_may_review_breaks_no_rule(busy: Project) -> None:
    plan = plans.Plan(name="own", type="classification", labelers=("ann", "eve"), reviewers=("ann",))
    task = tasks.create(busy.owner, plan).task
    for work in list(Assignment.select().where(Assignment.task == task)):
        submitting.submit(work.user, task, work.input_id)
    assert bad() == set()
