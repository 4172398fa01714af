"""Review queues: filters, orders, pages, what came back, threads, and several answers on one input."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import (
    assignments,
    comments,
    jobs,
    labeling,
    models,
    plans,
    predictions,
    queues,
    reviewing,
    running,
    submitting,
    tasks,
    undoing,
    users,
)
from store.annotations import on_input
from store.bounds import thresholds as thresholds_of
from store.errors import Conflict, Denied, Refused
from store.predictions import Router, Said
from store.queues import Filter, Order, Place
from store.ranking import Voice, rank
from store.routing import Thresholds
from store.tables import Annotation, Assignment, Task, User, database
from store.values import Region, Role, Side, Status, Verdict
from tests.conftest import Project

CONCEPTS = ("tabby", "goldfish", "tench")


def user(name: str) -> User:
    return User.get(User.name == name)


def queue(project: Project, count: int = 40) -> Task:
    """An auto-annotated task with doubtful inputs for bob, and a labeler's work among them."""
    project.add_inputs(count)
    plan = plans.Plan(
        name="t",
        type="classification",
        concepts=CONCEPTS,
        auto="efficientnet-lite0",
        lower=0.2,
        upper=0.8,
        labelers=("ann", "cid"),
        reviewers=("bob",),
    )
    task = tasks.create(project.owner, plan).task
    running.start(project.owner, task)
    known = models.concepts(task.auto)
    chosen = random.Random(7)
    scores = (0.05, 0.2, 0.3, 0.5, 0.6, 0.7999, 0.8, 0.9)
    for job in jobs.claim("engine", priorities=(0, 10), limit=100):
        router = Router.of(task, thresholds_of(task))
        waiting = predictions.waiting_inputs(
            task, router.annotator, job.payload["first"], job.payload["last"]
        )
        answers = {
            i: [Said(known[name].id, chosen.choice(scores if i % 4 else (0.05,))) for name in CONCEPTS]
            for i in waiting
        }
        predictions.write_chunk(router, job, "engine", answers)
    for name in ("ann", "cid"):
        for n, input_id in enumerate(assignments.queue(task, Side.LABEL, user(name))):
            if n % 2:
                labeling.add(user(name), task, input_id, CONCEPTS[n % 3], value=n % 3 > 0)
            submitting.submit(user(name), task, input_id)
    waiting_now = assignments.queue(task, Side.REVIEW, user("bob"))
    reviewing.decide(user("bob"), task, waiting_now[:2].tolist(), Verdict.REJECT)
    return task


def expected(task: Task, wanted: Filter, order: Order) -> list[int]:
    """What the queue must hold, by looking at every row."""
    column = {Order.INPUT: "input_id", Order.AGE: "changed_at"}.get(order, order.value)
    down = order in (Order.SCORE, Order.UNCERTAINTY, Order.DISAGREEMENT)
    rows = Assignment.select().where(
        Assignment.side == Side.REVIEW, Assignment.open == True, Assignment.user == user("bob")
    )
    found = []
    for row in rows:
        said = list(Annotation.select().where(Annotation.input == row.input_id, Annotation.deleted == False))
        handed_in = Assignment.select().where(
            Assignment.side == Side.LABEL,
            Assignment.input == row.input_id,
            Assignment.status == Status.AWAITING_REVIEW,
        )
        if _lets_through(wanted, said, {work.user_id for work in handed_in}):
            key = getattr(row, column)
            found.append((-key if down else key, row.input_id))
    return [input_id for _, input_id in sorted(found)]


def _lets_through(wanted: Filter, said: list[Annotation], handed_in: set[int]) -> bool:
    ranged = wanted.low is not None or wanted.high is not None
    kinds = [bool(wanted.labelers), bool(wanted.statuses), bool(wanted.concepts), ranged]
    if not any(kinds):
        return True
    for row in said:
        low, high = wanted.low or 0, 1 if wanted.high is None else wanted.high
        matched = [
            row.annotator_id in wanted.labelers,
            row.status in wanted.statuses,
            row.concept_id in wanted.concepts,
            row.score is not None and low <= row.score <= high,
        ]
        hits = [hit for hit, asked in zip(matched, kinds, strict=True) if asked]
        if any(hits) if wanted.match_any else all(hits):
            return True
    alone = bool(wanted.labelers) and (sum(kinds) == 1 or wanted.match_any)
    return alone and bool(handed_in & set(wanted.labelers))


@settings(max_examples=120)
@given(data=st.data())
def test_every_filter_and_order_gives_what_looking_at_every_row_gives(
    project: Project, data: st.DataObject
) -> None:
    task = Task.get_or_none() or queue(project)
    bob = user("bob")
    people = [int(row.id) for row in User.select()]
    known = [row.concept_id for row in Annotation.select(Annotation.concept).distinct()]
    ends = st.none() | st.sampled_from((0.0, 0.3, 0.5, 0.7999, 1.0))
    low, high = sorted((data.draw(ends), data.draw(ends)), key=lambda end: end or 0)
    wanted = Filter(
        labelers=data.draw(st.lists(st.sampled_from(people), max_size=2, unique=True)),
        statuses=data.draw(st.lists(st.sampled_from(list(Status)), max_size=2, unique=True)),
        concepts=data.draw(st.lists(st.sampled_from(known), max_size=2, unique=True)),
        low=low,
        high=None if high is not None and low is not None and high < low else high,
        match_any=data.draw(st.booleans()),
    )
    order = data.draw(st.sampled_from(list(Order)))
    right = expected(task, wanted, order)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(queues, "FEW", data.draw(st.sampled_from((0, 5, 2000))))
        assert queues.frozen(task, bob, wanted, order).tolist() == right
        pages: list[int] = []
        after: Place | None = None
        while places := queues.page(task, bob, wanted, order, after=after, limit=7):
            pages += [place.input for place in places]
            after = places[-1]
        assert pages == right


def test_a_page_is_found_without_sorting_or_scanning(project: Project) -> None:
    task = queue(project, 8)
    seen: list[str] = []
    run = database.execute_sql
    with pytest.MonkeyPatch.context() as patched:

        def explained(sql: str, values: Any = ()) -> Any:
            seen.extend(row[3] for row in run("EXPLAIN QUERY PLAN " + sql, values).fetchall())
            return run(sql, values)

        patched.setattr(database.obj, "execute_sql", explained)
        for order in Order:
            queues.page(task, user("bob"), order=order, after=Place(0.5, 3))
            queues.page(task, user("bob"), Filter(low=0.3), order)
            queues.page(task, user("bob"), Filter(labelers=[1], concepts=[1]), order)
    assert seen and not [line for line in seen if line.startswith("SCAN") or "TEMP B-TREE" in line]


def test_ranks_are_what_they_are_called() -> None:
    bounds = {1: Thresholds(0.2, 0.8)}
    middle, edge = Voice(1, 1, "a", 0.5), Voice(1, 1, "b", 0.2)
    assert rank([middle, edge], (), bounds).uncertainty == pytest.approx(1)
    assert rank([edge], (), bounds).uncertainty == pytest.approx(0)
    assert rank([Voice(1, 2, "a", 0.9), Voice(1, 2, "b", 0.7)], (), {}).uncertainty == pytest.approx(0.8)
    assert rank([Voice(1, 1, "a", None), Voice(2, 1, "a", None)], (1, 2), {}).disagreement == 0
    assert rank([Voice(1, 1, "a", None), Voice(2, 1, "b", None)], (1, 2), {}).disagreement == 1
    assert rank([Voice(1, 1, "a", None)], (1, 2), {}).disagreement == 1
    assert rank([], (1, 2), {}).disagreement == 0


def manual(project: Project, **plan: Any) -> Task:
    project.add_inputs(3)
    settled = {"name": "m", "type": "classification", "labelers": ("ann",), "reviewers": ("bob",)}
    task = tasks.create(project.owner, plans.Plan(**{**settled, **plan})).task
    for name in {**settled, **plan}["labelers"]:
        for input_id in (1, 2):
            labeling.add(user(name), task, input_id, "cat")
            submitting.submit(user(name), task, input_id)
    return task


def test_a_labeler_sees_what_came_back_and_why_until_it_is_handed_in_again(project: Project) -> None:
    task = manual(project)
    ann, bob = user("ann"), user("bob")
    assert reviewing.returned(task, ann) == []
    reviewing.decide(bob, task, [2], Verdict.REQUEST_CHANGES, comment="it is a dog")
    (one,) = reviewing.returned(task, ann)
    assert (one.input, one.reviewer, one.comment) == (2, "bob", "it is a dog")
    assert reviewing.returned(task, bob) == []
    submitting.submit(ann, task, 2)
    assert reviewing.returned(task, ann) == []
    reviewing.decide(bob, task, [2], Verdict.REQUEST_CHANGES, comment="still a dog")
    assert [one.comment for one in reviewing.returned(task, ann)] == ["still a dog"]
    undoing.undo(bob)
    assert reviewing.returned(task, ann) == []


def test_threads_are_answered_resolved_and_undone(project: Project) -> None:
    task = manual(project)
    ann, bob = user("ann"), user("bob")
    box = Region.from_box(0.1, 0.1, 0.4, 0.4)
    first = comments.add(bob, task, 1, " is this a cat? ", region=box)
    comments.reply(ann, comments.reply(ann, first, "yes"), "sure")
    comments.add(bob, task, 2, "blurred")
    assert comments.unresolved(task) == [1, 2]
    (thread,) = comments.threads(task, 1)
    assert [thread.first.text, *(one.text for one in thread.replies)] == ["is this a cat?", "yes", "sure"]
    assert thread.region == box
    comments.resolve(bob, comments.find(first.id))
    assert comments.unresolved(task) == [2]
    comments.reply(ann, comments.find(first.id), "one more thing")
    assert comments.unresolved(task) == [1, 2]
    undoing.undo(ann)
    assert comments.unresolved(task) == [2] and len(comments.threads(task, 1)[0].replies) == 2
    viewer = users.add(project.owner, "vic", Role.VIEWER)
    for refused in (lambda: comments.add(viewer, task, 1, "hm"), lambda: comments.resolve(viewer, first)):
        with pytest.raises(Denied):
            refused()
    with pytest.raises(Refused, match="empty"):
        comments.add(ann, task, 1, "  ")


def test_stacked_all_must_approve_and_one_rejection_is_final(project: Project) -> None:
    task = manual(project, reviewers=("bob", "cid", "dan"), stacked=True)
    ann = user("ann")

    def state(input_id: int) -> Status:
        work = assignments.get(task, Side.LABEL, ann, input_id)
        (said,) = on_input(task, input_id)
        assert work is not None and work.status == said.status
        return Status(work.status)

    reviewing.decide(user("bob"), task, [1, 2], Verdict.APPROVE)
    reviewing.decide(user("cid"), task, [1], Verdict.APPROVE)
    assert state(1) is Status.AWAITING_REVIEW
    reviewing.decide(user("dan"), task, [1], Verdict.APPROVE)
    assert state(1) is Status.SUCCESS
    reviewing.decide(user("dan"), task, [2], Verdict.REJECT)
    assert state(2) is Status.REVIEW_DENIED
    with pytest.raises(Conflict):
        reviewing.decide(user("cid"), task, [2], Verdict.APPROVE)
    undoing.undo(user("dan"))
    assert state(2) is Status.AWAITING_REVIEW
    reviewing.decide(user("cid"), task, [2], Verdict.REQUEST_CHANGES, comment="again")
    assert state(2) is Status.PENDING
    submitting.submit(ann, task, 2)
    for name in ("bob", "cid", "dan"):
        assert state(2) is Status.AWAITING_REVIEW
        reviewing.decide(user(name), task, [2], Verdict.APPROVE)
    assert state(2) is Status.SUCCESS
