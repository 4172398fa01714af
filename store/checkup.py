"""Checkup: what is wrong with a project, one sentence a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from store import database, inputs, jobs, models, tables
from store.tables import Input, Job
from store.values import JobState

LOOKED_FOR = 2000
"""Inputs whose files are looked for: the newest."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    what: str
    sentence: str


def findings() -> Iterator[Finding]:
    """Look through the open project. Reads the whole file once, which takes a while for a large one."""
    warning = database.sqlite_warning()
    version = ".".join(map(str, database.sqlite_version()))
    yield Finding(warning is None, "SQLite", warning or f"{version}, safe for several processes")
    yield Finding(True, "store", str(database.path()))
    damage = _damage()
    yield Finding(damage is None, "file", damage or "sound, and every reference leads somewhere")
    missing = _missing()
    looked = min(LOOKED_FOR, Input.select().where(Input.deleted == False).count())
    yield Finding(
        not missing,
        "inputs",
        f"{len(missing)} of {looked} files are gone, such as {missing[0]}"
        if missing
        else f"{looked} files are where they should be",
    )
    failed = Job.select().where(Job.state == JobState.FAILED).count()
    yield Finding(not failed, "jobs", f"{failed} failed" if failed else "none has failed")
    for problem in models.problems():
        yield Finding(False, "models", problem)
    engines = [f"{engine.device}, process {engine.pid} on {engine.host}" for engine in jobs.living()]
    yield Finding(True, "engine", "; ".join(engines) or "none is running; the app starts one")


def _damage() -> str | None:
    said = tables.database.execute_sql("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        return f"damaged: {said}; restore a backup"
    dangling = tables.database.execute_sql("PRAGMA foreign_key_check").fetchone()
    return f"a row of {dangling[0]} refers to a {dangling[2]} that is not there" if dangling else None


def _missing() -> list[str]:
    newest = Input.select().where(Input.deleted == False).order_by(Input.id.desc()).limit(LOOKED_FOR)
    return [str(row.path) for row in newest if not inputs.absolute(row).exists()]
