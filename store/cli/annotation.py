"""`winnow annotation`: what inputs are said to show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note
from store.values import Region, Status


@click.group()
def command() -> None:
    """What people and models say of the inputs."""


@command.command("list")
@click.option("--task", "name", metavar="NAME", help="Only of this task.")
@click.option("--status", "statuses", multiple=True, type=click.Choice([*Status.__members__]))
@click.option("--labeler", "labelers", metavar="USER", multiple=True, help="By this person or model.")
@click.option("--concept", "concept_names", metavar="NAME", multiple=True)
@click.option(
    "--any/--all", "match_any", default=False, help="Match one of the kinds of filter, or (default) each."
)
@listed("id", "input", "path", "concept", "value", "status", "score", "annotator", "task")
@click.pass_obj
def list_(
    project: Project,
    name: str | None,
    statuses: tuple[str, ...],
    labelers: tuple[str, ...],
    concept_names: tuple[str, ...],
    match_any: bool,
) -> Iterable[dict[str, Any]]:
    """List annotations by input, the highest score first. A filter given twice matches either value."""
    from store import annotations, concepts, tasks, users

    project.open()
    return annotations.listing(
        task=None if name is None else tasks.find(name),
        statuses=[Status[status] for status in statuses],
        labelers=[users.find(labeler) for labeler in labelers],
        concepts=[concepts.find(concept) for concept in concept_names],
        match_any=match_any,
    )


@command.command()
@click.argument("name", metavar="INPUT")
@click.argument("concept")
@click.option("--task", metavar="NAME", required=True, help="The task you label or review it in.")
@click.option("--region", metavar="JSON", help='Such as {"box": [0.1, 0.2, 0.5, 0.6]}.')
@click.option("--absent", is_flag=True, help="Say that the concept is not there.")
@click.pass_obj
def add(project: Project, name: str, concept: str, task: str, region: str | None, absent: bool) -> None:
    """Say that an input, or a region of it, shows a concept; a new concept joins the project."""
    from store import inputs, labeling, tasks

    actor = project.open()
    where = None if region is None else region_of(region)
    made = labeling.add(
        actor, tasks.find(task), inputs.find(name).id, concept, where, value=0 if absent else 1
    )
    note(f"added annotation {made.id}")


def region_of(text: str) -> Region | None:
    """A region as it is typed. Raises BadParameter for what is no JSON, Refused for no region."""
    try:
        return Region.from_json(json.loads(text))
    except (ValueError, RecursionError):
        raise click.BadParameter("it is not JSON", param_hint="--region") from None


@command.command()
@click.argument("identity", metavar="ID", type=click.IntRange(1))
@click.pass_obj
def remove(project: Project, identity: int) -> None:
    """Take an annotation away; what a model suggested is a suggestion again."""
    from store import annotations, labeling

    labeling.remove(project.open(), annotations.find(identity))
    note(f"removed annotation {identity}")
