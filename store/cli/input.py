"""`winnow input`: what is in the project."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import fields, json_array, json_object, json_option, note, table


@click.group()
def command() -> None:
    """The pictures and texts of the project."""


@command.command("list")
@click.option("--dataset", metavar="NAME", help="Only those of this dataset.")
@json_option
@click.pass_obj
def list_(project: Project, dataset: str | None, as_json: bool) -> None:
    """List the inputs."""
    from store import datasets, inputs

    project.open()
    rows = inputs.listing(datasets.find(dataset) if dataset is not None else None)
    if as_json:
        json_array(rows)
    else:
        columns = ("id", "path", "media", "width", "height", "size")
        table(columns, ([row[column] for column in columns] for row in rows))


@command.command()
@click.argument("name", metavar="INPUT")
@json_option
@click.pass_obj
def show(project: Project, name: str, as_json: bool) -> None:
    """Show one input with its annotations. INPUT is an id, a path or a file name."""
    from store import annotations, inputs

    project.open()
    row = inputs.find(name)
    said = annotations.of_input(row)
    if as_json:
        json_object({**inputs.show(row), "annotations": said})
        return
    fields(inputs.show(row))
    columns = ("id", "concept", "value", "status", "score", "annotator", "task")
    table(columns, ([annotation[column] for column in columns] for annotation in said))


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
