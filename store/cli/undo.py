"""`winnow undo`: take back what you did last."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import note


@click.command()
@click.pass_obj
def command(project: Project) -> None:
    """Take back your last step; again for the one before."""
    from store import undoing

    note(f"undone: {undoing.undo(project.open())}")
