"""`winnow model`: what can predict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note, shown


@click.group()
def command() -> None:
    """The models that are installed."""


@command.command("list")
@listed("name", "version", "type", "concepts", "licence", "title")
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the models."""
    from store import models

    project.open()
    rows = models.listing()
    for problem in models.problems():
        note(f"a card cannot be used: {problem}")
    return rows


@command.command()
@click.argument("name", metavar="MODEL")
@shown()
@click.pass_obj
def show(project: Project, name: str) -> dict[str, Any]:
    """Show a model's card and the concepts it knows."""
    from store import models

    project.open()
    return models.show(models.find(name))


@command.command()
@click.argument("name", metavar="MODEL")
@click.pass_obj
def remove(project: Project, name: str) -> None:
    """Take a model away from those that can be chosen; 'winnow undo' brings it back."""
    from store import models

    models.remove(project.open(), name)
    note(f"removed the model '{name}'; what it said stays")
