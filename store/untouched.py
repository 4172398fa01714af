"""Untouched: inputs of a task on which the model's word is all there is, and what routing makes of them.

An input is touched once somebody reviewed it, labeled it, or changed what the model said of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from store import assignments, predictions
from store.bounds import thresholds as thresholds_of
from store.database import now
from store.predictions import Router, Said
from store.ranking import Voice, rank
from store.tables import ModelVersion, Task, database
from store.values import Status, region_columns

WINDOW = 250
"""Inputs a transaction looks at, so that people's commits in between stay quick."""

_PENDING, _SUCCESS, _AWAITING = int(Status.PENDING), int(Status.SUCCESS), int(Status.AWAITING_REVIEW)

# The unary plus keeps the planner on the indexes that begin with the input.
UNTOUCHED = f"""(SELECT 1 FROM review r WHERE r.task_id = :task AND r.input_id = a.input_id
    AND r.deleted = 0 LIMIT 1) IS NULL
    AND (SELECT 1 FROM annotation n WHERE n.input_id = a.input_id AND n.task_id = :task AND n.deleted = 0
    AND (+n.annotator_id <> :model OR n.version > 0) LIMIT 1) IS NULL
    AND (SELECT 1 FROM annotation n WHERE n.input_id = a.input_id AND n.task_id = :task AND n.deleted = 1
    AND +n.annotator_id = :model AND n.version > 0 LIMIT 1) IS NULL
    AND (SELECT 1 FROM assignment w INDEXED BY assignment_input WHERE w.input_id = a.input_id
    AND w.task_id = :task AND w.side = 'label' AND w.user_id <> :model
    AND w.status <> {_PENDING} LIMIT 1) IS NULL"""
"""A condition on the labeling assignment `a` of the annotator :model in :task."""


class Untouched:
    """The next untouched inputs of a task, and what routing makes of them."""

    def __init__(
        self,
        task: Task,
        after: int,
        lowest: float | None,
        everything: bool,
        among: Sequence[int] | None = None,
    ) -> None:
        self.task = task
        self.router = Router.of(task, thresholds_of(task))
        known = {"task": int(task.id), "model": self.router.annotator, "after": after}
        chosen = f"a.status <> {_PENDING}"
        if everything:
            chosen = (
                "EXISTS (SELECT 1 FROM predicted p WHERE p.input_id = a.input_id AND p.error IS NULL "
                f"AND p.model_version_id = {int(task.auto_id)})"
            )
        if among is not None:
            chosen += f" AND a.input_id IN ({', '.join(map(str, among))})"
        rows = database.connection().execute(
            "SELECT a.input_id FROM assignment a WHERE a.task_id = :task AND a.side = 'label' "
            f"AND a.user_id = :model AND a.input_id > :after AND {chosen} AND {UNTOUCHED} "
            f"ORDER BY a.input_id LIMIT {WINDOW}",
            known,
        )
        self.inputs = [row[0] for row in rows.fetchall()]
        self.within = f"({', '.join(map(str, self.inputs))})"
        self.short = self._too_little_kept(lowest)
        self.version = -now()

    def _too_little_kept(self, lowest: float | None) -> set[int]:
        if lowest is None:
            return set()
        rows = database.execute_sql(
            f"SELECT input_id FROM predicted WHERE input_id IN {self.within} AND model_version_id = ? "
            "AND kept_from > ?",
            (self.task.auto_id, lowest),
        )
        return {row[0] for row in rows.fetchall()}

    def keep_stale(self) -> None:
        """Look only at those on which something else stands than would be routed."""
        wanted = {(*key, int(status)) for key, (status, _) in self._wanted().items()}
        stands = {(*key, row[1]) for key, row in self._standing().items() if not row[2]}
        stale = {key[0] for key in wanted ^ stands}
        self.inputs = [input_id for input_id in self.inputs if input_id in stale]
        self.within = f"({', '.join(map(str, self.inputs))})"

    def route(self) -> None:
        """Make annotations, assignments and reviews what the predictions and thresholds say."""
        wanted = self._wanted()
        self._write_annotations(wanted)
        doubtful: dict[int, list[Voice]] = defaultdict(list)
        for (input_id, concept, _), (status, said) in wanted.items():
            if status is Status.AWAITING_REVIEW:
                doubtful[input_id].append(Voice(self.router.annotator, concept, None, said.score))
        self._settle(doubtful)
        self._hand_on(doubtful)
        full = {input_id for input_id, _, _ in wanted}
        self._to_labelers([i for i in self.inputs if i not in full and i not in self.short])
        self._from_labelers([i for i in self.inputs if i in full or i in self.short])

    def _wanted(self) -> dict[tuple[int, int, int], tuple[Status, Said]]:
        """By input, concept and region: as the model's first word on it is routed."""
        version = ModelVersion.get_by_id(self.task.auto_id)
        found: dict[tuple[int, int, int], tuple[Status, Said]] = {}
        for input_id, answer in predictions.known(version, self.inputs, 2.0).items():
            for said in answer:
                earned = self.router.route(said)
                if earned is not None:
                    key = (input_id, earned[0], region_columns(said.region)[2])
                    found.setdefault(key, (earned[1], said))
        return found

    def _standing(self) -> dict[tuple[int, int, int], tuple[int, int, int]]:
        """(id, status, deleted) of the model's rows, the live one where there are several."""
        found: dict[tuple[int, int, int], tuple[int, int, int]] = {}
        for deleted in (1, 0):
            rows = database.execute_sql(
                "SELECT input_id, concept_id, region_key, id, status, deleted FROM annotation "
                f"WHERE input_id IN {self.within} AND task_id = ? AND annotator_id = ? "
                f"AND deleted = {deleted}",
                (self.task.id, self.router.annotator),
            )
            found.update({row[:3]: row[3:] for row in rows.fetchall()})
        return found

    def _write_annotations(self, wanted: Mapping[tuple[int, int, int], tuple[Status, Said]]) -> None:
        standing = self._standing()
        fresh: dict[int, list[tuple[int, Status, Said]]] = defaultdict(list)
        changed: list[tuple[int, int, int, int]] = []
        for key, (status, said) in wanted.items():
            row = standing.get(key)
            if row is None:
                fresh[key[0]].append((key[1], status, said))
            elif row[2] or row[1] != status:
                changed.append((status, 0, self.version, row[0]))
        for key, (identity, was, deleted) in standing.items():
            if not deleted and key not in wanted:
                changed.append((was, 1, self.version, identity))
        _many(
            "UPDATE annotation SET status = ?, deleted = ?, version = ?, reviewer_id = NULL WHERE id = ?",
            changed,
        )
        predictions.insert_annotations(self.router, fresh, {})

    def _settle(self, doubtful: Iterable[int]) -> None:
        """The model's own assignments."""
        waits = set(doubtful)
        rows = []
        for input_id in self.inputs:
            status = _AWAITING if input_id in waits else _SUCCESS
            again = input_id in self.short
            rows.append((_PENDING if again else status, again, self.version, now(), input_id))
        _many(
            "UPDATE assignment SET status = ?, open = ?, version = ?, changed_at = ? "
            f"WHERE task_id = {self.task.id} AND side = 'label' AND user_id = {self.router.annotator} "
            "AND input_id = ?",
            rows,
        )

    def _hand_on(self, doubtful: Mapping[int, Sequence[Voice]]) -> None:
        sure = [(self.task.id, input_id) for input_id in self.inputs if input_id not in doubtful]
        _many("DELETE FROM assignment WHERE input_id = ?2 AND +task_id = ?1 AND side = 'review'", sure)
        dealt = assignments.choose_reviewers(self.task, [(i, {self.router.annotator}) for i in doubtful])
        rows, reviewers = [], []
        for input_id, user in dealt:
            ranks = rank(doubtful[input_id], (), self.router.thresholds)
            rows.append((self.task.id, user, input_id, _AWAITING, now(), ranks.score, ranks.uncertainty))
            reviewers.append((None if self.task.stacked else user, input_id, self.task.id, _AWAITING))
        _many(
            "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, version, "
            "score, uncertainty) VALUES (?, 'review', ?, ?, ?, 1, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET "
            "score = excluded.score, uncertainty = excluded.uncertainty",
            rows,
        )
        _many(
            "UPDATE annotation SET reviewer_id = ? WHERE input_id = ? AND task_id = ? AND deleted = 0 "
            "AND status = ?",
            reviewers,
        )

    def _to_labelers(self, empty: Sequence[int]) -> None:
        """Where the model finds nothing now, a person looks, unless somebody has it already."""
        rows = database.execute_sql(
            f"SELECT input_id FROM assignment WHERE input_id IN {self.within} AND task_id = ? "
            "AND side = 'label' AND user_id <> ?",
            (self.task.id, self.router.annotator),
        )
        have = {row[0] for row in rows.fetchall()}
        predictions.pass_on(self.router, [input_id for input_id in empty if input_id not in have])

    def _from_labelers(self, found: Sequence[int]) -> None:
        """What the model has something on now, no labeler needs to begin."""
        _many(
            "DELETE FROM assignment WHERE input_id = ? AND +task_id = ? AND side = 'label' AND user_id <> ?",
            [(input_id, self.task.id, self.router.annotator) for input_id in found],
        )

    def withdraw(self) -> int:
        """Take the model's rows away and have its inputs wait for it; returns the rows."""
        gone = database.execute_sql(
            f"UPDATE annotation SET deleted = 1, version = ? WHERE input_id IN {self.within} "
            "AND task_id = ? AND annotator_id = ? AND deleted = 0",
            (self.version, self.task.id, self.router.annotator),
        ).rowcount
        self.short = set(self.inputs)
        self._settle(())
        self._hand_on({})
        self._from_labelers(self.inputs)
        return int(gone)


def _many(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    database.connection().executemany(statement, list(rows))
