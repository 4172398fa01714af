"""Steps: one transaction each, undone and redone without limit, never over somebody else's change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import dataset_versions, history, labeling, plans, steps, submitting, tasks, undoing
from store.errors import Conflict, Refused
from store.tables import Annotation, Dataset, DatasetInput, Event, Input, Step, User
from store.values import Region, Role
from tests.conftest import Project


def snapshot() -> dict[str, Any]:
    """Everything that the steps of these tests change, as people see it."""
    return {
        "datasets": sorted((d.id, d.name) for d in Dataset.select().where(Dataset.deleted == False)),
        "members": sorted((m.dataset_id, m.input_id) for m in DatasetInput.select()),
        "inputs": sorted((i.id, i.error, bytes(i.sha256)) for i in Input.select()),
    }


def act(actor: User, choice: int, step_number: int) -> None:
    """One of the kinds of change a step can make."""
    with history.step(actor, f"step {step_number}") as recorder:
        datasets = list(Dataset.select().where(Dataset.deleted == False).order_by(Dataset.id))
        first = Input.select().order_by(Input.id).first()
        if choice == 0 or not datasets:
            recorder.insert(Dataset, name=f"made {step_number}", created_at=0)
        elif choice == 1:
            recorder.update(datasets[0], name=f"named {step_number}")
            recorder.update(datasets[0], name=f"named again {step_number}")
        elif choice == 2:
            recorder.delete(datasets[-1])
        elif choice == 3:
            recorder.update(first, error=f"error {step_number}", sha256=bytes([step_number]) * 32)
        else:
            link = DatasetInput.get_or_none(dataset=datasets[0], input=first)
            if link is None:
                recorder.insert(DatasetInput, dataset=datasets[0], input=first)
            else:
                recorder.delete(link)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
def test_undo_and_redo_walk_every_state_exactly(
    tmp_path_factory: pytest.TempPathFactory, choices: list[int], data: st.DataObject
) -> None:
    from store import database

    database.connect(database.create(tmp_path_factory.mktemp("history"), "olga"))
    owner = User.get()
    Input.create(path="a", media="image", sha256=b"\0" * 32, size=1, modified_at=0, added_at=0)
    states = [snapshot()]
    for number, choice in enumerate(choices):
        act(owner, choice, number)
        states.append(snapshot())
    at = len(choices)
    for back in data.draw(st.lists(st.booleans(), max_size=30)):
        if back and at > 0:
            undoing.undo(owner)
            at -= 1
        elif not back and at < len(choices):
            undoing.redo(owner)
            at += 1
        assert snapshot() == states[at]
    database.close()


def test_a_step_that_fails_leaves_nothing(project: Project) -> None:
    with pytest.raises(ZeroDivisionError), history.step(project.owner, "half") as recorder:
        recorder.insert(Dataset, name="never", created_at=0)
        _ = 1 / 0
    assert (Dataset.select().count(), Step.select().count(), Event.select().count()) == (0, 0, 0)


def test_a_step_without_a_change_cannot_be_undone(project: Project) -> None:
    with history.step(project.owner, "nothing"):
        pass
    with pytest.raises(Refused, match="nothing to undo"):
        undoing.undo(project.owner)


def test_undo_refuses_where_somebody_else_has_changed_the_row(project: Project) -> None:
    paul = User.create(name="paul", role=Role.LEAD, created_at=0)
    with history.step(project.owner, "make") as recorder:
        recorder.insert(Dataset, name="one", created_at=0)
    with history.step(paul, "rename") as recorder:
        recorder.update(Dataset.get(), name="two")
    with pytest.raises(Conflict, match="somebody else"):
        undoing.undo(project.owner)
    assert Dataset.get().name == "two"
    undoing.undo(paul)
    undoing.undo(project.owner)
    assert Dataset.get().deleted


def test_a_stale_row_is_refused_even_after_undo_brought_the_number_back(project: Project) -> None:
    paul = User.create(name="paul", role=Role.LEAD, created_at=0)
    with history.step(project.owner, "make") as recorder:
        recorder.insert(Dataset, name="one", created_at=0)
    with history.step(project.owner, "rename") as recorder:
        recorder.update(Dataset.get(), name="two")
    stale = Dataset.get()
    undoing.undo(project.owner)
    with history.step(paul, "rename") as recorder:
        recorder.update(Dataset.get(), name="three")
    with pytest.raises(Conflict), history.step(project.owner, "late") as recorder:
        recorder.update(stale, name="four")
    assert Dataset.get().name == "three"


def test_redo_refuses_where_somebody_else_has_changed_the_row(project: Project) -> None:
    paul = User.create(name="paul", role=Role.LEAD, created_at=0)
    with history.step(project.owner, "make") as recorder:
        recorder.insert(Dataset, name="one", created_at=0)
    with history.step(project.owner, "rename") as recorder:
        recorder.update(Dataset.get(), name="two")
    undoing.undo(project.owner)
    with history.step(paul, "rename") as recorder:
        recorder.update(Dataset.get(), name="three")
    with pytest.raises(Conflict):
        undoing.redo(project.owner)
    assert Dataset.get().name == "three"


def test_a_new_step_ends_redoing(project: Project) -> None:
    with history.step(project.owner, "make") as recorder:
        recorder.insert(Dataset, name="one", created_at=0)
    undoing.undo(project.owner)
    with history.step(project.owner, "make another") as recorder:
        recorder.insert(Dataset, name="two", created_at=0)
    with pytest.raises(Refused, match="nothing to redo"):
        undoing.redo(project.owner)


def test_history_says_who_changed_what_before_and_after_and_is_never_shortened(project: Project) -> None:
    with history.step(project.owner, "make") as recorder:
        made = recorder.insert(Dataset, name="one", created_at=0)
    with history.step(project.owner, "rename") as recorder:
        recorder.update(made, name="two")
    undoing.undo(project.owner)
    kinds = [(e.kind, e.table, e.actor.name) for e in Event.select().order_by(Event.id)]
    assert kinds == [("do", "dataset", "olga"), ("do", "dataset", "olga"), ("undo", "step", "olga")]
    renamed = Event.select().order_by(Event.id)[1]
    assert (renamed.before["name"], renamed.after["name"]) == ("one", "two")


def test_place_and_concept_change_in_one_step_and_nothing_is_said_twice(project: Project) -> None:
    olga = project.owner
    project.add_inputs(1)
    made = tasks.create(olga, plans.Plan(name="t", type="detection")).task
    here, there = Region.from_box(0, 0, 0.5, 0.5), Region.from_box(0.5, 0.5, 1, 1)
    cat = labeling.add(olga, made, 1, "cat", here)
    labeling.add(olga, made, 1, "dog", there)
    with pytest.raises(Refused, match="this region is called dog already"):
        labeling.place(olga, made, 1, cat, there, "dog")
    with pytest.raises(Refused, match="this region is called dog already"):
        labeling.place(olga, made, 1, labeling.add(olga, made, 1, "dog", here), there)
    undoing.undo(olga)
    labeling.place(olga, made, 1, Annotation.get_by_id(cat.id), there, "puma")
    moved = Annotation.get_by_id(cat.id)
    assert (moved.concept.name, moved.region) == ("puma", there.pack())
    undoing.undo(olga)
    back = Annotation.get_by_id(cat.id)
    assert (back.concept.name, back.region) == ("cat", here.pack())


def test_undo_passes_over_what_is_only_noted(project: Project) -> None:
    """A dataset version stays: undo takes back the step before it, and redo brings that one again."""
    olga, (input_id,) = project.owner, project.add_inputs(1)
    task = tasks.create(olga, plans.Plan(name="t", type="classification", concepts=["cat"])).task
    submitting.submit(olga, task, input_id)
    dataset_versions.of_task(olga, task)
    assert steps.undo(olga, task).name == f"submit input {input_id}"
    assert len(dataset_versions.listing(task.dataset)) == 1
    assert steps.redo(olga, task).name == f"submit input {input_id}"
    undoing.undo(olga)
    assert undoing.undo(olga) == "create task 't'"
    with pytest.raises(Refused, match="nothing to undo"):
        undoing.undo(olga)
