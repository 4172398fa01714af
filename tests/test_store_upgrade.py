"""Older stores are upgraded in place, with a copy of what they were beside them."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

from store import database, migrations, tables
from store.errors import Refused
from store.tables import Comment, Input, Task, User

FOLDER = Path(migrations.__file__).parent


def migration(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_schema(path: Path) -> None:
    """A store as the first version of Winnow left it, with a user, a task and an open review."""
    connection = sqlite3.connect(path)

    class Old:
        execute_sql = staticmethod(connection.execute)

    migration("0001_first").up(None, Old)
    connection.executescript(
        f"PRAGMA application_id = {database.APPLICATION_ID}; PRAGMA user_version = 1;"
        "CREATE TABLE schema_migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied TEXT);"
        "INSERT INTO schema_migration (name, applied) VALUES ('0001_first', '2026-01-01 00:00:00');"
        "INSERT INTO project_info (uid, name, created_at) VALUES ('u', 'old', 0);"
        "INSERT INTO user VALUES (1, 'olga', 'owner', 1, 0, 0);"
        "INSERT INTO dataset VALUES (1, 'all', 0, 0, 0);"
        "INSERT INTO input VALUES (1, 'a.jpg', 'image', x'00', 1, 1, 1, 0, 0, NULL, '{}', 0, 0);"
        "INSERT INTO task VALUES (1, 'uid', 'old task', 1, 'classification', NULL, NULL, 0.5, 0.9,"
        " 'partitioned', 'manual', 0, 2, 0.5, '', 0, 0, 1, 0, 0, 0);"
        "INSERT INTO assignment VALUES (1, 'review', 1, 1, 24157, 1, NULL, NULL, 0, 0);"
    )
    connection.close()


def test_a_store_of_the_first_schema_is_upgraded_with_a_copy_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "winnow.db"
    first_schema(path)
    database.connect(path)
    task = Task.get()
    assert (task.name, task.own_review, task.paused, task.agree_share) == ("old task", False, False, None)
    Comment.create(input=Input.get(), author=User.get(), text="hello", created_at=0)
    database.close()
    copy = sqlite3.connect(tmp_path / "winnow.db.schema-1")
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    assert copy.execute("SELECT name FROM task").fetchall() == [("old task",)]
    assert "own_review" not in {row[1] for row in copy.execute("PRAGMA table_info(task)")}
    copy.close()


def test_a_copy_that_an_interrupted_upgrade_left_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "winnow.db"
    first_schema(path)
    (tmp_path / "winnow.db.schema-1").write_bytes(b"half a copy")
    (tmp_path / "winnow.db.schema.new").write_bytes(b"half a copy")
    database.connect(path)
    database.close()
    assert (tmp_path / "winnow.db.schema-1").read_bytes().startswith(b"SQLite format 3")
    assert not (tmp_path / "winnow.db.schema.new").exists()


def test_what_was_left_out_is_applied_although_a_later_migration_was(tmp_path: Path) -> None:
    store = database.create(tmp_path, "olga")
    connection = sqlite3.connect(store)
    connection.executescript(
        "DROP INDEX assignment_gold; DROP TABLE gold_answer; ALTER TABLE task DROP COLUMN gold_id;"
        "ALTER TABLE task DROP COLUMN gold_share; ALTER TABLE assignment DROP COLUMN gold;"
        "DELETE FROM schema_migration WHERE name = '0004_gold';"
    )
    connection.close()
    database.connect(store)
    assert list(Task.select(Task.gold)) == []
    again = tables.database.execute_sql("SELECT count(*) FROM schema_migration WHERE name = '0004_gold'")
    assert again.fetchone() == (1,)
    database.close()
    copies = list(tmp_path.glob("winnow.db.schema-*"))
    assert [copy.name for copy in copies] == [f"winnow.db.schema-{migrations.latest()}"]
    database.connect(store)  # nothing is missing any more: no second copy
    database.close()
    assert list(tmp_path.glob("winnow.db.schema-*")) == copies


def test_a_store_of_a_later_schema_is_refused(tmp_path: Path) -> None:
    store = database.create(tmp_path, "olga")
    connection = sqlite3.connect(store)
    connection.execute(f"PRAGMA user_version = {migrations.latest() + 1}")
    connection.close()
    with pytest.raises(Refused, match="newer Winnow"):
        database.connect(store)
    database.close()


def test_tables_and_schema_have_the_same_columns(tmp_path: Path) -> None:
    database.connect(database.create(tmp_path, "olga"))
    for table in tables.TABLES:
        name = table._meta.table_name
        found = {row[1] for row in tables.database.execute_sql(f"PRAGMA table_info({name})").fetchall()}
        assert found == set(table._meta.columns), name
    database.close()
