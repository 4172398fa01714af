"""`winnow dataset`: named sets of inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note


@click.group()
def command() -> None:
    """The datasets of the project."""


@command.command("list")
@listed("id", "name", "inputs")
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the datasets."""
    from store import datasets

    project.open()
    return datasets.listing()


@command.command()
@click.argument("name")
@click.argument("names", metavar="[INPUT]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="With every input of the project.")
@click.pass_obj
def create(project: Project, name: str, names: tuple[str, ...], everything: bool) -> None:
    """Make a dataset of inputs, each an id, a path or a file name."""
    from store import datasets, inputs

    if names and everything:
        raise click.UsageError("name inputs or give --all, not both")
    actor = project.open()
    made = datasets.add(actor, name, [inputs.find(one).id for one in names], everything=everything)
    note(f"made the dataset '{made.name}' with {datasets.size(made.id)} inputs")
