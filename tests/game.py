"""The game that the tests play: several people, engines, crashes and undo on one small task.

Each action is one person's or one engine's and may be refused; a refusal and a crash leave no trace.
`tests.game_rules` says what must hold after each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store import (
    assignments,
    concepts,
    database,
    datasets,
    editing,
    jobs,
    labeling,
    plans,
    predictions,
    progress,
    rerouting,
    reviewing,
    running,
    submitting,
    tasks,
    undoing,
    users,
)
from store.bounds import thresholds as thresholds_of
from store.errors import Conflict, Refused
from store.predictions import Router, Said
from store.tables import Annotation, Assignment, Concept, Input, Job, Review, Step, Task, User
from store.values import JobState, Side, Status, Verdict
from tests import game_rules

PEOPLE = ("ann", "bob", "cid")
ENGINES = ("engine one", "engine two")
CONCEPTS = ("tabby", "goldfish")
INPUTS = 4

PLANS: list[dict[str, Any]] = [
    {"labelers": PEOPLE[:2], "review": "none"},
    {"labelers": PEOPLE[:2], "reviewers": PEOPLE[1:]},
    {"labelers": PEOPLE[:1], "reviewers": PEOPLE, "stacked": True},
    {"labelers": PEOPLE, "strategy": "full", "review": "consensus", "agree": 2, "reviewers": PEOPLE[2:]},
    {"labelers": PEOPLE, "strategy": "full", "review": "consensus", "agree": 3, "reviewers": PEOPLE[:1]},
    {"labelers": PEOPLE[:2], "strategy": "dynamic", "reviewers": PEOPLE[2:]},
    {"labelers": PEOPLE, "reviewers": PEOPLE[1:], "gold": "known", "gold_share": 0.5},
    {"auto": "efficientnet-lite0", "labelers": PEOPLE[:2], "reviewers": PEOPLE[1:]},
]

IN_PARTS = (editing.edit, running.forget_previous)
"""What a model said follows in transactions of its own; cut off, that goes on later."""

# Every action by its name, and how much of a walk it is.
ACTIONS = {
    "label": 3,
    "submit": 3,
    "review": 3,
    "fix": 1,
    "take_back": 1,
    "undo": 2,
    "claim": 2,
    "finish": 2,
    "kill": 1,
    "steer": 1,
    "edit": 2,
    "come_and_go": 1,
    "expire": 1,
    "stale": 1,
    "out_of_turn": 1,
}


def begin(folder: Path, plan: dict[str, Any]) -> Path:
    """A project with four inputs and one task; the model of an automatic one has not been started."""
    store = database.create(folder, "olga")
    database.connect(store, synchronous="OFF")
    for n in range(INPUTS):
        Input.create(
            path=f"{n}.jpg", media="image", sha256=bytes([n]) * 32, size=1, modified_at=0, added_at=0
        )
    add_answers()
    settled = {"name": "game", "type": "classification", "concepts": CONCEPTS, "lower": 0.3, "upper": 0.8}
    tasks.create(User.get(User.name == "olga"), plans.Plan(**settled, **plan))
    database.close()
    return store


def add_answers() -> None:
    """The first two inputs are tabbies: that is known."""
    olga = User.get(User.name == "olga")
    known = datasets.add(olga, "known", [1, 2])
    tabby = concepts.add(olga, "tabby")[0]
    for row in datasets.inputs(known):
        Annotation.create(input=row, concept=tabby, annotator=olga, status=Status.SUCCESS, created_at=0)


class Game:
    """One task and those who work on it."""

    def __init__(self, store: Path) -> None:
        database.connect(store, synchronous="OFF")
        self.owner = User.get(User.name == "olga")
        self.held: dict[str, list[Job]] = {engine: [] for engine in ENGINES}
        self.cut: int | None = None
        self.look()
        if self.task.auto_id:
            running.start(self.owner, self.task)
        self.seen = game_rules.Seen.now()

    def look(self) -> None:
        """Read what may have changed: the task, and who is in the project."""
        self.task = Task.get()
        known = {row.name: row for row in User.select().where(User.active == True)}
        self.people = [known[name] for name in PEOPLE if name in known] or [self.owner]

    def play(self, action: str, who: int, pick: int, extra: int, cut: int | None) -> None:
        """One action by its name, then everything that must always hold. `cut`: the process dies after so
        many hundred instructions of the database, in the middle of whatever it writes."""
        self.look()
        self.cut = cut
        getattr(self, action)(who, pick, extra)
        self.look()
        self.seen = game_rules.hold(self.task, self.owner, action, self.seen)

    def attempt(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Do it; or be refused, or die in the middle, without a trace."""
        everything = game_rules.everything()
        try:
            with crash(self.cut):
                return act(*arguments, **named)
        except (Refused, Crash) as refusal:
            if isinstance(refusal, Crash):
                # Another process goes on with the store.
                database.connect(database.path(), synchronous="OFF")
                if act in IN_PARTS and self.task.auto_id is not None:
                    rerouting.finish(Task.get())
                    return refusal
            assert game_rules.everything() == everything, f"{refusal} left something behind"
            return refusal

    def user(self, who: int) -> User:
        return self.people[who % len(self.people)]

    def open_of(self, side: Side, who: int) -> tuple[User, list[int]]:
        user = self.user(who)
        return user, list(assignments.queue(self.task, side, user))

    # Labelers and reviewers

    def label(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.LABEL, who)
        input_id = waiting[pick % len(waiting)] if waiting else pick + 1
        for bit, concept in enumerate(CONCEPTS):
            self.attempt(labeling.add, user, self.task, input_id, concept, value=extra >> bit & 1)

    def submit(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.LABEL, who)
        if waiting:
            self.attempt(submitting.submit, user, self.task, waiting[pick % len(waiting)])

    def review(self, who: int, pick: int, extra: int) -> None:
        user, waiting = self.open_of(Side.REVIEW, who)
        if waiting:
            some = waiting[pick % len(waiting) :][:2]
            before = Review.select().count()
            verdict = list(Verdict)[extra % 3]
            done = self.attempt(reviewing.decide, user, self.task, some, verdict, comment="look")
            said = 0 if isinstance(done, Exception) else len(some)
            assert Review.select().count() == before + said, "a verdict was lost or counted twice"

    def take_back(self, who: int, pick: int, extra: int) -> None:
        row = self.some_annotation(extra)
        if row is not None:
            self.attempt(labeling.take_back, self.user(who), row)

    def fix(self, who: int, pick: int, extra: int) -> None:
        row = self.some_annotation(extra)
        if row is not None and pick % 2:
            self.attempt(labeling.set_value, self.user(who), row, 1 - row.value)
        elif row is not None:
            self.attempt(labeling.reassign, self.user(who), row, (*CONCEPTS, "toad")[pick])

    def some_annotation(self, extra: int) -> Annotation | None:
        rows = list(Annotation.select().where(Annotation.deleted == False).order_by(Annotation.id))
        return rows[extra % len(rows)] if rows else None

    def stale(self, who: int, pick: int, extra: int) -> None:
        """Two people look at one annotation; the second to change it is refused."""
        row = self.some_annotation(extra)
        if row is None:
            return
        older = Annotation.get_by_id(row.id)
        first = self.attempt(labeling.set_value, self.user(who), row, 1 - row.value)
        if not isinstance(first, Exception):
            second = self.attempt(labeling.set_value, self.user(who + pick), older, 1 - older.value)
            assert isinstance(second, Refused | Crash), "a stale edit went through"

    def out_of_turn(self, who: int, pick: int, extra: int) -> None:
        user = self.user(who)
        if not assignments.is_open(self.task, Side.LABEL, user, pick + 1):
            assert isinstance(self.attempt(submitting.submit, user, self.task, pick + 1), Refused | Crash)
        if not assignments.is_open(self.task, Side.REVIEW, user, pick + 1):
            refusal = self.attempt(reviewing.decide, user, self.task, [pick + 1], Verdict.APPROVE)
            assert isinstance(refusal, Refused | Crash)

    def undo(self, who: int, pick: int, extra: int) -> None:
        actor = self.owner if pick == 3 else self.user(who)
        steps = Step.select().where(Step.undone == False).count()
        redo = extra % 3 == 0
        done = self.attempt(undoing.redo if redo else undoing.undo, actor)
        turned = 0 if isinstance(done, Exception) else 1 if redo else -1
        assert Step.select().where(Step.undone == False).count() == steps + turned
        if Task.get().deleted:
            # The making of the task: it is gone, and comes back as it was.
            assert not progress.summaries(self.owner)
            undoing.redo(self.owner)

    def expire(self, who: int, pick: int, extra: int) -> None:
        """A labeler's program dies, and half an hour passes."""
        late = Assignment.update(leased_until=1).where(Assignment.leased_until > 0)
        late.where(Assignment.user == self.user(who)).execute()

    # Engines

    def claim(self, who: int, pick: int, extra: int) -> None:
        engine = ENGINES[who % 2]
        claimed = self.attempt(jobs.claim, engine, priorities=(0, 10))
        if isinstance(claimed, list):
            self.held[engine] += claimed

    def finish(self, who: int, pick: int, extra: int) -> None:
        """A chunk goes through the model, which says something else for each seed and fails now and then.

        An engine whose lease went to another one is refused."""
        engine = ENGINES[who % 2]
        for job in self.held[engine][:1]:
            router = Router.of(self.task, thresholds_of(self.task))
            chosen = random.Random(extra)
            known = [Concept.get(Concept.name == name).id for name in CONCEPTS]
            waiting = predictions.waiting_inputs(
                self.task, router.annotator, job.payload["first"], job.payload["last"]
            )
            answers: dict[int, predictions.Answer] = {
                input_id: "cannot be read"
                if chosen.random() < 0.1
                else sorted((Said(c, chosen.random()) for c in known), key=lambda said: -said.score)
                for input_id in waiting
            }
            mine = Job.get_by_id(job.id)
            mine = mine.owner == engine and mine.state == JobState.CLAIMED
            done = self.attempt(self.write, router, job, engine, answers)
            if not isinstance(done, Crash):
                assert isinstance(done, Conflict) != mine, "who holds the lease finishes, nobody else"
                self.held[engine].remove(job)

    def write(self, router: Router, job: Job, engine: str, answers: dict[int, predictions.Answer]) -> None:
        with database.write():
            predictions.keep(self.task.auto, answers, 0.0)
            predictions.write_chunk(router, job, engine, answers)

    def kill(self, who: int, pick: int, extra: int) -> None:
        """An engine stands still for over a minute; perhaps it is dead, perhaps it wakes up again."""
        engine = ENGINES[who % 2]
        Job.update(leased_until=1).where(Job.owner == engine, Job.state == JobState.CLAIMED).execute()
        if extra % 2:
            self.held[engine].clear()

    def steer(self, who: int, pick: int, extra: int) -> None:
        """The owner starts, pauses, cancels the model, or has it forget."""
        act = (running.start, running.pause, running.cancel, running.forget_previous)[pick]
        self.attempt(act, self.owner, self.task)

    # Leads

    def edit(self, who: int, pick: int, extra: int) -> None:
        """A lead names other people, or moves the thresholds."""
        if pick == 0:
            changes: dict[str, Any] = {"labelers": [PEOPLE[who], PEOPLE[extra % 3]]}
        elif pick == 1:
            changes = {"reviewers": [PEOPLE[who], PEOPLE[extra % 3]]}
        elif pick == 2:
            changes = {"lower": extra / 12, "upper": min(1.0, extra / 12 + who / 3)}
        elif who:
            changes = {"own_review": extra % 2 == 0}
        else:
            changes = {"gold": "known" if extra % 3 else "", "gold_share": (1 + extra) / 13}
        self.attempt(editing.edit, self.owner, self.task, **changes)

    def come_and_go(self, who: int, pick: int, extra: int) -> None:
        """Somebody leaves the project, or comes back."""
        known = User.get_or_none(User.name == PEOPLE[who])
        if known is not None and known.active and extra % 3 == 0:
            self.attempt(users.remove, self.owner, known)
        elif known is not None:
            self.attempt(users.add, self.owner, known.name)


class Crash(Exception):
    """The process died here."""


@contextmanager
def crash(hundreds: int | None) -> Iterator[None]:
    """Whatever is going on dies after so many hundred instructions of the database; None: nothing does."""
    if hundreds is None:
        yield
        return
    left = iter((*[0] * hundreds, 1))
    connection = database.database.connection()
    connection.set_progress_handler(lambda: next(left, 0), 100)
    try:
        yield
    except Exception as error:
        chain = [error, error.__context__, error.__context__ and error.__context__.__context__]
        if not any("interrupted" in str(one) for one in chain):
            raise
        raise Crash from error
    finally:
        connection.set_progress_handler(None, 0)
