"""`winnow export`: annotations for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note
from store.rights import LEADS
from store.values import Status


@click.command()
@click.argument("name", metavar="FORMAT")
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="Only inputs of this dataset.")
@click.option("--task", metavar="NAME", help="Only annotations of this task.")
@click.option("--status", "statuses", multiple=True, type=click.Choice([*Status.__members__]))
@click.pass_obj
def command(
    project: Project,
    name: str,
    destination: Path,
    dataset: str | None,
    task: str | None,
    statuses: tuple[str, ...],
) -> None:
    """Write annotations to DEST; FORMAT is jsonl. DEST appears whole or not at all."""
    from store import datasets, exchange, tasks

    actor = project.open()
    count = exchange.export(
        name,
        destination,
        dataset=None if dataset is None else datasets.find(dataset),
        task=None if task is None else tasks.find(task),
        statuses=tuple(Status[status] for status in statuses),
        # To labelers it would tell which inputs are gold.
        ordinary=actor.role in LEADS,
    )
    note(f"wrote {count} annotations to {destination}")
