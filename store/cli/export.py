"""`winnow export`: annotations for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note, progress
from store.rights import LEADS
from store.values import Status


@click.command()
@click.argument("name", metavar="FORMAT")
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="Only inputs of this dataset.")
@click.option("--version", "number", metavar="N", type=int, help="As that version of the dataset froze it.")
@click.option("--task", metavar="NAME", help="Only annotations of this task.")
@click.option("--status", "statuses", multiple=True, type=click.Choice([*Status.__members__]))
@click.option("--empty", is_flag=True, help="Also inputs that nobody has been through, as showing nothing.")
@click.option("--no-pictures", is_flag=True, help="Leave the pictures out where a format takes them along.")
@click.pass_obj
def command(
    project: Project,
    name: str,
    destination: Path,
    dataset: str | None,
    number: int | None,
    task: str | None,
    statuses: tuple[str, ...],
    empty: bool,
    no_pictures: bool,
) -> None:
    """Write annotations to DEST, which appears whole or not at all.

    FORMAT is one of those that the README lists; a wrong one is answered with all of them. What a format
    cannot hold is counted. Formats without statuses get what is Success, unless --status says otherwise.
    """
    from store import dataset_versions, datasets, exchange, tasks

    if number is not None and dataset is None:
        raise click.UsageError("--version needs --dataset")
    actor = project.open()
    chosen = None if dataset is None else datasets.find(dataset)
    selection = exchange.Selection(
        dataset=chosen,
        task=None if task is None else tasks.find(task),
        statuses=tuple(Status[status] for status in statuses),
        version=None if chosen is None or number is None else dataset_versions.find(chosen, number),
        # To labelers it would tell which inputs are gold.
        ordinary=actor.role in LEADS,
        every_input=empty,
    )
    with progress("export") as told:
        written = exchange.export(name, destination, selection, pictures=not no_pictures, on_progress=told)
    note(f"wrote {written.annotations} annotations on {written.inputs} inputs to {destination}")
    if written.lost:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(written.lost.items()))
        note(f"not held by {name}: {reasons}")
