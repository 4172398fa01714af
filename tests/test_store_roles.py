"""Every verb of the store asks for the role itself: walked with each role, found by looking."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peewee import fn

import store
from store import (
    adding,
    answers,
    comments,
    concepts,
    dataset_versions,
    datasets,
    editing,
    exchange,
    gold,
    inputs,
    jobs,
    labeling,
    models,
    plans,
    predictions,
    rehearsal,
    restoring,
    reviewing,
    running,
    skips,
    steps,
    submitting,
    suggestions,
    sweeps,
    tasks,
    training,
    undoing,
    users,
    workflow_runs,
    workflows,
)
from store.errors import Denied, Refused
from store.predictions import Said
from store.tables import (
    Annotation,
    Concept,
    DatasetVersion,
    Input,
    Review,
    Step,
    Task,
    User,
    Workflow,
    database,
)
from store.values import Region, Role, Side, Verdict
from tests.conftest import Project

OWNER, LEADS = {Role.OWNER}, {Role.OWNER, Role.LEAD}
PEOPLE = {*LEADS, Role.LABELER}
BOX = Region.from_box(0.1, 0.1, 0.5, 0.5)
MODEL = "efficientnet-lite0"
LOOK = "workflow: {id: %s, nodes: [{id: look, model: {model_id: efficientnet-lite0}}]}"

READS = {
    "models.require_adding",
    "pace.of",
    "progress.summaries",
    "reviewing.awaiting",
    "rights.require",
    "rights.require_rows",
    "skips.reason",
    "tasks.show",
    "undoing.redoable",
    "undoing.undoable",
}
"""They change nothing; everybody may."""

MADE_OF_OTHERS = {"demo.project.fill", "demo.project.start", "history.step"}
"""They act through the verbs below."""


class World:
    """A project in which `me` labels one task, reviews another, and has something to undo."""

    def __init__(self, project: Project) -> None:
        self.folder = project.folder
        project.add_inputs(6)
        plan: dict[str, Any] = {"type": "classification", "assist": "efficientnet-lite0"}
        made = tasks.create(
            project.owner, plans.Plan(name="mine", labelers=("me",), reviewers=("other",), **plan)
        )
        other = plans.Plan(name="theirs", labelers=("other",), reviewers=("me",), **plan)
        self.mine, self.theirs = made.task, tasks.create(project.owner, other).task
        auto = plans.Plan(name="auto", type="classification", auto="efficientnet-lite0", concepts=("tabby",))
        self.auto = tasks.create(project.owner, auto).task
        self.me, self.other = (User.get(User.name == name) for name in ("me", "other"))
        submitting.submit(self.other, self.theirs, 1)
        tabby = Concept.get(Concept.name == "tabby")
        predictions.keep(models.find("efficientnet-lite0"), {2: [Said(tabby.id, 0.9)]}, 0.01)
        (self.suggestion,) = suggestions.of(self.mine, 2, self.me) or ()
        self.comment = comments.add(self.me, self.mine, 1, "hm")
        self.annotation = labeling.add(self.me, self.mine, 1, "cat", BOX)
        self.answers = answers.of(self.mine, 1)
        self.workflow = workflows.add(project.owner, LOOK % "seen")

    def undone(self, me: User) -> None:
        """Mark the last step of `me` as undone: there is something to redo."""
        last = Step.select(fn.MAX(Step.id)).where(Step.actor == me)
        Step.update(undone=True).where(Step.id == last).execute()

    def fresh(self, row: Any) -> Any:
        return type(row).get_by_id(row.id)


Verb = Callable[[World, User], Any]
VERBS: dict[str, tuple[set[Role], Verb]] = {
    "adding.add": (LEADS, lambda w, me: adding.add(me, [w.folder])),
    "answers.drop": (PEOPLE, lambda w, me: answers.drop(me, w.answers.lines)),
    "answers.take": (PEOPLE, lambda w, me: answers.take(me, w.answers, "other")),
    "comments.add": (PEOPLE, lambda w, me: comments.add(me, w.mine, 1, "well")),
    "comments.reply": (PEOPLE, lambda w, me: comments.reply(me, w.fresh(w.comment), "well")),
    "comments.resolve": (PEOPLE, lambda w, me: comments.resolve(me, w.fresh(w.comment))),
    "concepts.add": (PEOPLE, lambda w, me: concepts.add(me, "new")),
    "concepts.rename": (LEADS, lambda w, me: concepts.rename(me, concepts.find("cat"), "puma")),
    "concepts.relate": (
        PEOPLE,
        lambda w, me: concepts.relate(me, concepts.find("cat"), "synonym", concepts.find("tabby")),
    ),
    "dataset_versions.of_task": (LEADS, lambda w, me: dataset_versions.of_task(me, w.mine)),
    "dataset_versions.freeze": (LEADS, lambda w, me: dataset_versions.freeze(me, w.mine.dataset)),
    "datasets.add": (LEADS, lambda w, me: datasets.add(me, "new")),
    "editing.edit": (LEADS, lambda w, me: editing.edit(me, w.fresh(w.mine), priority=3)),
    "exchange.take_in": (LEADS, lambda w, me: exchange.take_in(me, "jsonl", w.folder / "in.jsonl")),
    "gold.accuracy": (LEADS, lambda w, me: gold.accuracy(me, w.mine)),
    "inputs.delete": (LEADS, lambda w, me: inputs.delete(me, [Input.get_by_id(6)])),
    "jobs.ask_to_stop": (LEADS, lambda w, me: jobs.ask_to_stop(me)),
    "labeling.accept": (PEOPLE, lambda w, me: labeling.accept(me, w.mine, 2, w.suggestion)),
    "labeling.accept_all": (PEOPLE, lambda w, me: labeling.accept_all(me, w.mine, 2, [w.suggestion])),
    "labeling.place": (PEOPLE, lambda w, me: labeling.place(me, w.mine, 2, w.suggestion, BOX)),
    "labeling.add": (PEOPLE, lambda w, me: labeling.add(me, w.mine, 3, "dog")),
    "labeling.copy": (PEOPLE, lambda w, me: labeling.copy(me, w.mine, [("dog", BOX)], 3)),
    "labeling.take_back": (PEOPLE, lambda w, me: labeling.take_back(me, w.fresh(w.annotation))),
    "labeling.take_back_all": (PEOPLE, lambda w, me: labeling.take_back_all(me, [w.fresh(w.annotation)])),
    "labeling.set_value": (PEOPLE, lambda w, me: labeling.set_value(me, w.fresh(w.annotation), 0)),
    "labeling.move": (
        PEOPLE,
        lambda w, me: labeling.move(me, w.fresh(w.annotation), Region.from_box(0, 0, 1, 1)),
    ),
    "labeling.reassign": (PEOPLE, lambda w, me: labeling.reassign(me, w.fresh(w.annotation), "dog")),
    "labeling.remove": (PEOPLE, lambda w, me: labeling.remove(me, w.fresh(w.annotation))),
    "models.add": (LEADS, lambda w, me: models.add(me, models.card(models.find(MODEL)))),
    "models.remove": (LEADS, lambda w, me: models.remove(me, MODEL)),
    "rehearsal.found_nothing": (LEADS, lambda w, me: rehearsal.found_nothing(me, w.auto)),
    "rehearsal.people": (LEADS, lambda w, me: rehearsal.people(me, w.mine, labelers=("other",))),
    "restoring.restore": (
        LEADS,
        lambda w, me: restoring.restore(me, DatasetVersion(number=1), f"by {me.role}"),
    ),
    "reviewing.decide": (
        PEOPLE,
        lambda w, me: reviewing.decide(me, w.theirs, [1], Verdict.APPROVE),
    ),
    "running.start": (LEADS, lambda w, me: running.start(me, w.auto)),
    "running.pause": (LEADS, lambda w, me: running.pause(me, w.auto)),
    "running.resume": (LEADS, lambda w, me: running.resume(me, w.auto)),
    "running.cancel": (LEADS, lambda w, me: running.cancel(me, w.auto)),
    "running.previous": (LEADS, lambda w, me: running.previous(me, w.auto)),
    "running.forget_previous": (LEADS, lambda w, me: running.forget_previous(me, w.auto)),
    "skips.skip": (PEOPLE, lambda w, me: skips.skip(me, w.mine, Side.LABEL, 1, "unclear")),
    "steps.undo": (PEOPLE, lambda w, me: steps.undo(me, w.mine)),
    "steps.redo": (PEOPLE, lambda w, me: w.undone(me) or steps.redo(me, w.mine)),
    "submitting.submit": (PEOPLE, lambda w, me: submitting.submit(me, w.mine, 1)),
    "sweeps.parts": (PEOPLE, lambda w, me: next(sweeps.parts(me, w.theirs, [1], Verdict.APPROVE))),
    "sweeps.decide": (PEOPLE, lambda w, me: sweeps.decide(me, w.theirs, [1], Verdict.APPROVE)),
    "tasks.create": (LEADS, lambda w, me: tasks.create(me, plans.Plan(name="n", type="classification"))),
    "tasks.delete": (LEADS, lambda w, me: tasks.delete(me, w.fresh(w.mine))),
    "training.again": (LEADS, lambda w, me: training.again(me, "learned", 10)),
    "training.remember": (LEADS, lambda w, me: training.remember(me, training.Plan("learned", ["cat"]))),
    "undoing.undo": (PEOPLE, lambda w, me: undoing.undo(me)),
    "undoing.redo": (PEOPLE, lambda w, me: w.undone(me) or undoing.redo(me)),
    "users.add": (OWNER, lambda w, me: users.add(me, "eve")),
    "users.remove": (OWNER, lambda w, me: users.remove(me, w.fresh(w.other))),
    "workflow_runs.start": (LEADS, lambda w, me: workflow_runs.start(me, w.fresh(w.workflow))),
    "workflows.add": (LEADS, lambda w, me: workflows.add(me, LOOK % "new")),
    "workflows.make_default": (LEADS, lambda w, me: workflows.make_default(me, w.fresh(w.workflow))),
    "workflows.remove": (LEADS, lambda w, me: workflows.remove(me, w.fresh(w.workflow))),
}


def verbs_of_the_store() -> set[str]:
    """Every public function that is told who acts."""
    found = set()
    for module in pkgutil.walk_packages(store.__path__, "store."):
        if not module.name.startswith(("store.cli", "store.migrations")):
            here = importlib.import_module(module.name)
            for name, function in vars(here).items():
                public = inspect.isfunction(function) and not name.startswith("_")
                if public and function.__module__ == module.name:
                    first = next(iter(inspect.signature(function).parameters), "")
                    if first == "actor":
                        found.add(f"{module.name.removeprefix('store.')}.{name}")
    return found


def test_every_verb_is_known_here() -> None:
    found = verbs_of_the_store() - READS - MADE_OF_OTHERS
    assert found == set(VERBS), "a verb that is told who acts goes into VERBS with the roles that may"


def everything() -> list[Any]:
    tables = (Annotation, Concept, DatasetVersion, Input, Review, Task, User, Workflow)
    return [list(table.select().order_by(table.id).tuples()) for table in tables]


@pytest.mark.parametrize("role", [Role.OWNER, Role.LEAD, Role.LABELER, Role.VIEWER])
def test_who_may_not_is_denied_and_nothing_changes(project: Project, role: Role) -> None:
    world = World(project)
    (project.folder / "in.jsonl").write_text("", "utf-8")
    User.update(role=role).where(User.name == "me").execute()
    before = everything()
    for name, (allowed, verb) in VERBS.items():
        with database.atomic() as transaction:
            me = User.get(User.name == "me")
            try:
                # As its own transaction, which it would be without the one around it.
                with database.atomic():
                    verb(world, me)
                denied = False
            except Denied:
                denied = True
                assert everything() == before, f"{name} changed something before it was denied"
            except Refused:
                denied = False
            transaction.rollback()
        assert denied == (role not in allowed), f"{name} as {role.value}"


def test_a_path_of_a_denied_import_is_not_even_looked_at(project: Project) -> None:
    viewer = users.add(project.owner, "vic", Role.VIEWER)
    with pytest.raises(Denied):
        exchange.take_in(viewer, "jsonl", Path("/no/such/file"))
