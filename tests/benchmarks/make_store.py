"""A large project to measure on: what a team of twelve has after months, made in minutes by bulk SQL.

`python -m tests.benchmarks.make_store FOLDER [INPUTS] [ANNOTATIONS]`: 1,000,000 and 10,000,000 unless said
otherwise, and half as many events as annotations. Two large tasks (one annotated by a detector, one by hand),
thirty small ones, 20,000 concepts, predictions, comments; the same rows each time. The files themselves are
not made.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store import checks, concepts, database, models, plans, tasks, users
from store.tables import Model, Task, User
from store.tables import database as opened
from store.values import Role, Status

INPUTS, ANNOTATIONS, CONCEPTS = 1_000_000, 10_000_000, 20_000
LABELERS = tuple(f"labeler{n}" for n in range(8))
REVIEWERS = tuple(f"reviewer{n}" for n in range(4))
PASSED, HANDS = "first pass", "by hand"
DETECTOR, CLASSIFIER = "efficientdet-lite0", "efficientnet-lite0"
WANTED = 20
"""Concepts of a large task."""

_AWAITING, _SUCCESS, _PENDING = Status.AWAITING_REVIEW.value, Status.SUCCESS.value, Status.PENDING.value


def _drawn(seed: int, below: int, row: str = "i.id", turn: str = "0") -> str:
    """SQL for a number from 0 up that looks random and is the same each time."""
    mixed = f"(({row} * 2654435761 + ({turn}) * 40503 + {seed} * 99991) & 268435455)"
    return f"((({mixed} * 2246822519) >> 19 & 16777215) % {below})"


def make(folder: Path, inputs: int = INPUTS, annotations: int = ANNOTATIONS) -> Path:
    """The store, which must not be there yet; its rows keep every rule that `store.checks` knows."""
    store = database.create(folder, "olga")
    database.connect(store, synchronous="NORMAL")
    olga = User.get()
    for name in (*LABELERS, *REVIEWERS):
        users.add(olga, name, Role.LABELER)
    _add_inputs(inputs)
    concepts.get_or_make([f"thing {n:05}" for n in range(CONCEPTS)], joined=True)
    each = max(2, annotations // inputs)
    with _without_indexes():
        _first_pass(olga, each * 7 // 10)
        _by_hand(olga, each - each * 7 // 10)
        _write_history(annotations // 2)
    _small_tasks(olga)
    _add_comments()
    checks.run(mend=True)  # the counters: their triggers were away
    opened.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


BOX = "x'000000000000d03f000000000000d03f000000000000e83f000000000000e83f'"
"""The box from (0.25, 0.25) to (0.75, 0.75), as `Region.pack` has it."""


def _run(statement: str, *values: object) -> None:
    with database.write():
        opened.execute_sql(statement, values)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Indexes and triggers of the large tables are made at the end, which is ten times faster."""
    large = "('annotation', 'assignment', 'event', 'step', 'prediction', 'review')"
    kept = opened.execute_sql(
        f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN {large} AND type <> 'table' "
        "AND sql IS NOT NULL AND name <> 'assignment_gold'"  # which the dealing of tasks names
    ).fetchall()
    for kind, name, _ in kept:
        _run(f"DROP {kind} {name}")
    yield
    for _, _, statement in kept:
        _run(statement)


def _add_inputs(count: int) -> None:
    _run(
        "WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n WHERE id < ?) "
        "INSERT INTO input (id, path, media, sha256, size, width, height, modified_at, added_at, metadata, "
        "deleted, version) SELECT id, printf('photos/%04d/street-%07d.jpg', id / 1000, id), 'image', "
        "randomblob(32), 200000, 1600, 1200, 0, 0, '{}', 0, 0 FROM n",
        count,
    )


def _plan(name: str, **parts: object) -> plans.Plan:
    return plans.Plan(name=name, reviewers=REVIEWERS, **parts)  # type: ignore[arg-type]


def _first_pass(olga: User, each: int) -> None:
    """A detector has been through 95% of the inputs; six of ten that were doubtful are reviewed."""
    known = models.concepts(models.find(DETECTOR))
    wanted = tuple(list(known)[:WANTED])
    task = tasks.create(olga, _plan(PASSED, type="detection", auto=DETECTOR, concepts=wanted)).task
    model = Model.get(Model.name == DETECTOR).annotator_id
    looked = f"{_drawn(1, 100)} < 95"
    score = f"(0.5 + {_drawn(2, 5000, turn='k.n')} / 10000.0)"
    ids = ", ".join(f"({n}, {known[name].id})" for n, name in enumerate(wanted))
    reviewers = _users(REVIEWERS)
    reviewed = f"{_drawn(3, 10)} < 6"
    _run(
        f"WITH {_counting(2 * each - 1)}, c(n, id) AS (VALUES {ids}) "
        "INSERT INTO annotation (input_id, concept_id, value, status, score, region_kind, region, "
        "region_key, "
        "annotator_id, model_version_id, original_concept_id, original_key, task_id, reviewer_id, "
        "created_at, deleted, version) "
        f"SELECT i.id, c.id, 1, CASE WHEN {score} >= 0.9 OR {reviewed} THEN {_SUCCESS} ELSE {_AWAITING} END, "
        f"{score}, 1, {BOX}, i.id * 100 + k.n, {model}, {task.auto_id}, c.id, "
        f"i.id * 100 + k.n, {task.id}, CASE WHEN {score} >= 0.9 THEN NULL ELSE "
        f"{_pick(reviewers, 'i.id')} END, 1, 0, 0 "
        f"FROM input i CROSS JOIN k JOIN c ON c.n = {_drawn(4, WANTED, turn='k.n')} "
        f"WHERE {looked} AND {_drawn(5, 2 * each - 1)} >= k.n"
    )
    _run(
        "CREATE TEMP TABLE doubtful AS SELECT input_id AS id, max(score) AS score, min(score) AS least "
        f"FROM annotation WHERE task_id = {task.id} GROUP BY 1 HAVING min(score) < 0.9"
    )
    _run("CREATE UNIQUE INDEX temp.doubtful_id ON doubtful (id)")
    _run(
        f"UPDATE assignment AS i SET open = 0, status = CASE WHEN (SELECT 1 FROM doubtful d "
        f"WHERE d.id = i.input_id) AND NOT {_drawn(3, 10, 'i.input_id')} < 6 THEN {_AWAITING} "
        f"ELSE {_SUCCESS} END WHERE task_id = {task.id} AND side = 'label' AND "
        f"{_drawn(1, 100, 'i.input_id')} < 95"
    )
    _deal_reviews(
        task, reviewers, f"SELECT d.id, d.score, {reviewed} AS done FROM doubtful d JOIN input i USING (id)"
    )


def _by_hand(olga: User, each: int) -> None:
    """Eight people have labeled 60% of their shares, and half of that is reviewed."""
    known = models.concepts(models.find(CLASSIFIER))
    wanted = tuple(list(known)[:WANTED])
    task = tasks.create(
        olga,
        _plan(HANDS, type="classification", assist=CLASSIFIER, concepts=wanted, labelers=LABELERS),
    ).task
    ids = ", ".join(f"({n}, {known[name].id})" for n, name in enumerate(wanted))
    reviewers = _users(REVIEWERS)
    done, reviewed = f"{_drawn(6, 10)} < 6", f"{_drawn(7, 2)} = 1"
    often = max(1, round(each / 0.6))
    _run(
        f"WITH {_counting(often)}, c(n, id) AS (VALUES {ids}) "
        "INSERT INTO annotation (input_id, concept_id, value, status, region_kind, region, "
        "region_key, annotator_id, task_id, reviewer_id, created_at, deleted, "
        f"version) SELECT i.id, c.id, 1, CASE WHEN {reviewed} THEN {_SUCCESS} ELSE {_AWAITING} END, "
        f"0, x'', 0, a.user_id, {task.id}, {_pick(reviewers, 'i.id')}, 1, 0, 0 FROM input i JOIN "
        "assignment a "
        f"ON a.input_id = i.id AND a.task_id = {task.id} AND a.side = 'label' CROSS JOIN k "
        f"JOIN c ON c.n = ({_drawn(8, WANTED)} + k.n) % {WANTED} WHERE {done}"
    )
    _run(
        f"UPDATE assignment AS i SET open = 0, status = CASE WHEN {_drawn(7, 2, 'i.input_id')} = 1 "
        f"THEN {_SUCCESS} ELSE {_AWAITING} END WHERE task_id = {task.id} AND side = 'label' "
        f"AND {_drawn(6, 10, 'i.input_id')} < 6"
    )
    _deal_reviews(task, reviewers, f"SELECT i.id, 0.0 AS score, {reviewed} AS done FROM input i WHERE {done}")
    version = models.find(CLASSIFIER).id
    scores = f"(0.9 - k.n * 0.25 + {_drawn(9, 1000, turn='k.n')} / 10000.0)"
    _run(
        f"WITH {_counting(3)}, c(n, id) AS (VALUES {ids}) "
        "INSERT INTO prediction (input_id, model_version_id, rank, concept_id, score, region_kind, "
        f"region) SELECT i.id, {version}, k.n, c.id, {scores}, 0, x'' "
        f"FROM input i CROSS JOIN k JOIN c ON c.n = ({_drawn(8, WANTED)} + k.n) % {WANTED}"
    )
    _run(
        "INSERT INTO predicted (input_id, model_version_id, kept_from, created_at) "
        f"SELECT id, {version}, 0.0, 1 FROM input"
    )


def _deal_reviews(task: Task, reviewers: list[int], chosen: str) -> None:
    """Review assignments of the inputs (id, score, done) that `chosen` gives, with their verdicts."""
    reviewer = _pick(reviewers, "i.id")
    ordered = f"i.score, {_drawn(10, 1000)} / 1000.0, {_drawn(11, 1000)} / 1000.0, {_drawn(12, 10**9)}"
    _run(
        "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, score, uncertainty, "
        f"disagreement, changed_at, version) SELECT {task.id}, 'review', {reviewer}, i.id, "
        f"CASE WHEN i.done THEN {_SUCCESS} ELSE {_AWAITING} END, NOT i.done, {ordered}, 0 FROM ({chosen}) i"
    )
    _run(
        "INSERT INTO review (task_id, input_id, reviewer_id, verdict, comment, created_at, deleted, version) "
        f"SELECT {task.id}, i.id, {reviewer}, 'approve', '', 1, 0, 0 FROM ({chosen}) i WHERE i.done"
    )


def _write_history(events: int) -> None:
    """A step of three events again and again, by the labelers and reviewers in turn."""
    people = _users((*LABELERS, *REVIEWERS))
    numbers = "WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n WHERE id < ?)"
    _run(
        f"{numbers} INSERT INTO step (actor_id, name, created_at, undone) "
        f"SELECT {_pick(people, 'n.id')}, 'submit input ' || n.id, 1700000000000 + n.id * 700, 0 FROM n",
        events // 3,
    )
    last = opened.execute_sql("SELECT max(id) FROM step").fetchone()[0]
    most = opened.execute_sql("SELECT max(id) FROM annotation").fetchone()[0]
    _run(
        f"{numbers} INSERT INTO event (step_id, actor_id, kind, table_name, row, annotation, before, after, "
        f"created_at) SELECT {last} - {events // 3} + n.id, {_pick(people, 'n.id')}, 'do', 'annotation', "
        f"{_drawn(13, most, 'n.id', 't.n')} + 1, {_drawn(13, most, 'n.id', 't.n')} + 1, "
        f'\'{{"status":{_PENDING},"version":0}}\', \'{{"status":{_AWAITING},"version":1}}\', '
        "1700000000000 + n.id * 700 FROM n CROSS JOIN (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2) t",
        events // 3,
    )


def _small_tasks(olga: User) -> None:
    """Thirty tasks of a thousand inputs, as the task list of an old project has them."""
    _run("INSERT INTO dataset (name, created_at, deleted, version) VALUES ('a thousand', 1, 0, 0)")
    _run(
        "INSERT INTO dataset_input (dataset_id, input_id) SELECT (SELECT max(id) FROM dataset), id "
        "FROM input ORDER BY id LIMIT 1000"
    )
    for number in range(30):
        ways = {"strategy": ("partitioned", "dynamic", "full")[number % 3], "dataset": "a thousand"}
        named = tuple(f"thing {n:05}" for n in range(number, number + 10))
        plan = _plan(f"batch {number:02}", type="classification", concepts=named, labelers=LABELERS, **ways)
        tasks.create(olga, plan)


def _add_comments() -> None:
    _run(
        "INSERT INTO comment (task_id, input_id, region_kind, region, author_id, text, created_at, resolved, "
        f"deleted, version) SELECT (SELECT id FROM task WHERE name = '{HANDS}'), id, 0, x'', 1, "
        "'is that a van or a bus?', 1, id % 3 = 0, 0, 0 FROM input WHERE id % 100 = 7"
    )


def _counting(below: int) -> str:
    return f"k(n) AS (VALUES {', '.join(f'({n})' for n in range(below))})"


def _users(names: tuple[str, ...]) -> list[int]:
    return [User.get(User.name == name).id for name in names]


def _pick(ids: list[int], row: str) -> str:
    """One of the ids by a row's number."""
    return f"(CASE {row} % {len(ids)} {' '.join(f'WHEN {n} THEN {id_}' for n, id_ in enumerate(ids))} END)"


def main() -> None:
    """Make it, and say what there is and whether it keeps the rules."""
    parser = argparse.ArgumentParser(description="A store to measure on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("inputs", type=int, nargs="?", default=INPUTS)
    parser.add_argument("annotations", type=int, nargs="?", default=ANNOTATIONS)
    given = parser.parse_args()
    began = time.monotonic()
    store = make(given.folder, given.inputs, given.annotations)
    counts = {
        table: opened.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("input", "annotation", "assignment", "event", "prediction", "concept")
    }
    sys.stdout.write(
        f"{store}, {store.stat().st_size >> 20} MiB, {time.monotonic() - began:.0f} s\n{counts}\n"
    )
    for finding in checks.run():
        if not finding.good:
            sys.stdout.write(f"  broken: {finding.what}: {finding.sentence}\n")
    database.close()


if __name__ == "__main__":
    main()
