"""`winnow comment`: threads on inputs and regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from store.cli import Project
from store.cli.annotation import region_of
from store.output import listed, note, table

if TYPE_CHECKING:
    from store.tables import Task


@click.group()
def command() -> None:
    """What people say to each other about inputs."""


def _tell(rows: Iterable[dict[str, Any]]) -> None:
    table(("id", "input", "author", "text", "resolved"), _lines(rows))


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [row["id"], row["input"], row["author"], row["text"], row["resolved"]]
        for reply in row["replies"]:
            yield [reply["id"], row["input"], reply["author"], f"  {reply['text']}", None]


@command.command("list")
@click.argument("names", metavar="[INPUT]...", nargs=-1)
@click.option("--task", "name", metavar="NAME", required=True)
@listed(tell=_tell)
@click.pass_obj
def list_(project: Project, names: tuple[str, ...], name: str) -> Iterable[dict[str, Any]]:
    """List the threads on inputs; without inputs, those that are not resolved."""
    from store import comments, inputs, tasks

    project.open()
    task = tasks.find(name)
    chosen = [inputs.find(one).id for one in names] or comments.unresolved(task)
    return _threads(task, chosen, everything=bool(names))


def _threads(task: Task, chosen: list[int], *, everything: bool) -> Iterator[dict[str, Any]]:
    from store import comments

    for input_id in chosen:
        for thread in comments.threads(task, input_id):
            if everything or not thread.first.resolved:
                yield thread.to_json()


@command.command()
@click.argument("name", metavar="INPUT")
@click.argument("text")
@click.option("--task", metavar="NAME", required=True)
@click.option("--region", metavar="JSON", help='Such as {"box": [0.1, 0.2, 0.5, 0.6]}.')
@click.pass_obj
def add(project: Project, name: str, text: str, task: str, region: str | None) -> None:
    """Begin a thread on an input, or on a region of it."""
    from store import comments, inputs, tasks

    actor = project.open()
    where = None if region is None else region_of(region)
    made = comments.add(actor, tasks.find(task), inputs.find(name).id, text, region=where)
    note(f"added comment {made.id}")


@command.command()
@click.argument("identity", metavar="ID", type=click.IntRange(1))
@click.argument("text")
@click.pass_obj
def reply(project: Project, identity: int, text: str) -> None:
    """Add to a thread."""
    from store import comments

    actor = project.open()
    note(f"added comment {comments.reply(actor, comments.find(identity), text).id}")


@command.command()
@click.argument("identity", metavar="ID", type=click.IntRange(1))
@click.option("--again", is_flag=True, help="Open it again.")
@click.pass_obj
def resolve(project: Project, identity: int, again: bool) -> None:
    """Close a thread."""
    from store import comments

    actor = project.open()
    comments.resolve(actor, comments.find(identity), not again)
    note(f"{'opened' if again else 'resolved'} comment {identity}")
