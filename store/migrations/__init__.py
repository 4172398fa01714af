"""Numbered, frozen migrations. Each is a file `NNNN_name.py` with `up(migrator, db)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store.errors import Refused

_FOLDER = Path(__file__).parent


def latest() -> int:
    """The schema number that this version of Winnow writes."""
    return max(int(file.name[:4]) for file in _FOLDER.glob("[0-9][0-9][0-9][0-9]_*.py"))


def upgrade(db: Any) -> None:
    """Apply what is missing, each migration in its own transaction, and note the schema number."""
    # Imported here: reading a store of the right schema does not need it.
    from playhouse.migrations import Runner

    Runner(db, str(_FOLDER)).up()
    db.execute_sql(f"PRAGMA user_version = {latest()}")


def check_and_upgrade(db: Any, path: Path) -> None:
    """Upgrade an older store after copying it beside itself. Raises Refused for a newer one."""
    found = int(db.execute_sql("PRAGMA user_version").fetchone()[0])
    wanted = latest()
    if found > wanted:
        raise Refused(
            f"{path} was written by a newer Winnow (schema {found}, this one knows {wanted}): upgrade"
        )
    if found < wanted:
        db.execute_sql("VACUUM INTO ?", (f"{path}.schema-{found}",))
        upgrade(db)
