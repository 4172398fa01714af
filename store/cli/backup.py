"""`winnow backup`: copy the store."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.pass_obj
def command(project: Project, destination: Path) -> None:
    """Copy the store to the new file DEST while others go on working; the pictures stay where they are."""
    from store import backups

    project.open()
    size = backups.save(destination)
    note(f"saved {destination} ({size / 1e6:.1f} MB)")
