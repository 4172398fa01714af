"""`winnow concept`: what things are labeled as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note, table


@click.group()
def command() -> None:
    """The concepts of the project and how they relate."""


def _tell(rows: Iterable[dict[str, Any]]) -> None:
    lines = (
        [row["id"], row["name"], [f"{one['kind']} of {one['concept']}" for one in row["relations"]]]
        for row in rows
    )
    table(("id", "name", "relations"), lines)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also the names that only models know.")
@listed(tell=_tell)
@click.pass_obj
def list_(project: Project, everything: bool) -> Iterable[dict[str, Any]]:
    """List the concepts."""
    from store import concepts, models

    project.open()
    if everything:
        models.sync()
    return concepts.listing(everything=everything)


@command.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.pass_obj
def add(project: Project, names: tuple[str, ...]) -> None:
    """Add concepts."""
    from store import concepts

    actor = project.open()
    for name in names:
        concept, new = concepts.add(actor, name)
        note(f"{'added' if new else 'already here:'} {concept.name}")


@command.command()
@click.argument("name")
@click.argument("new_name", metavar="NEW")
@click.pass_obj
def rename(project: Project, name: str, new_name: str) -> None:
    """Rename a concept everywhere; where a model says NAME, NEW is used from now on."""
    from store import concepts

    actor = project.open()
    old = concepts.find(name).name
    renamed = concepts.rename(actor, concepts.find(name), new_name)
    note(f"'{old}' is called '{renamed.name}' now")


@command.command()
@click.argument("source")
@click.argument("kind", type=click.Choice(["synonym", "hypernym", "hyponym"]))
@click.argument("target")
@click.pass_obj
def relate(project: Project, source: str, kind: str, target: str) -> None:
    """Say that SOURCE is a synonym, hypernym (more general) or hyponym (more special) of TARGET."""
    from store import concepts

    actor = project.open()
    concepts.relate(actor, concepts.find(source), kind, concepts.find(target))
    note(f"{source} is a {kind} of {target}")
