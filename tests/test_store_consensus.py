"""Consensus: quorums, and the fate of statements against a search of every grouping."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import labeling, plans, submitting, tasks
from store.annotations import on_input
from store.consensus import Statement, decide, overlap, quorum
from store.errors import Refused
from store.tables import Assignment, User
from store.values import Region, Side, Status
from tests.conftest import Project

PENDING = Status.AWAITING_CONSENSUS_REVIEW


@pytest.mark.parametrize(
    ("share", "labelers", "needed"),
    [
        (0.5, 4, 2),
        (0.5, 5, 3),
        (0.6, 5, 3),
        (0.7, 10, 7),
        (1.0, 3, 3),
        (0.01, 3, 1),
        (2 / 3, 3, 2),
        (0.51, 4, 3),
    ],
)
def test_a_share_is_rounded_up_to_whole_people(share: float, labelers: int, needed: int) -> None:
    assert quorum(9, share, labelers) == needed
    assert quorum(2, None, labelers) == 2


def test_boxes_agree_from_the_overlap_that_is_asked_for() -> None:
    a, b = Region.from_box(0, 0, 0.5, 1), Region.from_box(0.25, 0, 0.75, 1)
    assert overlap(a.bounds or (), b.bounds or ()) == pytest.approx(1 / 3)
    two = [Statement(1, 1, "cat", a), Statement(2, 2, "cat", b)]
    assert set(decide(two, agree=2, still_to_come=0, least=0.5).values()) == {Status.AWAITING_REVIEW}
    assert set(decide(two, agree=2, still_to_come=0, least=0.33).values()) == {Status.SUCCESS}
    assert set(decide(two, agree=2, still_to_come=1, least=0.5).values()) == {PENDING}


def by_every_grouping(statements: list[Statement], agree: int, to_come: int) -> dict[int, Status]:
    """For whole inputs a statement is agreed on when some set of `agree` others' and it says the same."""
    fates = {}
    for one in statements:
        same = [other for other in statements if other.says == one.says]
        largest = 0
        for size in range(1, len(same) + 1):
            for group in itertools.combinations(same, size):
                if one in group and len({other.labeler for other in group}) == size:
                    largest = max(largest, size)
        fates[one.id] = (
            Status.SUCCESS
            if largest >= agree
            else PENDING
            if largest + to_come >= agree
            else Status.AWAITING_REVIEW
        )
    return fates


answers = st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=5)


@given(answers=answers, agree=st.integers(1, 5), to_come=st.integers(0, 3))
def test_whole_inputs_agree_as_a_search_of_every_grouping_says(
    answers: list[set[str]], agree: int, to_come: int
) -> None:
    identity = itertools.count(1)
    statements = [
        Statement(next(identity), labeler, says, None)
        for labeler, said in enumerate(answers)
        for says in sorted(said)
    ]
    fates = decide(statements, agree=agree, still_to_come=to_come, least=0.5)
    assert fates == by_every_grouping(statements, agree, to_come)


boxes = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4))


@given(
    placed=st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ab"), boxes), max_size=8),
    agree=st.integers(1, 4),
    to_come=st.integers(0, 2),
)
def test_boxes_are_agreed_on_only_with_enough_people_in_one_place(
    placed: list[tuple[int, str, tuple[int, int, int, int]]], agree: int, to_come: int
) -> None:
    statements = [
        Statement(n, labeler, says, Region.from_box(x / 12, y / 12, (x + w) / 12, (y + h) / 12))
        for n, (labeler, says, (x, y, w, h)) in enumerate(placed)
    ]
    fates = decide(statements, agree=agree, still_to_come=to_come, least=0.5)
    assert set(fates) == {one.id for one in statements}
    for one in statements:
        near = {
            other.labeler
            for other in statements
            if other.says == one.says
            and other.region is not None
            and one.region is not None
            and (other.id == one.id or overlap(one.region.bounds or (), other.region.bounds or ()) >= 0)
        }
        if fates[one.id] is Status.SUCCESS:
            assert len(near) >= agree
        if fates[one.id] is Status.AWAITING_REVIEW:
            assert 1 + to_come < agree
    alone = decide(statements[:1], agree=1, still_to_come=0, least=0.5)
    assert set(alone.values()) <= {Status.SUCCESS}


def test_three_of_five_settle_an_input_and_two_send_it_to_the_reviewer(project: Project) -> None:
    project.add_inputs(2)
    people = ("ann", "bob", "cid", "dan", "eve")
    plan = plans.Plan(
        name="c",
        type="classification",
        labelers=people,
        strategy="full",
        review="consensus",
        agree_share=0.6,
        reviewers=("rob",),
    )
    task = tasks.create(project.owner, plan).task
    said = {1: "cat cat dog cat cow", 2: "cat dog cat dog cow"}
    for n, name in enumerate(people):
        user = User.get(User.name == name)
        for input_id, concepts in said.items():
            labeling.add(user, task, input_id, concepts.split()[n])
            submitting.submit(user, task, input_id)
    ones = {row.annotator.name: Status(row.status) for row in on_input(task, 1)}
    assert {ones[name] for name in ("ann", "bob", "dan")} == {Status.SUCCESS}
    assert {ones[name] for name in ("cid", "eve")} == {Status.AWAITING_REVIEW}
    assert {Status(row.status) for row in on_input(task, 2)} == {Status.AWAITING_REVIEW}
    reviews = Assignment.select().where(Assignment.side == Side.REVIEW)
    assert {(row.user.name, row.input_id) for row in reviews} == {("rob", 1), ("rob", 2)}


def test_a_quorum_nobody_can_reach_is_refused(project: Project) -> None:
    project.add_inputs(1)
    plan = {"name": "c", "type": "classification", "strategy": "full", "review": "consensus"}
    for more in ({"agree": 3}, {"agree": 1}, {"agree_share": 0.0}, {"agree_share": 1.5}):
        with pytest.raises(Refused):
            tasks.create(project.owner, plans.Plan(**plan, labelers=("a", "b"), **more))
