"""`winnow dataset`: named sets of inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import listed, note
from store.values import Status


@click.group()
def command() -> None:
    """The datasets of the project."""


@command.command("list")
@listed("id", "name", "inputs")
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the datasets."""
    from store import datasets

    project.open()
    return datasets.listing()


@command.command()
@click.argument("name")
@click.argument("names", metavar="[INPUT]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="With every input of the project.")
@click.pass_obj
def create(project: Project, name: str, names: tuple[str, ...], everything: bool) -> None:
    """Make a dataset of inputs, each an id, a path or a file name."""
    from store import datasets, inputs

    if names and everything:
        raise click.UsageError("name inputs or give --all, not both")
    actor = project.open()
    made = datasets.add(actor, name, [inputs.find(one).id for one in names], everything=everything)
    note(f"made the dataset '{made.name}' with {datasets.size(made.id)} inputs")


@command.command()
@click.argument("name")
@click.option("--task", metavar="NAME", help="Only annotations of this task.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([*Status.__members__]),
    help="Annotations of this status; Success unless said otherwise.",
)
@click.pass_obj
def version(project: Project, name: str, task: str | None, statuses: tuple[str, ...]) -> None:
    """Freeze a dataset with its annotations as its next version."""
    from store import dataset_versions, datasets, tasks

    actor = project.open()
    dataset = datasets.find(name)
    wanted = tuple(Status[status] for status in statuses) or (Status.SUCCESS,)
    frozen = dataset_versions.freeze(actor, dataset, None if task is None else tasks.find(task), wanted)
    note(f"made version {frozen.number} of '{name}' with {dataset_versions.size(frozen)} inputs")


@command.command()
@click.argument("name")
@listed("number", "inputs", "statuses", "task", "creator", "created_at")
@click.pass_obj
def versions(project: Project, name: str) -> Iterable[dict[str, Any]]:
    """List the versions of a dataset."""
    from store import dataset_versions, datasets

    project.open()
    return dataset_versions.listing(datasets.find(name))


@command.command()
@click.argument("name")
@click.argument("number", type=int)
@click.argument("new_name")
@click.pass_obj
def restore(project: Project, name: str, number: int, new_name: str) -> None:
    """Make the dataset NEW_NAME of version NUMBER, with what stood on its inputs."""
    from store import dataset_versions, datasets, restoring

    actor = project.open()
    frozen = dataset_versions.find(datasets.find(name), number)
    made, added = restoring.restore(actor, frozen, new_name)
    note(f"made the dataset '{made.name}' with {datasets.size(made.id)} inputs, put back {added} annotations")


@command.command()
@click.argument("name")
@click.argument("before", type=int)
@click.argument("after", type=int, required=False)
@listed("change", "path", "concept", "annotator")
@click.pass_obj
def diff(project: Project, name: str, before: int, after: int | None) -> Iterable[dict[str, Any]]:
    """What changed between two versions, or from one to the dataset as it is now."""
    from store import dataset_versions, datasets

    project.open()
    dataset = datasets.find(name)
    first = dataset_versions.find(dataset, before)
    if after is None:
        then = dataset_versions.as_it_is(dataset, first.selection)
    else:
        then = dataset_versions.frozen(dataset_versions.find(dataset, after))
    return dataset_versions.compare(dataset_versions.frozen(first), then)
