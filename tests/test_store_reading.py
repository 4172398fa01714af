"""A store in a folder that cannot be written is open to be read, and says so where somebody would write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from store import concepts, database
from store.cli import call, winnow
from store.errors import Refused
from store.tables import Concept, User
from store.tables import database as opened
from tests.conftest import Project


@pytest.fixture
def unwritable(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """What a read-only mount says of itself; who runs the tests may be allowed everything else."""
    concepts.add(project.owner, "cat")
    real = os.access

    def access(path: Any, mode: int, **options: Any) -> bool:
        return not mode & os.W_OK and real(path, mode, **options)

    monkeypatch.setattr(os, "access", access)
    monkeypatch.chdir(project.folder)
    return project


def files(project: Project) -> dict[Path, int]:
    return {path: path.stat().st_size for path in project.folder.iterdir() if path.name != "winnow.db-shm"}


def test_what_is_there_is_read_and_nothing_is_written(
    unwritable: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    database.close()
    before = files(unwritable)
    assert call(winnow, ["--as", "olga", "concept", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert '"cat"' in said.out
    assert "open to be read only" in said.err
    assert call(winnow, ["--as", "olga", "concept", "add", "dog"]) == 1
    assert "read-only here, so nothing can be changed" in capsys.readouterr().err
    database.close()
    assert files(unwritable) == before


def test_what_others_have_only_in_the_wal_is_read_too(unwritable: Project) -> None:
    wal = Path(f"{unwritable.store}-wal")
    assert wal.stat().st_size
    writer = opened.obj
    database.connect(unwritable.store)
    assert Concept.select().where(Concept.name == "cat").exists()
    with pytest.raises(Refused, match="read-only"):
        concepts.add(User.get(), "dog")
    writer.close()
