"""`winnow user`: who is in the project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note

ROLES = ("owner", "lead", "labeler", "viewer")


@click.group()
def command() -> None:
    """The people of the project."""


@command.command("list")
@listed("name", "role", "active")
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the people."""
    from store import users

    project.open()
    return users.listing()


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="Labeler unless given; who is here keeps theirs.")
@click.pass_obj
def add(project: Project, name: str, role: str | None) -> None:
    """Take a person in, or give them another role."""
    from store import users
    from store.values import Role

    added = users.add(project.open(), name, None if role is None else Role(role))
    note(f"{added.name} is {added.role} here")


@command.command()
@click.argument("name")
@click.pass_obj
def remove(project: Project, name: str) -> None:
    """Let a person go; what they did stays."""
    from store import users

    actor = project.open()
    users.remove(actor, users.find(name))
    note(f"removed {name}; what they did stays")
