"""Queue filters: which inputs of a review queue are shown, as people name it and as the store takes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store import concepts, queues, review_lines, users
from store.errors import Refused
from store.names import did_you_mean
from store.queues import Filter, Order
from store.tables import Task, User
from store.values import Status
from tui.score_range import score_range

ORDERS = {
    Order.INPUT: "as they came in",
    Order.SCORE: "highest score first",
    Order.UNCERTAINTY: "least certain first",
    Order.DISAGREEMENT: "most disputed first",
    Order.AGE: "longest waiting first",
}
"""The orders of a queue, in words."""


@dataclass(frozen=True)
class QueueFilter:
    """What a person typed; without anything it lets everything through."""

    words: tuple[str, ...] = ()
    """Each is in the path, a concept or an annotator's name."""
    labelers: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    scores: tuple[float, float] | None = None
    match_any: bool = False
    """One of the kinds above has to fit, not each. Words always have to."""

    @property
    def kinds(self) -> list[str]:
        """What is asked of an annotation, kind by kind, in words."""
        said = [f"by {_or(self.labelers)}"] if self.labelers else []
        said += [_or(self.concepts)] if self.concepts else []
        said += [_or(status.title for status in self.statuses)] if self.statuses else []
        said += [f"score {self.scores[0]:g}–{self.scores[1]:g}"] if self.scores is not None else []
        return said

    @property
    def sentence(self) -> str:
        """The filter in one line; "" for none."""
        joined = (" or " if self.match_any else " and ").join(self.kinds)
        words = " ".join(self.words)
        return (
            f"{joined} · with {words}" if joined and words else joined or (f"with {words}" if words else "")
        )

    def stored(self) -> Filter:
        """The filter with the ids of what is named. Raises NotFound with names that are close."""
        low, high = self.scores if self.scores is not None else (None, None)
        return Filter(
            labelers=[int(users.find(name).id) for name in self.labelers],
            statuses=self.statuses,
            concepts=[int(concepts.find(name).id) for name in self.concepts],
            low=low,
            high=high,
            match_any=self.match_any,
        )

    def within(self, task: Task, reviewer: User, inputs: Sequence[int]) -> Sequence[int]:
        """Those of a reviewer's inputs that it lets through, in their order. Takes its time."""
        if self.kinds:
            matching = set(queues.frozen(task, reviewer, self.stored()))
            inputs = [input_id for input_id in inputs if input_id in matching]
        if self.words:
            matching = review_lines.matching(task, reviewer, self.words)
            inputs = [input_id for input_id in inputs if input_id in matching]
        return inputs


EVERYTHING = QueueFilter()


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)


def listed(typed: str) -> tuple[str, ...]:
    """The names in "anna, bob"."""
    return tuple(dict.fromkeys(part.strip() for part in typed.split(",") if part.strip()))


def statuses(typed: str) -> tuple[Status, ...]:
    """The statuses in "awaiting review, success". Raises Refused for a word that is none."""
    known = {status.title.casefold(): status for status in Status}
    found = []
    for name in listed(typed):
        status = known.get(name.replace("_", " ").casefold())
        if status is None:
            raise Refused(f"'{name}' is no status{did_you_mean(name, (one.title for one in Status))}")
        found.append(status)
    return tuple(found)


def scores(typed: str) -> tuple[float, float] | None:
    """The range in "0.4..0.6"; None where nothing is typed. Raises Refused for what is none."""
    return score_range(typed) if typed.strip() else None
