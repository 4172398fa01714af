"""Output of the command line: data as tables or JSON on stdout, messages and bars on stderr."""

from __future__ import annotations

import functools
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from store.printable import printable

MEASURED = 200
"""Rows that decide how wide the columns are; what follows is printed as it comes."""
WIDEST = 60

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def listed(
    *columns: str, tell: Callable[[Any], None] | None = None
) -> Callable[[Callable[..., Iterable[Mapping[str, Any]]]], Callable[..., None]]:
    """Give a verb that returns rows `--json`, which prints them all; else they are a table of these columns.

    `tell` prints the rows for a person where they are no such table.
    """

    def table_of(rows: Iterable[Mapping[str, Any]]) -> None:
        table(columns, ([row[column] for column in columns] for row in rows))

    return _answered(json_array, tell or table_of)


def shown(
    tell: Callable[[Any], None] | None = None,
) -> Callable[[Callable[..., Mapping[str, Any]]], Callable[..., None]]:
    """Give a verb that returns one thing `--json`; else its fields are printed, or `tell` does it."""
    return _answered(json_object, tell or fields)


def _answered(
    as_data: Callable[[Any], None], tell: Callable[[Any], None]
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    def decorate(verb: Callable[..., Any]) -> Callable[..., None]:
        @json_option
        @functools.wraps(verb)
        def answering(*arguments: Any, as_json: bool, **options: Any) -> None:
            answer = verb(*arguments, **options)
            (as_data if as_json else tell)(answer)

        return answering

    return decorate


def note(message: str) -> None:
    """One message for the person, on stderr."""
    click.echo(printable(message), err=True)


def json_array(rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSON array, one element a line, written while the rows come; ASCII only."""
    before = "["
    for row in rows:
        sys.stdout.write(f"{before}\n{json.dumps(row, allow_nan=False)}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def json_object(value: Mapping[str, Any]) -> None:
    """One JSON object; ASCII only."""
    sys.stdout.write(f"{json.dumps(value, indent=2, allow_nan=False)}\n")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Aligned columns; numbers to the right. Prints nothing for no rows."""
    lines = iter(rows)
    first = list(itertools.islice(lines, MEASURED))
    if not first:
        return
    to_right = [
        all(isinstance(row[i], int | float) or row[i] is None for row in first) for i in range(len(headers))
    ]
    shown = [[_cell(value) for value in row] for row in first]
    widths = [
        min(WIDEST, max(_width(header), *(_width(row[i]) for row in shown)))
        for i, header in enumerate(headers)
    ]
    _line(headers, widths, to_right, bold=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    for cells in itertools.chain(shown, ([_cell(value) for value in row] for row in lines)):
        _line(cells, widths, to_right)


def fields(values: Mapping[str, object]) -> None:
    """The fields of one thing, a line each."""
    width = max(map(len, values))
    for name, value in values.items():
        sys.stdout.write(f"{name:<{width}}  {_cell(value)}\n")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return printable(value)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    # Imported here: only wide characters need it.
    from rich.cells import cell_len

    return cell_len(text)


def _line(cells: Sequence[str], widths: Sequence[int], to_right: Sequence[bool], bold: bool = False) -> None:
    parts = []
    for cell, width, right in zip(cells, widths, to_right, strict=True):
        space = " " * (width - _width(cell))
        parts.append(space + cell if right else cell + space)
    line = "  ".join(parts).rstrip()
    sys.stdout.write(click.style(line, bold=True) + "\n" if bold else line + "\n")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with rate and time left; call what it yields with (done, total). No terminal, no
    bar."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            """The rate, once there is one."""
            return Text(f"{task.speed:.0f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)
