"""`winnow history`: who changed what."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import json_array, json_option, table


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many events.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--user", metavar="USER", help="Only what this user did.")
@json_option
@click.pass_obj
def command(project: Project, limit: int, everything: bool, user: str | None, as_json: bool) -> None:
    """List what was changed and by whom, the newest first."""
    from store import events, users

    project.open()
    rows = events.listing(None if everything else limit, None if user is None else users.find(user))
    if as_json:
        json_array(rows)
        return
    columns = ("created_at", "user", "step", "name", "kind", "table", "row", "undone")
    table(columns, ([row[column] for column in columns] for row in rows))
