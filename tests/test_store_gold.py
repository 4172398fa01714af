"""Gold inputs: mixed in by their share, told apart by nothing, measured for leads alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import (
    assignments,
    checks,
    cli,
    database,
    datasets,
    editing,
    events,
    gold,
    labeling,
    plans,
    progress,
    reviewing,
    submitting,
    tasks,
    undoing,
    users,
)
from store.annotations import listing
from store.errors import Denied, Refused
from store.tables import Annotation, Assignment, Task, User
from store.values import Region, Side, Verdict
from tests.conftest import Project

PEOPLE = ("ann", "bob", "cid")
BOX = Region.from_box(0.1, 0.1, 0.5, 0.5)


def make(project: Project, inputs: int, known: int, region: Region | None = None, **plan: Any) -> Task:
    """A task on so many inputs; of the first `known` it is known that they show a cat."""
    ids = project.add_inputs(inputs)
    olga = project.owner
    datasets.add(olga, "known", ids[:known])
    kind = "classification" if region is None else "detection"
    first = tasks.create(olga, plans.Plan(name="first", type=kind, dataset="known")).task
    for input_id in ids[:known]:
        labeling.add(olga, first, input_id, "cat", region)
        submitting.submit(olga, first, input_id)
    settled = {"name": "t", "type": kind, "labelers": PEOPLE, "gold": "known", "gold_share": 0.25, **plan}
    return tasks.create(olga, plans.Plan(**settled)).task


def user(name: str) -> User:
    return User.get(User.name == name)


def dealt(task: Task) -> dict[str, tuple[set[int], set[int]]]:
    """The ordinary and the gold inputs of each labeler."""
    rows = list(Assignment.select().where(Assignment.task == task, Assignment.side == Side.LABEL))
    return {
        name: (
            {row.input_id for row in rows if row.user_id == user(name).id and not row.gold},
            {row.input_id for row in rows if row.user_id == user(name).id and row.gold},
        )
        for name in PEOPLE
    }


@settings(max_examples=20)
@given(share=st.floats(0.02, 0.9), known=st.integers(1, 8), strategy=st.sampled_from(["partitioned", "full"]))
def test_everybody_gets_their_share_and_the_rest_is_dealt_as_ever(
    tmp_path_factory: pytest.TempPathFactory, share: float, known: int, strategy: str
) -> None:
    database.connect(database.create(tmp_path_factory.mktemp("gold"), "olga"), synchronous="OFF")
    here = Project(tmp_path_factory.getbasetemp(), database.path(), user("olga"))
    task = make(here, 20, known, gold_share=share, strategy=strategy)
    ordinary = set(range(known + 1, 21))
    mine = dealt(task)
    if strategy == "full":
        assert all(work == ordinary for work, _ in mine.values())
    else:
        works = [work for work, _ in mine.values()]
        assert set().union(*works) == ordinary and sum(map(len, works)) == len(ordinary)
        assert max(map(len, works)) - min(map(len, works)) <= 1
    for work, mixed in mine.values():
        assert mixed <= set(range(1, known + 1))
        assert len(mixed) == known or len(mixed) / (len(mixed) + len(work)) >= share - 1e-9
        assert (len(mixed) - 1) / (len(mixed) - 1 + len(work)) < share
    gold.deal(task)
    assert dealt(task) == mine, "dealing again changes nothing"
    assert progress.summaries(user("olga"), task)[0].inputs == len(ordinary)
    assert all(finding.good for finding in checks.run())
    database.close()


def test_dynamic_leases_bring_gold_along_and_never_twice(project: Project) -> None:
    task = make(project, 40, 6, strategy="dynamic")
    for name in PEOPLE:
        assert assignments.queue(task, Side.LABEL, user(name))
        work, mixed = dealt(task)[name]
        assert len(work) == 10 and len(mixed) == 4
    assert all(finding.good for finding in checks.run())


def test_accuracy_is_of_what_was_said_before_a_reviewer_told_more(project: Project) -> None:
    olga = project.owner
    task = make(project, 9, 2, gold_share=0.4, reviewers=("olga",))
    for name, right in (("ann", "cat"), ("bob", "dog")):
        for input_id in dealt(task)[name][1]:
            labeling.add(user(name), task, input_id, right)
            submitting.submit(user(name), task, input_id)
    said = [
        {"name": "ann", "answered": 2, "right": 2, "accuracy": 1.0},
        {"name": "bob", "answered": 2, "right": 0, "accuracy": 0.0},
    ]
    assert gold.accuracy(olga, task) == said
    reviewing.decide(olga, task, [1], Verdict.REQUEST_CHANGES, comment="a cat", labeler=user("bob"))
    assert gold.accuracy(olga, task)[1]["answered"] == 1
    wrong = Annotation.get(Annotation.input == 1, Annotation.annotator == user("bob"))
    labeling.reassign(user("bob"), wrong, "cat")
    submitting.submit(user("bob"), task, 1)
    assert gold.accuracy(olga, task) == said
    for name in PEOPLE:
        with pytest.raises(Denied):
            gold.accuracy(user(name), task)


def test_regions_are_right_where_they_overlap_as_the_task_asks(project: Project) -> None:
    task = make(project, 6, 3, region=BOX, gold_share=0.8)
    ann = user("ann")
    near, far = Region.from_box(0.1, 0.1, 0.5, 0.45), Region.from_box(0.3, 0.3, 0.7, 0.7)
    answers = {1: [near], 2: [far], 3: [near, far]}
    for input_id, regions in answers.items():
        for region in regions:
            labeling.add(ann, task, input_id, "cat", region)
        submitting.submit(ann, task, input_id)
    assert gold.accuracy(project.owner, task) == [
        {"name": "ann", "answered": 3, "right": 1, "accuracy": 1 / 3}
    ]


def test_gold_comes_and_goes_with_an_edit_and_its_undo(project: Project) -> None:
    olga = project.owner
    task = make(project, 12, 3)
    mixed = dealt(task)
    editing.edit(olga, task, gold="")
    assert set().union(*(work for work, _ in dealt(task).values())) == set(range(1, 13))
    assert not any(some for _, some in dealt(task).values())
    undoing.undo(olga)
    assert dealt(task) == mixed
    task = Task.get_by_id(task.id)
    editing.edit(olga, task, gold_share=0.01)
    assert all(len(some) == 1 for _, some in dealt(task).values())
    users.remove(olga, user("cid"))
    assert dealt(task)["cid"] == (set(), set())
    with pytest.raises(Refused, match="nothing in 'other' is gold"):
        datasets.add(olga, "other", [12])
        editing.edit(olga, task, gold="other")


def test_nothing_that_a_labeler_sees_tells_which_are_gold(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    task = make(project, 9, 3, gold_share=0.4)
    ann = user("ann")
    work, mixed = dealt(task)["ann"]
    assert list(assignments.queue(task, Side.LABEL, ann)) == sorted(work | mixed)
    assert progress.summaries(ann, task)[0].to_label == len(work | mixed)
    for input_id in work | mixed:
        labeling.add(ann, task, input_id, "cat")
        submitting.submit(ann, task, input_id)
    rows = list(listing(task=task))
    assert {row["input"] for row in rows} == work | mixed
    assert len({(row["status"], *row) for row in rows}) == 1
    steps = {
        (line["name"].removesuffix(str(line["row"])).split()[0], line["table"], *sorted(line["after"] or ()))
        for line in events.listing(user=ann)
        if line["table"] == "assignment"
    }
    assert len(steps) == 1
    assert "gold" not in json.dumps(list(events.listing()))
    assert {row["input"] for row in listing(task=task, ordinary=True)} == work

    def said(who: str, *arguments: str) -> str:
        given = ["--store", str(project.store), "--as", who, *arguments]
        cli.call(cli.winnow, given)
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert "gold" not in said("ann", "task", "show", "t", "--json")
    assert '"gold": "known"' in said("olga", "task", "show", "t", "--json")
    assert "only owners and leads" in said("ann", "stats", "gold", "--task", "t")
    assert json.loads(said("olga", "stats", "gold", "--task", "t", "--json"))[0]["name"] == "ann"
