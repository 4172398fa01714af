"""`winnow input`: what is in the project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import fields, listed, note, shown, table


@click.group()
def command() -> None:
    """The pictures and texts of the project."""


@command.command("list")
@click.option("--dataset", metavar="NAME", help="Only those of this dataset.")
@listed("id", "path", "media", "width", "height", "size")
@click.pass_obj
def list_(project: Project, dataset: str | None) -> Iterable[dict[str, Any]]:
    """List the inputs."""
    from store import datasets, inputs

    project.open()
    return inputs.listing(datasets.find(dataset) if dataset is not None else None)


def _tell(row: dict[str, Any]) -> None:
    fields({key: value for key, value in row.items() if key != "annotations"})
    columns = ("id", "concept", "value", "status", "score", "annotator", "task")
    table(columns, ([said[column] for column in columns] for said in row["annotations"]))


@command.command()
@click.argument("name", metavar="INPUT")
@shown(_tell)
@click.pass_obj
def show(project: Project, name: str) -> dict[str, Any]:
    """Show one input with its annotations. INPUT is an id, a path or a file name."""
    from store import annotations, inputs

    project.open()
    row = inputs.find(name)
    return {**inputs.show(row), "annotations": annotations.of_input(row)}


@command.command()
@click.argument("names", metavar="INPUT...", nargs=-1, required=True)
@click.pass_obj
def delete(project: Project, names: tuple[str, ...]) -> None:
    """Take inputs out of the project, with what was said of them; the files stay. Undo brings all back."""
    from store import inputs

    actor = project.open()
    rows = list({row.id: row for row in map(inputs.find, names)}.values())
    inputs.delete(actor, rows)
    note(f"deleted {len(rows)} of the project's inputs; 'winnow undo' brings them back")
