"""Tasks that are edited while people and models are at work on them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import (
    assignments,
    dealing,
    editing,
    jobs,
    labeling,
    models,
    plans,
    predictions,
    rerouting,
    reviewing,
    running,
    submitting,
    tasks,
    undoing,
    users,
)
from store.bounds import thresholds as thresholds_of
from store.errors import Conflict, Denied, Refused
from store.predictions import Router, Said
from store.tables import Annotation, Assignment, Event, Input, Task, TaskMember, User
from store.values import Role, Side, Status, Verdict
from tests.conftest import Project

MODEL = "efficientnet-lite0"
CONCEPTS = ("tabby", "goldfish")


def make(project: Project, count: int, **plan: Any) -> Task:
    project.add_inputs(count)
    settled = {"name": "t", "type": "classification", "concepts": CONCEPTS, **plan}
    return tasks.create(project.owner, plans.Plan(**settled)).task


def user(name: str) -> User:
    return User.get(User.name == name)


def held(task: Task, side: Side = Side.LABEL) -> dict[str, int]:
    """How many open inputs each person has."""
    rows = Assignment.select(Assignment, User).join(User)
    rows = rows.where(Assignment.task == task, Assignment.side == side, Assignment.open == True)
    return dict(Counter(row.user.name for row in rows if row.user.role != Role.MODEL))


def annotate(task: Task, scores: dict[int, tuple[float, float]], kept_from: float = 0.01) -> None:
    """The model's first pass: what it says of tabby and goldfish, by input."""
    known = models.concepts(task.auto)
    said = {
        input_id: [Said(known[name].id, score) for name, score in zip(CONCEPTS, pair, strict=True)]
        for input_id, pair in scores.items()
    }
    for job in jobs.claim("engine", priorities=(0, 10), limit=1000):
        router = Router.of(task, thresholds_of(task))
        waiting = predictions.waiting_inputs(
            task, router.annotator, job.payload["first"], job.payload["last"]
        )
        answers = {input_id: said[input_id] for input_id in waiting}
        predictions.keep(task.auto, answers, kept_from)
        predictions.write_chunk(router, job, "engine", answers)


def stands(task: Task) -> dict[tuple[int, str], str]:
    """The live annotations of a task: (input, concept) → status."""
    rows = Annotation.select().where(Annotation.task == task, Annotation.deleted == False)
    return {(row.input_id, row.concept.name): Status(row.status).name for row in rows}


def whole(task: Task) -> list[Any]:
    """All that rerouting may change, but for versions and times."""
    assigned = Assignment.select(
        Assignment.side, Assignment.user, Assignment.input, Assignment.status, Assignment.open
    ).order_by(Assignment.side, Assignment.user, Assignment.input)
    reviewers = Annotation.select(Annotation.input, Annotation.concept, Annotation.status)
    live = reviewers.where(Annotation.deleted == False).order_by(Annotation.input, Annotation.concept)
    return [list(assigned.tuples()), list(live.tuples())]


@given(
    pool=st.integers(0, 60),
    have=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    data=st.data(),
)
def test_level_gives_everything_and_to_whoever_has_least(
    pool: int, have: list[int], data: st.DataObject
) -> None:
    given_ = dealing.level(pool, [1.0] * len(have), have)
    assert sum(given_) == pool and min(given_) >= 0
    after = [h + g for h, g in zip(have, given_, strict=True)]
    receivers = [a for a, g in zip(after, given_, strict=True) if g]
    if receivers:
        # Whoever received ends at most one above anybody.
        assert max(receivers) <= min(after) + 1


def test_a_new_labeler_gets_an_even_share_of_what_nobody_has_begun(project: Project) -> None:
    task = make(project, 30, labelers=("ann", "bob"))
    ann = user("ann")
    for input_id in list(assignments.queue(task, Side.LABEL, ann))[:4]:
        submitting.submit(ann, task, input_id)
    begun = assignments.queue(task, Side.LABEL, ann)[0]
    labeling.add(ann, task, begun, "tabby")
    edited = editing.edit(project.owner, task, labelers=("ann", "bob", "cid"))
    assert edited.joined == ["cid"] and edited.moved == 10
    assert held(task) == {"ann": 6, "bob": 10, "cid": 10}
    assert assignments.is_open(task, Side.LABEL, ann, begun)
    dealt = Counter(row.input_id for row in Assignment.select())
    assert len(dealt) == 30 and set(dealt.values()) == {1}


def test_who_leaves_keeps_what_they_have_begun_and_one_undo_gives_all_back(project: Project) -> None:
    task = make(project, 11, labelers=("ann", "bob", "cid"), weights=(2, 1, 1))
    before = held(task)
    ann = user("ann")
    first = assignments.queue(task, Side.LABEL, ann)[0]
    labeling.add(ann, task, first, "tabby")
    editing.edit(project.owner, task, labelers=("bob", "cid"), weights=(3, 1))
    assert held(task)["ann"] == 1 and sum(held(task).values()) == 11
    assert held(task)["bob"] == 8
    undoing.undo(project.owner)
    assert held(task) == before
    assert [m.weight for m in assignments.members(task, Side.LABEL)] == [2, 1, 1]
    undoing.redo(project.owner)
    assert held(task)["bob"] == 8


def test_undo_is_refused_once_somebody_has_begun_what_they_were_given(project: Project) -> None:
    task = make(project, 6, labelers=("ann",))
    editing.edit(project.owner, task, labelers=("ann", "bob"))
    bob = user("bob")
    labeling.add(bob, task, assignments.queue(task, Side.LABEL, bob)[0], "tabby")
    with pytest.raises(Conflict, match="begun"):
        undoing.undo(project.owner)
    assert held(task) == {"ann": 3, "bob": 3}


def test_full_tasks_give_who_came_everything(project: Project) -> None:
    task = make(project, 5, labelers=("ann", "bob"), strategy="full")
    submitting.submit(user("ann"), task, 1)
    editing.edit(project.owner, task, labelers=("bob", "cid"))
    assert held(task) == {"bob": 5, "cid": 5}
    assert assignments.get(task, Side.LABEL, user("ann"), 1) is not None
    undoing.undo(project.owner)
    assert held(task) == {"ann": 4, "bob": 5}


def test_dynamic_leases_of_who_left_are_free_at_once(project: Project) -> None:
    task = make(project, 5, labelers=("ann", "bob"), strategy="dynamic")
    assert len(assignments.queue(task, Side.LABEL, user("ann"))) == 5
    editing.edit(project.owner, task, labelers=("bob",))
    assert len(assignments.queue(task, Side.LABEL, user("bob"))) == 5


def test_reviewers_that_come_and_go_share_what_is_not_reviewed(project: Project) -> None:
    task = make(project, 12, labelers=("ann",), reviewers=("bob",))
    ann, bob = user("ann"), user("bob")
    for input_id in range(1, 13):
        labeling.add(ann, task, input_id, "tabby")
        submitting.submit(ann, task, input_id)
    reviewing.decide(bob, task, [1, 2], Verdict.APPROVE)
    editing.edit(project.owner, task, reviewers=("bob", "cid"))
    assert held(task, Side.REVIEW) == {"bob": 4, "cid": 6}
    cid = user("cid")
    mine = set(assignments.queue(task, Side.REVIEW, cid))
    theirs = Annotation.select(Annotation.input).where(Annotation.reviewer == cid)
    assert set(theirs.scalars()) == mine
    editing.edit(project.owner, task, reviewers=("cid",))
    assert held(task, Side.REVIEW) == {"cid": 10}
    undoing.undo(project.owner)
    undoing.undo(project.owner)
    assert held(task, Side.REVIEW) == {"bob": 10}


def test_a_stacked_reviewer_who_leaves_takes_nothing_away_from_the_rule(project: Project) -> None:
    task = make(project, 2, labelers=("ann",), reviewers=("bob", "cid"), stacked=True)
    for input_id in (1, 2):
        submitting.submit(user("ann"), task, input_id)
    reviewing.decide(user("bob"), task, [1], Verdict.APPROVE)
    editing.edit(project.owner, task, reviewers=("bob", "dan"))
    assert held(task, Side.REVIEW) == {"bob": 1, "dan": 2}
    reviewing.decide(user("dan"), task, [1], Verdict.APPROVE)
    assert assignments.get(task, Side.LABEL, user("ann"), 1).status == Status.SUCCESS


def test_nobody_reviews_their_own_work_unless_the_task_allows_it(project: Project) -> None:
    task = make(project, 4, labelers=("ann", "bob"), reviewers=("ann",))
    for name in ("ann", "bob"):
        for input_id in assignments.queue(task, Side.LABEL, user(name)):
            submitting.submit(user(name), task, input_id)
    assert held(task, Side.REVIEW) == {"ann": 2}
    waiting = assignments.without_reviewer(task)
    assert [assignments.get(task, Side.LABEL, user("ann"), i) is not None for i in waiting] == [True, True]
    editing.edit(project.owner, task, own_review=True)
    assert held(task, Side.REVIEW) == {"ann": 4} and assignments.without_reviewer(task) == []
    undoing.undo(project.owner)
    assert len(assignments.without_reviewer(task)) == 2
    editing.edit(project.owner, task, reviewers=("ann", "cid"))
    assert held(task, Side.REVIEW) == {"ann": 2, "cid": 2}


def test_undo_of_an_edit_deals_what_was_handed_in_meanwhile(project: Project) -> None:
    task = make(project, 2, labelers=("ann",), reviewers=("ann",), own_review=True)
    editing.edit(project.owner, task, own_review=False)
    submitting.submit(user("ann"), task, 1)
    assert assignments.without_reviewer(task) == [1]
    undoing.undo(project.owner)
    assert held(task, Side.REVIEW) == {"ann": 1} and assignments.without_reviewer(task) == []
    undoing.undo(user("ann"))
    assert held(task, Side.REVIEW) == {}


def test_who_comes_back_to_the_project_has_work_again(project: Project) -> None:
    task = make(project, 4, labelers=("ann", "bob"), reviewers=("ann",))
    for input_id in assignments.queue(task, Side.LABEL, user("bob")):
        submitting.submit(user("bob"), task, input_id)
    users.remove(project.owner, user("ann"))
    users.remove(project.owner, user("bob"))
    users.add(project.owner, "ann")
    assert held(task, Side.REVIEW) == {"ann": 2} and held(task) == {"ann": 2}


def test_one_person_alone_may_review_their_own_work(project: Project) -> None:
    task = make(project, 1, review="manual")
    assert task.own_review
    submitting.submit(project.owner, task, 1)
    assert held(task, Side.REVIEW) == {"olga": 1}


def test_who_is_deactivated_returns_all_that_is_open(project: Project) -> None:
    task = make(project, 9, labelers=("ann", "bob", "cid"), reviewers=("ann", "dan"))
    bob = user("bob")
    labeling.add(user("ann"), task, 1, "tabby")
    submitting.submit(bob, task, 4)
    assert held(task, Side.REVIEW) == {"ann": 1}
    users.remove(project.owner, user("ann"))
    assert held(task) == {"bob": 4, "cid": 4}
    assert held(task, Side.REVIEW) == {"dan": 1}
    undoing.undo(project.owner)
    assert held(task) == {"ann": 3, "bob": 2, "cid": 3} and held(task, Side.REVIEW) == {"ann": 1}


def test_fewer_who_must_agree_settle_what_waited_and_undo_has_it_wait_again(project: Project) -> None:
    people = ("ann", "bob", "cid")
    settled = {"strategy": "full", "review": "consensus", "agree": 3, "reviewers": ("olga",)}
    task = make(project, 1, labelers=people, **settled)
    for name in people[:2]:
        labeling.add(user(name), task, 1, "tabby")
        submitting.submit(user(name), task, 1)
    waiting = {Status.AWAITING_CONSENSUS_REVIEW}
    assert {row.status for row in Annotation.select()} == waiting
    editing.edit(project.owner, task, agree=2)
    assert {row.status for row in Annotation.select()} == {Status.SUCCESS}
    undoing.undo(project.owner)
    assert {row.status for row in Annotation.select()} == waiting
    task = Task.get_by_id(task.id)
    editing.edit(project.owner, task, agree_share=0.6)
    assert {row.status for row in Annotation.select()} == {Status.SUCCESS}
    with pytest.raises(Refused, match="3 labelers cannot have 4 agree"):
        editing.edit(project.owner, task, agree=4)
    with pytest.raises(Refused, match="not reviewed by consensus"):
        other = tasks.create(project.owner, plans.Plan(name="o", type="classification")).task
        editing.edit(project.owner, other, agree=2)


def test_several_names_in_one_are_nobody(project: Project) -> None:
    with pytest.raises(Refused, match="--labeler ann --labeler bob"):
        make(project, 1, labelers=("ann,bob",))
    with pytest.raises(Refused, match="no name of one person"):
        users.add(project.owner, "ann, bob")
    assert User.select().where(User.name.contains(",")).count() == 0


def test_an_edit_is_one_step_and_a_refused_one_none(project: Project) -> None:
    task = make(project, 3, labelers=("ann",))
    before = whole(task)
    changes = {"name": "new", "priority": 5, "archived": True, "concepts": ("tabby", "dog"), "lower": 0.1}
    editing.edit(project.owner, task, **changes, thresholds={"dog": (0.2, 0.3)}, labelers=("bob", "ann"))
    fresh = Task.get_by_id(task.id)
    assert (fresh.name, fresh.priority, fresh.archived, fresh.lower) == ("new", 5, True, 0.1)
    assert tasks.concept_names(fresh) == ["tabby", "dog"]
    undoing.undo(project.owner)
    fresh = Task.get_by_id(task.id)
    assert (fresh.name, fresh.priority, fresh.archived, fresh.lower) == ("t", 0, False, 0.5)
    assert tasks.concept_names(fresh) == list(CONCEPTS) and whole(task) == before
    events = Event.select().count()
    with pytest.raises(Refused, match="swap them"):
        editing.edit(project.owner, fresh, name="x", lower=0.95)
    with pytest.raises(Refused, match="no concept of the task"):
        editing.edit(project.owner, fresh, thresholds={"cow": (0.1, 0.2)})
    with pytest.raises(Refused, match="needs a labeler"):
        editing.edit(project.owner, fresh, labelers=())
    with pytest.raises(Denied):
        editing.edit(user("ann"), fresh, name="mine")
    assert Event.select().count() == events and Task.get_by_id(task.id).name == "t"


# Rerouting

numbers = st.one_of(st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)), st.floats(0, 1, width=16))


@settings(max_examples=25)
@given(
    scores=st.lists(st.tuples(numbers, numbers), min_size=6, max_size=6),
    bounds=st.lists(st.tuples(numbers, numbers).map(sorted), min_size=2, max_size=2),
)
def test_rerouting_ends_where_a_first_run_with_these_thresholds_would(
    project: Project, scores: list[tuple[float, float]], bounds: list[list[float]]
) -> None:
    Task.update(deleted=True).execute()
    first = tuple(bounds[0]), tuple(bounds[1])
    task = make(
        project,
        6 if not Input.select().exists() else 0,
        name=f"old {Task.select().count()}",
        auto=MODEL,
        labelers=("ann", "bob"),
        reviewers=("cid", "dan"),
    )
    fresh = make(
        project,
        0,
        name=f"new {Task.select().count()}",
        auto=MODEL,
        labelers=("ann", "bob"),
        reviewers=("cid", "dan"),
        thresholds=dict(zip(CONCEPTS, first, strict=True)),
    )
    said = dict(zip(sorted(Input.select(Input.id).scalars()), scores, strict=True))
    for one in (task, fresh):
        running.start(project.owner, one)
        annotate(one, said, 0.0)
    before = stands(task)
    open_before = held(task), held(task, Side.REVIEW)
    changes = {"thresholds": dict(zip(CONCEPTS, first, strict=True))}
    foreseen = editing.preview(task, **changes)
    editing.edit(project.owner, task, **changes)
    after = stands(task)
    assert after == stands(fresh)
    moved = Counter(
        (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)
    )
    assert moved == {(was and was.name, will and will.name): n for (was, will), n in foreseen.moves.items()}
    assert (foreseen.needs_run, foreseen.touched) == (0, 0)
    for side in Side:
        assert sum(held(task, side).values()) == sum(held(fresh, side).values())
    undoing.undo(project.owner)
    assert stands(task) == before
    assert [sum(side.values()) for side in open_before] == [sum(held(task, side).values()) for side in Side]


def auto_task(project: Project, **plan: Any) -> Task:
    task = make(project, 4, auto=MODEL, reviewers=("rob",), lower=0.3, upper=0.8, **plan)
    running.start(project.owner, task)
    annotate(task, {1: (0.9, 0.1), 2: (0.5, 0.1), 3: (0.6, 0.4), 4: (0.1, 0.1)})
    return task


def test_what_people_have_decided_stays_when_thresholds_change(project: Project) -> None:
    task = auto_task(project)
    rob = user("rob")
    reviewing.decide(rob, task, [2], Verdict.REJECT)
    three = Annotation.get(Annotation.input == 3, Annotation.score == 0.4)
    labeling.take_back(rob, three)
    foreseen = editing.preview(task, lower=0.95, upper=0.99)
    assert foreseen.moves == {(Status.SUCCESS, None): 1} and foreseen.touched == 2
    editing.edit(project.owner, task, lower=0.95, upper=0.99)
    assert stands(task) == {(2, "tabby"): "REVIEW_DENIED", (3, "tabby"): "AWAITING_REVIEW"}
    assert assignments.queue(task, Side.REVIEW, rob).tolist() == [3]


def test_thresholds_below_what_was_kept_need_a_run(project: Project) -> None:
    task = auto_task(project)
    assert editing.preview(task, lower=0.005).needs_run == 4
    edited = editing.edit(project.owner, task, lower=0.005)
    assert edited.needs_run == 4
    assert running.start(project.owner, task) == 4
    annotate(task, {1: (0.9, 0.1), 2: (0.5, 0.1), 3: (0.6, 0.4), 4: (0.1, 0.007)})
    assert stands(task)[4, "goldfish"] == "AWAITING_REVIEW"
    assert held(task, Side.REVIEW) == {"rob": 4}


def test_labelers_who_come_get_the_inputs_on_which_the_model_found_nothing(project: Project) -> None:
    task = auto_task(project)
    assert held(task) == {}
    editing.edit(project.owner, task, labelers=("ann",))
    assert assignments.queue(task, Side.LABEL, user("ann")).tolist() == [4]
    editing.edit(project.owner, task, lower=0.05)
    assert held(task) == {}
    undoing.undo(project.owner)
    assert held(task) == {"ann": 1}


def test_a_rerouting_that_was_cut_off_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    task = auto_task(project)
    with monkeypatch.context() as patched:
        patched.setattr(rerouting, "finish", lambda *_: 0)
        editing.edit(project.owner, task, upper=0.55)
    assert Task.get_by_id(task.id).unrouted and stands(task)[3, "tabby"] == "AWAITING_REVIEW"
    running.start(project.owner, task)
    assert not Task.get_by_id(task.id).unrouted and stands(task)[3, "tabby"] == "SUCCESS"


def test_a_concept_that_is_added_is_routed_from_what_is_stored(project: Project) -> None:
    task = auto_task(project, concepts=("tabby",))
    assert (3, "goldfish") not in stands(task)
    editing.edit(project.owner, task, concepts=("goldfish", "tabby"))
    assert stands(task)[3, "goldfish"] == "AWAITING_REVIEW"
    editing.edit(project.owner, task, concepts=("goldfish",))
    assert stands(task) == {(3, "goldfish"): "AWAITING_REVIEW"}
    with pytest.raises(Refused):
        editing.edit(project.owner, task, concepts=("no such thing",))


def test_previous_annotations_go_after_a_count_but_not_what_people_decided(project: Project) -> None:
    task = auto_task(project)
    reviewing.decide(user("rob"), task, [2], Verdict.APPROVE)
    before = stands(task)
    assert running.previous(project.owner, task) == 3
    assert running.forget_previous(project.owner, task) == 3
    assert stands(task) == {(2, "tabby"): "SUCCESS"} and held(task, Side.REVIEW) == {}
    undoing.undo(project.owner)
    assert stands(task) == before and held(task, Side.REVIEW) == {"rob": 1}
    undoing.redo(project.owner)
    assert running.start(project.owner, task) == 3


def test_jobs_of_a_paused_task_wait_and_cancelled_ones_are_given_up(project: Project) -> None:
    task = make(project, 4, auto=MODEL)
    running.start(project.owner, task)
    running.pause(project.owner, task)
    assert not jobs.waiting((0, 10)) and jobs.claim("engine", priorities=(0, 10)) == []
    running.resume(project.owner, task)
    assert jobs.waiting((0, 10))
    assert running.cancel(project.owner, task) == 4 and jobs.queued_inputs(task) == 0
    assert running.start(project.owner, task) == 4
    viewer = users.add(project.owner, "vic", Role.VIEWER)
    for verb in (running.pause, running.resume, running.cancel, running.previous, running.forget_previous):
        with pytest.raises(Denied):
            verb(viewer, task)
    assert not TaskMember.select().where(TaskMember.user == viewer).exists()
