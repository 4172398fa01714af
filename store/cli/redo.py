"""`winnow redo`: do again what you took back."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import note


@click.command()
@click.pass_obj
def command(project: Project) -> None:
    """Do the step again that you took back last."""
    from store import undoing

    note(f"done again: {undoing.redo(project.open())}")
