"""Numbered, frozen migrations. Each is a file `NNNN_name.py` with `up(migrator, db)`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store.errors import Refused

_FOLDER = Path(__file__).parent


def latest() -> int:
    """The schema number that this version of Winnow writes."""
    return max(int(file.name[:4]) for file in _files())


def upgrade(db: Any) -> None:
    """Apply what is missing, each migration in its own transaction, and note the schema number."""
    # Imported here: reading a store of the right schema does not need it.
    from playhouse.migrations import Runner

    Runner(db, str(_FOLDER)).up()
    db.execute_sql(f"PRAGMA user_version = {latest()}")


def is_older(db: Any, path: Path) -> bool:
    """Whether the store has to be upgraded first. Raises Refused for a newer one than this version knows."""
    found, wanted = _number(db), latest()
    if found > wanted:
        raise Refused(
            f"{path} was written by a newer Winnow (schema {found}, this one knows {wanted}): upgrade"
        )
    return found < wanted or bool(_missing(db))


def back_up_and_upgrade(db: Any, path: Path) -> None:
    """Copy an older store beside itself, then upgrade it. One process at a time: the second finds it done.

    A copy that an interrupted upgrade left is made anew.
    """
    if is_older(db, path):
        copy, making = Path(f"{path}.schema-{_number(db)}"), Path(f"{path}.schema.new")
        making.unlink(missing_ok=True)
        db.execute_sql("VACUUM INTO ?", (str(making),))
        making.replace(copy)
        upgrade(db)


def _missing(db: Any) -> set[str]:
    """What was never applied, by name: of two versions that grew side by side one may lack what has a lower
    number than its own."""
    applied = db.execute_sql("SELECT name FROM schema_migration").fetchall()
    return {file.stem for file in _files()} - {name for (name,) in applied}


def _files() -> Iterator[Path]:
    return _FOLDER.glob("[0-9][0-9][0-9][0-9]_*.py")


def _number(db: Any) -> int:
    return int(db.execute_sql("PRAGMA user_version").fetchone()[0])
