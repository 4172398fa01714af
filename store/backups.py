"""Backups: a copy of the whole store while everybody goes on working."""

from __future__ import annotations

import os
from pathlib import Path

import peewee

from store.errors import Refused
from store.tables import database


def save(destination: Path) -> int:
    """Copy the open store, as it is at this moment, to a new file; returns its size in bytes.

    The file appears whole or not at all. Raises Refused when it is there already or cannot be written.
    """
    taken = Refused(f"{destination} is there already: choose another name")
    if destination.exists():
        raise taken
    if not destination.parent.is_dir():
        raise Refused(f"there is no folder {destination.parent}: make it first")
    making = destination.with_name(f".{destination.name}.{os.getpid()}.new")
    try:
        try:
            database.execute_sql("VACUUM INTO ?", (str(making),))
            with making.open("rb") as file:
                os.fsync(file.fileno())
            os.link(making, destination)
        finally:
            making.unlink(missing_ok=True)
    except FileExistsError:
        raise taken from None
    except (OSError, peewee.DatabaseError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refused(f"{destination} cannot be written: {reason}") from error
    return destination.stat().st_size
