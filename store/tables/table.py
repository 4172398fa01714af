"""What every table is: rows of the one open project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from peewee import DatabaseProxy, TextField
from peewee import Model as Row

database = DatabaseProxy()

# Bytes of a file name that are no UTF-8 arrive as U+DC80..U+DCFF, which no database stores. They are
# kept as the last 128 characters of the last private plane, which no file name uses.
_TO_STORED = {code: code - 0xDC00 + 0x10FF00 for code in range(0xDC80, 0xDD00)}
_FROM_STORED = {stored: code for code, stored in _TO_STORED.items()}


class PathField(TextField):
    """A path of the file system, any bytes allowed; absolute, or relative to the project's folder."""

    def db_value(self, value: Any) -> str | None:
        """The path as text a database accepts."""
        return None if value is None else os.fsdecode(value).translate(_TO_STORED)

    def python_value(self, value: str | None) -> str | None:
        """The path as `os.fsdecode` gave it."""
        return None if value is None else value.translate(_FROM_STORED)


class Table(Row):
    """A row of whatever database the project is open on."""

    if TYPE_CHECKING:
        # Peewee makes these at class creation: the key, the lock where a table has one, and `x_id`
        # beside each foreign key `x`.
        id: Any
        version: Any

        def __getattr__(self, name: str) -> Any: ...

    class Meta:
        """Binds every table to the one open project."""

        database = database
        legacy_table_names = False
