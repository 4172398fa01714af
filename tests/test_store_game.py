"""The rules of the game: several people, a model and undo walk the table of statuses; nothing leaves it."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import assignments, database, history, jobs, labeling, predictions, progress, reviewing, tasks
from store.errors import Refused
from store.predictions import Router, Said
from store.tables import (
    Annotation,
    AnnotationCount,
    Assignment,
    AssignmentCount,
    Concept,
    Input,
    Review,
    Task,
    User,
)
from store.values import Side, Status, Verdict

EDGES = {
    (Status.PENDING, Status.SUCCESS),
    (Status.PENDING, Status.AWAITING_REVIEW),
    (Status.PENDING, Status.AWAITING_CONSENSUS_REVIEW),
    (Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS),
    (Status.AWAITING_CONSENSUS_REVIEW, Status.AWAITING_REVIEW),
    (Status.AWAITING_REVIEW, Status.SUCCESS),
    (Status.AWAITING_REVIEW, Status.PENDING),
    (Status.AWAITING_REVIEW, Status.REVIEW_DENIED),
}
PEOPLE = ("ann", "bob", "cid")
PLANS: list[dict[str, Any]] = [
    {"labelers": PEOPLE[:2], "review": "none"},
    {"labelers": PEOPLE[:2], "reviewers": PEOPLE[1:]},
    {"labelers": PEOPLE[:1], "reviewers": PEOPLE, "stacked": True},
    {"labelers": PEOPLE, "strategy": "full", "review": "consensus", "agree": 2, "reviewers": PEOPLE[2:]},
    {"labelers": PEOPLE, "strategy": "full", "review": "consensus", "agree": 3, "reviewers": PEOPLE[:1]},
    {"labelers": PEOPLE[:2], "strategy": "dynamic", "reviewers": PEOPLE[2:]},
    {"auto": "efficientnet-lite0", "labelers": PEOPLE[:2], "reviewers": PEOPLE[1:]},
]
CONCEPTS = ("tabby", "goldfish")


def statuses() -> dict[Any, Status]:
    """The status of every labeling assignment and live annotation, by what it is."""
    found: dict[Any, Status] = {}
    for row in Assignment.select().where(Assignment.side == Side.LABEL):
        found["work", row.user_id, row.input_id] = Status(row.status)
    for row in Annotation.select().where(Annotation.deleted == False):
        found["annotation", row.id] = Status(row.status)
    return found


def begin(folder: Path, plan: dict[str, Any]) -> Path:
    """A project with four inputs and one task; the model of an automatic one has not been started."""
    store = database.create(folder, "olga")
    database.connect(store)
    for n in range(4):
        Input.create(
            path=f"{n}.jpg", media="image", sha256=bytes([n]) * 32, size=1, modified_at=0, added_at=0
        )
    settled = {"name": "game", "type": "classification", "concepts": CONCEPTS, "lower": 0.3, "upper": 0.8}
    tasks.create(User.get(User.name == "olga"), tasks.Plan(**settled, **plan))
    database.close()
    return store


class Game:
    """Each action is one person's or the engine's, and the store may refuse it."""

    def __init__(self, store: Path) -> None:
        database.connect(store)
        self.owner = User.get(User.name == "olga")
        self.task = Task.get()
        self.people = [User.get(User.name == name) for name in PEOPLE if User.get_or_none(User.name == name)]
        if self.task.auto_id:
            tasks.start(self.owner, self.task)
        self.before = statuses()
        self.undone = self.rerouted = False
        self.reviewed: set[int] = set()
        self.rule_came_back = False
        """Undo gives back whether own work may be reviewed, but deals nothing anew: that stays listed."""

    def play(self, action: str, who: int, pick: int, extra: int) -> None:
        """One action by its name, then everything that must always hold."""
        self.task, self.rerouted = Task.get(), action == "edit"
        getattr(self, action)(who, pick, extra)
        self.only_edges_of_the_table()
        self.counters_equal_a_full_count()
        self.open_says_what_the_status_says()
        self.nobody_shares_a_partition()
        self.full_percent_only_when_nothing_is_left()
        self.whoever_awaits_review_has_a_reviewer()
        self.nobody_reviews_their_own_work()

    def attempt(self, act: Any, *arguments: Any, **named: Any) -> Any:
        """Do it, or be refused without a trace."""
        self.before, self.undone = statuses(), False
        everything = self.whole_store()
        try:
            return act(*arguments, **named)
        except Refused:
            assert self.whole_store() == everything, "a refusal changed something"
            return None

    def whole_store(self) -> list[Any]:
        return [list(table.select().tuples()) for table in (Assignment, Annotation, Review)]

    def open_of(self, side: Side, who: int) -> tuple[User, list[int]]:
        user = self.people[who % len(self.people)]
        return user, list(assignments.queue(self.task, side, user))

    def label(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.LABEL, who)
        input_id = waiting[pick % len(waiting)] if waiting else pick + 1
        for bit, concept in enumerate(CONCEPTS):
            self.attempt(labeling.add, user, self.task, input_id, concept, value=extra >> bit & 1)

    def take_back(self, who: int, pick: int, extra: int) -> None:
        rows = list(Annotation.select().where(Annotation.deleted == False))
        if rows:
            user = self.people[who % len(self.people)]
            self.attempt(labeling.take_back, user, rows[extra % len(rows)])

    def submit(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.LABEL, who)
        if waiting:
            self.attempt(labeling.submit, user, self.task, waiting[pick % len(waiting)])

    def review(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.REVIEW, who)
        if waiting:
            some = waiting[pick % len(waiting) :][:2]
            verdict = list(Verdict)[extra % 3]
            self.attempt(reviewing.decide, user, self.task, some, verdict, comment="look")

    def out_of_turn(self, who: int, pick: int, extra: int) -> None:
        user = self.people[who % len(self.people)]
        if not assignments.is_open(self.task, Side.LABEL, user, pick + 1):
            with pytest.raises(Refused):
                labeling.submit(user, self.task, pick + 1)
        if not assignments.is_open(self.task, Side.REVIEW, user, pick + 1):
            with pytest.raises(Refused):
                reviewing.decide(user, self.task, [pick + 1], Verdict.APPROVE)

    def engine(self, who: int, pick: int, extra: int) -> None:
        """A chunk goes through the model, which says something else for each seed and fails now and then."""
        for job in jobs.claim("engine", priorities=(0, 10)):
            self.before, self.undone = statuses(), False
            router = Router.of(self.task, tasks.thresholds(self.task))
            chosen = random.Random(extra)
            known = [Concept.get(Concept.name == name).id for name in CONCEPTS]
            waiting = predictions.waiting_inputs(
                self.task, router.annotator, job.payload["first"], job.payload["last"]
            )
            answers: dict[int, predictions.Answer] = {
                input_id: "cannot be read"
                if chosen.random() < 0.1
                else [Said(concept, chosen.random()) for concept in known]
                for input_id in waiting
            }
            predictions.write_chunk(router, job, "engine", answers)

    def edit(self, who: int, pick: int, extra: int) -> None:
        """A lead names other people, or moves the thresholds."""
        if pick == 0:
            changes: dict[str, Any] = {"labelers": [PEOPLE[who], PEOPLE[extra % 3]]}
        elif pick == 1:
            changes = {"reviewers": [PEOPLE[who], PEOPLE[extra % 3]]}
        elif pick == 2:
            changes = {"lower": extra / 12, "upper": min(1.0, extra / 12 + who / 3)}
        else:
            changes = {"own_review": extra % 2 == 0}
        self.attempt(tasks.edit, self.owner, self.task, **changes)
        self.people = [User.get(User.name == name) for name in PEOPLE if User.get_or_none(User.name == name)]

    def undo(self, who: int, pick: int, extra: int) -> None:
        actor = self.owner if pick == 3 else self.people[who % len(self.people)]
        before = Task.get().own_review
        self.attempt(history.redo if extra % 3 == 0 else history.undo, actor)
        self.undone = True
        self.rule_came_back |= Task.get().own_review != before

    def only_edges_of_the_table(self) -> None:
        after = statuses()
        if not self.undone:
            for key, status in after.items():
                # What the model said follows the thresholds when they move.
                rerouted = self.rerouted and self.by_the_model(key)
                if key in self.before and self.before[key] is not status and not rerouted:
                    assert (self.before[key], status) in EDGES, key
        self.before = after

    def by_the_model(self, key: Any) -> bool:
        owner = key[1] if key[0] == "work" else Annotation.get_by_id(key[1]).annotator_id
        return bool(User.get_by_id(owner).role == "model")

    def counters_equal_a_full_count(self) -> None:
        counted = Counter(
            (a.task_id, a.annotator_id, a.status)
            for a in Annotation.select().where(Annotation.deleted == False)
        )
        kept = {(c.task, c.annotator, c.status): c.n for c in AnnotationCount.select() if c.n}
        assert kept == counted
        works = Counter(
            (a.task_id, a.side, a.user_id, a.status, a.error is not None) for a in Assignment.select()
        )
        assert {
            (c.task, c.side, c.user, c.status, c.failed): c.n for c in AssignmentCount.select() if c.n
        } == works

    def open_says_what_the_status_says(self) -> None:
        for row in Assignment.select():
            waits = Status.PENDING if row.side == Side.LABEL else Status.AWAITING_REVIEW
            assert row.open == (row.status == waits) or row.error

    def nobody_shares_a_partition(self) -> None:
        if self.task.strategy != "full":
            dealt = Counter(
                row.input_id
                for row in Assignment.select(Assignment, User)
                .join(User)
                .where(Assignment.side == Side.LABEL, User.role != "model")
            )
            assert all(n == 1 for n in dealt.values())
        if not self.task.stacked:
            reviewed = Counter(
                row.input_id for row in Assignment.select().where(Assignment.side == Side.REVIEW)
            )
            assert all(n == 1 for n in reviewed.values())

    def full_percent_only_when_nothing_is_left(self) -> None:
        (summary,) = progress.summaries(self.owner)
        left = (
            Assignment.select()
            .where(Assignment.side == Side.LABEL, Assignment.status == Status.PENDING)
            .exists()
        )
        if summary.labeled_percent == 100:
            assert not left
        if summary.reviewed_percent == 100:
            reviews = Assignment.select().where(Assignment.side == Side.REVIEW)
            assert not any(row.open for row in reviews)

    def whoever_awaits_review_has_a_reviewer(self) -> None:
        waiting = {
            row.input_id
            for row in Assignment.select().where(
                Assignment.side == Side.LABEL, Assignment.status == Status.AWAITING_REVIEW
            )
        }
        dealt = {
            row.input_id
            for row in Assignment.select().where(Assignment.side == Side.REVIEW, Assignment.open == True)
        }
        labelers: dict[int, set[int]] = {}
        for row in Assignment.select().where(Assignment.side == Side.LABEL):
            labelers.setdefault(row.input_id, set()).add(row.user_id)
        reviewers = {member.user_id for member in assignments.members(self.task, Side.REVIEW)}
        for input_id in waiting - dealt:
            assert reviewers <= labelers[input_id]
            assert self.rule_came_back or not Task.get().own_review
            assert input_id in assignments.without_reviewer(self.task)

    def nobody_reviews_their_own_work(self) -> None:
        # What was reviewed while the task allowed it stays.
        before, self.reviewed = self.reviewed, set(Review.select(Review.id).scalars())
        if not self.task.own_review:
            for row in Review.select().where(Review.deleted == False, Review.id.not_in(before)):
                work = assignments.get(self.task, Side.LABEL, row.reviewer_id, row.input_id)
                assert work is None or work.status == Status.PENDING, "somebody reviewed their own work"


ACTIONS = (
    "label",
    "label",
    "submit",
    "submit",
    "review",
    "review",
    "take_back",
    "undo",
    "engine",
    "edit",
    "out_of_turn",
)
moves = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(0, 3), st.integers(0, 11))


@pytest.fixture(scope="module")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [begin(tmp_path_factory.mktemp("begin"), plan) for plan in PLANS]


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_no_sequence_of_actions_leaves_the_table(
    beginnings: list[Path], tmp_path_factory: pytest.TempPathFactory, number: int
) -> None:
    @settings(max_examples=8)
    @given(st.lists(moves, min_size=20, max_size=60))
    def walk(sequence: list[tuple[str, int, int, int]]) -> None:
        store = tmp_path_factory.mktemp("game") / "winnow.db"
        shutil.copy(beginnings[number], store)
        game = Game(store)
        for move in sequence:
            game.play(*move)
        database.close()

    walk()
