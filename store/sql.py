"""SQL: rows read, inserted and changed by the values of their columns, past peewee's query builder.

Peewee takes ten times longer to write such a statement than SQLite to run it. Here each is written once, for
the table and the columns that it names. Columns are named as the fields of `store.tables`, and a value may be
a row where the field is a foreign key.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from peewee import BooleanField, Field, ForeignKeyField, JSONField

from store.tables import PathField, Table, database

T = TypeVar("T", bound=Table)

_Convert = Callable[[Any], Any]
_Shape = tuple[tuple[str, Any], ...]
"""Columns of a condition, each with True, False or None where that is what it must be, else `...`."""


def find(table: type[T], **values: Any) -> T | None:
    """The row whose columns have these values, or one of them; None where there is none."""
    found = matching(table, **values)
    return found[0] if found else None


def matching(
    table: type[T],
    order: Sequence[str] = (),
    linked: Sequence[str] = (),
    *,
    through: str | None = None,
    **values: Any,
) -> list[T]:
    """All rows whose columns have these values, in the order of the named columns, with the rows that the
    `linked` foreign keys lead to. `through` names the index where SQLite would choose a worse one."""
    bound = _bound(values)
    statement = _selection(table, _shape(values), tuple(order), tuple(linked), through)
    found = database.execute_sql(statement, bind(table, bound)).fetchall()
    return [_made(table, row, linked) for row in found]


def put(table: type[Table], values: Mapping[str, Any]) -> int:
    """Insert one row; returns its rowid, which is its id where it has one. Raises peewee.IntegrityError."""
    return int(database.execute_sql(_insertion(table, tuple(values)), bind(table, values)).lastrowid)


def insert(row: T) -> T:
    """Insert a new row, which gets its id."""
    rowid = put(type(row), row.__data__)
    if row._meta.auto_increment:
        row.id = rowid
    row._dirty.clear()
    return row


def insert_many(table: type[Table], names: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Insert rows, given as the values of the columns `names`."""
    writers = [_writers(table)[name] for name in names]
    database.connection().executemany(
        _insertion(table, tuple(names)),
        (
            [None if value is None else write(value) for write, value in zip(writers, line, strict=True)]
            for line in lines
        ),
    )


def change(table: type[Table], where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Give the rows whose columns have the values of `where` other values; returns how many there were."""
    statement = _changing(table, tuple(values), _shape(where))
    bound = (*bind(table, values), *bind(table, _bound(where)))
    return int(database.execute_sql(statement, bound).rowcount)


def remove(table: type[Table], where: Mapping[str, Any]) -> int:
    """Delete the rows whose columns have these values; returns how many there were."""
    statement = f"DELETE FROM {_name(table)} WHERE {_condition(table, _shape(where))}"
    return int(database.execute_sql(statement, bind(table, _bound(where))).rowcount)


def bind(table: type[Table], values: Mapping[str, Any]) -> list[Any]:
    """The values as the database takes them."""
    writers = _writers(table)
    return [None if value is None else writers[name](value) for name, value in values.items()]


def _made(table: type[T], values: Sequence[Any], linked: Sequence[str] = ()) -> T:
    """A row, and those it is linked with, of the values of all their columns."""
    names = _fields(table)
    row = table(__no_default__=1)
    row.__data__.update(zip(names, values, strict=False))
    for name, read in _readers(table):
        if row.__data__[name] is not None:
            row.__data__[name] = read(row.__data__[name])
    at = len(names)
    for name in linked:
        other = table._meta.fields[name].rel_model
        if row.__data__[name] is not None:
            row.__rel__[name] = _made(other, values[at : at + len(_fields(other))])
        at += len(_fields(other))
    return row


def _shape(values: Mapping[str, Any]) -> _Shape:
    """Truth values and nulls are written out: SQLite uses a partial index only where it can read the index's
    own condition in the statement."""
    return tuple((name, value if _is_written(value) else ...) for name, value in values.items())


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not _is_written(value)}


def _is_written(value: Any) -> bool:
    return value is None or value is True or value is False


@functools.cache
def _selection(
    table: type[Table], shape: _Shape, order: tuple[str, ...], linked: tuple[str, ...], through: str | None
) -> str:
    columns = [_column(table, name) for name in _fields(table)]
    joins = ""
    for name in linked:
        other = table._meta.fields[name].rel_model
        columns += [f'"{name}"."{other._meta.fields[field].column_name}"' for field in _fields(other)]
        key = other._meta.primary_key.column_name
        joins += f' LEFT JOIN {_name(other)} "{name}" ON "{name}"."{key}" = {_column(table, name)}'
    by = f" ORDER BY {', '.join(_column(table, name) for name in order)}" if order else ""
    by_index = "" if through is None else f" INDEXED BY {through}"
    source = f"{_name(table)}{by_index}{joins}"
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {_condition(table, shape)}{by}"


@functools.cache
def _condition(table: type[Table], shape: _Shape) -> str:
    signs = {None: "IS NULL", True: "= 1", False: "= 0", ...: "= ?"}
    return " AND ".join(f"{_column(table, name)} {signs[value]}" for name, value in shape)


@functools.cache
def _insertion(table: type[Table], names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{table._meta.fields[name].column_name}"' for name in names)
    return f"INSERT INTO {_name(table)} ({columns}) VALUES ({', '.join('?' * len(names))})"


@functools.cache
def _changing(table: type[Table], names: tuple[str, ...], shape: _Shape) -> str:
    changes = ", ".join(f'"{table._meta.fields[name].column_name}" = ?' for name in names)
    return f"UPDATE {_name(table)} SET {changes} WHERE {_condition(table, shape)}"


def _name(table: type[Table]) -> str:
    return f'"{table._meta.table_name}"'


def _column(table: type[Table], name: str) -> str:
    return f'{_name(table)}."{table._meta.fields[name].column_name}"'


@functools.cache
def _fields(table: type[Table]) -> tuple[str, ...]:
    return tuple(table._meta.sorted_field_names)


@functools.cache
def _writers(table: type[Table]) -> dict[str, _Convert]:
    return {name: _writer(field) for name, field in table._meta.fields.items()}


def _writer(field: Field) -> _Convert:
    if isinstance(field, JSONField):
        return functools.partial(json.dumps, separators=(",", ":"))
    if isinstance(field, ForeignKeyField):
        return _key
    convert: _Convert = field.db_value
    return convert


def _key(value: Any) -> Any:
    return value._pk if isinstance(value, Table) else value


@functools.cache
def _readers(table: type[Table]) -> tuple[tuple[str, _Convert], ...]:
    """How the columns are read that SQLite does not give back as they are."""
    found: list[tuple[str, _Convert]] = []
    for name, field in table._meta.fields.items():
        if isinstance(field, JSONField):
            found.append((name, json.loads))
        elif isinstance(field, BooleanField):
            found.append((name, bool))
        elif isinstance(field, PathField):
            found.append((name, field.python_value))
    return tuple(found)
