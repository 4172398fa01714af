"""`winnow init`: make a project."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.pass_obj
def command(project: Project, folder: Path) -> None:
    """Make a project in DIR, or here; you become its owner."""
    from store import database, users

    if project.store is not None:
        raise click.UsageError("init makes winnow.db in DIR: leave --store out")
    owner = users.own_name(project.user)
    path = database.create(folder, owner)
    note(f"made {path}, which belongs to {owner}; add pictures with: winnow add DIR")
