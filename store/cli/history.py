"""`winnow history`: who changed what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many events.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--user", metavar="USER", help="Only what this user did.")
@listed("created_at", "user", "step", "name", "kind", "table", "row", "undone")
@click.pass_obj
def command(project: Project, limit: int, everything: bool, user: str | None) -> Iterable[dict[str, Any]]:
    """List what was changed and by whom, the newest first."""
    from store import events, users

    project.open()
    return events.listing(None if everything else limit, None if user is None else users.find(user))
