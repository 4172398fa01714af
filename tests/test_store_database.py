"""One writer at a time, in a queue that has an end; what is no store of ours stays untouched."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from pathlib import Path

import pytest

from store import database, datasets
from store.errors import NotFound, Refused
from store.tables import Dataset
from tests.conftest import Project


def test_who_waits_too_long_is_told_and_holds_nobody_up_later(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    with Path(f"{project.store}-lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="held the store for over 5 seconds"):
            datasets.add(project.owner, "never")
    monkeypatch.setattr(database, "PATIENCE", 30.0)
    datasets.add(project.owner, "now")
    assert [row.name for row in Dataset.select()] == ["now"]


def test_writers_take_turns(project: Project) -> None:
    problems: list[Exception] = []

    def work(number: int) -> None:
        try:
            for step in range(10):
                datasets.add(project.owner, f"{number}-{step}")
        except Exception as error:
            problems.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert Dataset.select().count() == 80


def test_a_foreign_database_is_refused_and_not_a_byte_of_it_changes(tmp_path: Path) -> None:
    foreign = tmp_path / "winnow.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE precious (x)")
    before = foreign.read_bytes()
    with pytest.raises(Refused, match="not a Winnow store"):
        database.connect(foreign)
    assert foreign.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["winnow.db"]


def test_a_store_is_found_like_git_finds_its_repository(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert database.locate() == project.store
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="winnow init"):
        database.locate()
    monkeypatch.setenv("WINNOW_STORE", str(project.folder))
    assert database.locate() == project.store
