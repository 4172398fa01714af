"""`winnow model`: what can predict."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import fields, json_array, json_object, json_option, note, table


@click.group()
def command() -> None:
    """The models that are installed."""


@command.command("list")
@json_option
@click.pass_obj
def list_(project: Project, as_json: bool) -> None:
    """List the models."""
    from store import models

    project.open()
    rows = models.listing()
    for problem in models.problems():
        note(f"a card cannot be used: {problem}")
    if as_json:
        json_array(rows)
    else:
        columns = ("name", "version", "type", "concepts", "licence", "title")
        table(columns, ([row[column] for column in columns] for row in rows))


@command.command()
@click.argument("name", metavar="MODEL")
@json_option
@click.pass_obj
def show(project: Project, name: str, as_json: bool) -> None:
    """Show a model's card and the concepts it knows."""
    from store import models

    project.open()
    row = models.show(models.find(name))
    if as_json:
        json_object(row)
    else:
        fields(row)
