"""What each query behind a key press takes in a large project.

`python -m tests.benchmarks.queries FOLDER [ROUNDS] [--plans]`: on the store that `make_store` made there.
Every question is about another input, reviewer and filter each time. On cores that others use the times tell
of them, too; the processor's time does not. With `--plans` what misses the limit by that is followed by how
SQLite goes about it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path

from store import (
    annotators,
    assignments,
    comments,
    database,
    events,
    pace,
    progress,
    queues,
    review_lines,
    reviewing,
    stats,
    suggestions,
    viewing,
    worklist,
)
from store.annotations import on_input
from store.queues import Filter, Order
from store.tables import Concept, Input, Task, TaskConcept, User
from store.tables import database as opened
from store.values import Side, Status
from tests.benchmarks.make_store import HANDS, LABELERS, PASSED, REVIEWERS

LIMIT = 5.0
"""Milliseconds, 95th percentile (DESIGN, numbers to reach)."""

Question = Callable[[], object]


class Questions:
    """What screens ask, each about something else every time."""

    def __init__(self) -> None:
        self.chosen = random.Random(1)
        self.inputs = int(Input.select().count())
        self.hands, self.passed = (Task.get(Task.name == name) for name in (HANDS, PASSED))
        self.labelers = list(User.select().where(User.name.in_(LABELERS)))
        self.reviewers = list(User.select().where(User.name.in_(REVIEWERS)))
        self.model = User.get(
            User.role == "model", User.id == assignments.members(self.passed, Side.LABEL)[0].user_id
        )
        self.concepts = {task.id: self.concepts_of(task) for task in (self.hands, self.passed)}

    def input(self) -> int:
        return self.chosen.randint(1, self.inputs)

    def labeler(self) -> User:
        return self.chosen.choice(self.labelers)

    def reviewer(self) -> User:
        return self.chosen.choice(self.reviewers)

    def all(self) -> Iterator[tuple[str, Question]]:
        """Each with its name."""
        yield from self.lists()
        yield from self.one_input()
        yield from self.pages()

    def lists(self) -> Iterator[tuple[str, Question]]:
        """What lists, tables and panes show."""
        yield "task list", lambda: progress.summaries(self.reviewer())
        yield "one task's progress", lambda: progress.summaries(self.reviewer(), self.hands)
        yield "insights' counts", stats.summary
        yield "history, a page", lambda: list(islice(events.listing(50), 50))
        yield "history of one person", lambda: list(islice(events.listing(50, self.reviewer()), 50))
        yield "pace of a labeler", lambda: pace.of(self.labeler(), self.hands, Side.LABEL)
        yield "what was sent back", lambda: reviewing.returned(self.hands, self.labeler())
        yield "concepts to choose from", lambda: viewing.known_names(self.hands)
        yield "synonyms", viewing.synonyms
        # Not behind a key press: read by a thread that does not draw.
        yield "a whole queue", lambda: queues.frozen(self.passed, self.reviewer())
        yield (
            "a whole queue by score",
            lambda: queues.frozen(self.passed, self.reviewer(), order=Order.SCORE),
        )
        yield (
            "a whole queue, one labeler's",
            lambda: queues.frozen(self.hands, self.reviewer(), Filter((self.labeler().id,))),
        )
        yield (
            "a whole queue, one status",
            lambda: queues.frozen(self.passed, self.reviewer(), Filter(statuses=(Status.AWAITING_REVIEW,))),
        )

    def one_input(self) -> Iterator[tuple[str, Question]]:
        """What a viewer asks as it comes to an input."""
        yield "the input", lambda: viewing.look([self.input()])
        yield "annotations", lambda: on_input(self.hands, self.input())
        yield (
            "suggestions",
            lambda: suggestions.of(self.hands, self.input(), self.labeler(), self.hands.assist),
        )
        yield "standing", lambda: viewing.standing(self.hands, Side.REVIEW, self.reviewer(), self.input())
        yield "verdicts", lambda: reviewing.comments(self.hands, self.input())
        yield "comments", lambda: comments.threads(self.hands, self.input())
        yield "other models", lambda: annotators.models_that_say(self.input())
        yield "annotators", lambda: annotators.of(self.hands, self.input(), self.concept_name(), None)
        yield "lines of 50", lambda: review_lines.read(self.passed, self.reviewer(), self.neighbours())
        yield "paths of 50", lambda: worklist.paths(self.neighbours())
        yield "concepts said on 50", lambda: worklist.said(self.hands, self.neighbours())

    def concept_name(self) -> str:
        return str(Concept.get_by_id(self.chosen.choice(self.concepts[self.hands.id])).name)

    def neighbours(self) -> list[int]:
        first = self.chosen.randint(1, self.inputs - 400)
        return list(range(first, first + 400, 8))

    def pages(self) -> Iterator[tuple[str, Question]]:
        """A page of 50 of a reviewer's queue in every order: unfiltered, by one kind, by all kinds."""
        for task, order in product((self.passed, self.hands), Order):
            for name, wanted in self.filters(task):
                yield (
                    f"page of '{task.name}' by {order}: {name}",
                    self.page(task, order, wanted),
                )

    def page(self, task: Task, order: Order, wanted: Callable[[], Filter]) -> Question:
        return lambda: queues.page(task, self.reviewer(), wanted(), order)

    def filters(self, task: Task) -> Iterator[tuple[str, Callable[[], Filter]]]:
        """A filter of each kind, and of several with all and any."""

        def concepts(count: int = 2) -> tuple[int, ...]:
            return tuple(self.chosen.sample(self.concepts[task.id], count))

        def people() -> tuple[int, ...]:
            return (self.model.id,) if task == self.passed else (self.labeler().id,)

        waiting, low = (Status.AWAITING_REVIEW,), 0.8
        yield "all", Filter
        yield "one concept", lambda: Filter(concepts=concepts(1))
        yield "two concepts", lambda: Filter(concepts=concepts())
        yield "a labeler", lambda: Filter(people())
        yield "a status", lambda: Filter(statuses=waiting)
        yield "scores", lambda: Filter(low=low, high=1.0)
        yield "labeler and concept", lambda: Filter(people(), (), concepts())
        yield "labeler or concept", lambda: Filter(people(), (), concepts(), match_any=True)
        yield "labeler, status and concept", lambda: Filter(people(), waiting, concepts())
        yield "labeler, status or concept", lambda: Filter(people(), waiting, concepts(), match_any=True)
        yield "status, concept and scores", lambda: Filter((), waiting, concepts(), low, 1.0)
        yield "status, concept or scores", lambda: Filter((), waiting, concepts(), low, 1.0, match_any=True)

    def concepts_of(self, task: Task) -> list[int]:
        chosen = TaskConcept.select(TaskConcept.concept).where(TaskConcept.task == task)
        return list(chosen.scalars())


def measure(question: Question, rounds: int) -> tuple[float, float, float]:
    """p50, p95 and p95 of the processor's time, in milliseconds."""
    took, processor = [], []
    question()
    for _ in range(rounds):
        began, busy = time.perf_counter(), time.thread_time()
        question()
        processor.append((time.thread_time() - busy) * 1000)
        took.append((time.perf_counter() - began) * 1000)
    at = int(rounds * 0.95)
    return sorted(took)[rounds // 2], sorted(took)[at], sorted(processor)[at]


def plans(question: Question) -> Iterator[str]:
    """Each statement that a question runs, and how SQLite goes about it."""
    seen: list[str] = []
    connection = opened.connection()
    connection.set_trace_callback(seen.append)
    question()
    connection.set_trace_callback(None)
    for statement in dict.fromkeys(seen):
        yield f"    {statement[:200]}"
        for row in opened.execute_sql(f"EXPLAIN QUERY PLAN {statement}").fetchall():
            yield f"        {row[3]}"


def main(folder: str, rounds: int, show_plans: bool) -> None:
    """The table, the slowest last."""
    database.connect(Path(folder) / database.STORE_NAME)
    questions = Questions()
    found = [(name, question, *measure(question, rounds)) for name, question in questions.all()]
    sys.stdout.write("| query | p50 ms | p95 ms | CPU p95 ms | limit |\n| --- | --- | --- | --- | --- |\n")
    for name, question, p50, p95, busy in sorted(found, key=lambda line: line[4]):
        over = "" if p95 <= LIMIT else " ✗"
        sys.stdout.write(f"| {name} | {p50:.2f} | {p95:.2f} | {busy:.2f} | {LIMIT:.0f}{over} |\n")
        if show_plans and busy > LIMIT:
            sys.stdout.writelines(f"{line}\n" for line in plans(question))
    database.close()


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--plans"]
    main(given[0], int(given[1]) if len(given) > 1 else 100, "--plans" in sys.argv)
