"""`winnow workflow`: graphs of models and operators."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from store.cli import Project
from store.errors import Refused
from store.output import fields, listed, note, shown, table


@click.group()
def command() -> None:
    """Graphs of models, thresholders and annotation writers, as YAML."""


def _tell_all(rows: Iterable[dict[str, Any]]) -> None:
    lines = (
        [row["name"], row["models"], row["nodes"], "yes" * row["default"], row["created_at"]] for row in rows
    )
    table(("name", "models", "nodes", "default", "created_at"), lines)


@command.command("list")
@listed(tell=_tell_all)
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the workflows."""
    from store import workflows

    project.open()
    return workflows.listing()


@command.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.pass_obj
def add(project: Project, file: Path) -> None:
    """Keep the workflow that FILE (YAML; - is standard input) describes; one of the same id is replaced."""
    from store import workflows

    actor = project.open()
    row = workflows.add(actor, _text(file))
    note(f"added the workflow '{row.name}': 'winnow workflow show {row.name}' draws it")


def _text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Refused(f"{file} is no text in UTF-8") from None


def _tell(row: dict[str, Any]) -> None:
    for line in row["drawing"]:
        click.echo(line)
    fields({key: value for key, value in row.items() if key not in ("drawing", "graph")})


@command.command()
@click.argument("name", metavar="WORKFLOW")
@shown(_tell)
@click.pass_obj
def show(project: Project, name: str) -> dict[str, Any]:
    """Draw a workflow, and list the concepts that it can say."""
    from store import workflows

    project.open()
    return workflows.show(workflows.find(name))


@command.command()
@click.argument("name", metavar="WORKFLOW")
@click.pass_obj
def remove(project: Project, name: str) -> None:
    """Take a workflow away; undo brings it back. What it wrote stays."""
    from store import workflows

    actor = project.open()
    workflows.remove(actor, workflows.find(name))
    note(f"removed the workflow '{name}'")


@command.command()
@click.argument("name", metavar="[WORKFLOW]", required=False)
@click.option("--none", is_flag=True, help="Let no workflow run by itself any more.")
@click.pass_obj
def default(project: Project, name: str | None, none: bool) -> None:
    """Let a workflow run by itself on every input that is added; without a name, say which does."""
    from store import workflows

    actor = project.open()
    if name is not None and none:
        raise click.UsageError("name a workflow or say --none, not both")
    if name is not None or none:
        workflows.make_default(actor, None if name is None else workflows.find(name))
    row = workflows.default()
    note("no workflow runs by itself" if row is None else f"'{row.name}' runs by itself on what is added")
