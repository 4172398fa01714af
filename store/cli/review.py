"""`winnow review`: what waits for your verdict, and giving it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from store.cli import Project
from store.output import json_array, json_option, note, table

if TYPE_CHECKING:
    from store.tables import Task, User


@click.group()
def command() -> None:
    """Your open review assignments."""


@command.command("list")
@click.option("--task", "name", metavar="NAME", required=True)
@click.option("--labeler", metavar="USER", help="Only the work of this labeler.")
@json_option
@click.pass_obj
def list_(project: Project, name: str, labeler: str | None, as_json: bool) -> None:
    """List what waits for your review in a task."""
    from store import tasks, users

    actor = project.open()
    rows = _waiting(actor, tasks.find(name), None if labeler is None else users.find(labeler))
    if as_json:
        json_array(rows)
        return
    said = (
        [row["input"], row["path"], row["labeler"], [_said(annotation) for annotation in row["annotations"]]]
        for row in rows
    )
    table(("input", "path", "labeler", "annotations"), said)


def _said(annotation: dict[str, Any]) -> str:
    score = "" if annotation["score"] is None else f" {annotation['score']:.2f}"
    return f"{'' if annotation['value'] else 'not '}{annotation['concept']}{score}"


def _waiting(actor: User, task: Task, labeler: User | None) -> Iterator[dict[str, Any]]:
    """One row for each labeler of each input."""
    from store import annotations, assignments, reviewing
    from store.tables import Input
    from store.values import Side, Status

    for input_id in reviewing.awaiting(actor, task, labeler):
        row = Input.get_by_id(input_id)
        said = annotations.of_input(row, task)
        works = assignments.on_input(task, Side.LABEL, input_id)
        names = {work.user.name for work in works if work.status == Status.AWAITING_REVIEW}
        names |= {one["annotator"] for one in said if one["status"] == Status.AWAITING_REVIEW.name}
        for name in sorted(names):
            if labeler is None or name == labeler.name:
                theirs = [one for one in said if one["annotator"] == name]
                yield {"input": row.id, "path": row.path, "labeler": name, "annotations": theirs}


def _verdict(name: str, past: str, text: str) -> None:
    """Add the verb of one verdict."""

    @click.argument("names", metavar="[INPUT]...", nargs=-1)
    @click.option("--task", metavar="NAME", required=True)
    @click.option("--comment", metavar="TEXT", default="", help="What the labeler reads.")
    @click.option("--labeler", metavar="USER", help="Only the work of this labeler.")
    @click.option("--all", "everything", is_flag=True, help="All that waits for you.")
    @click.pass_obj
    def verb(
        project: Project,
        names: tuple[str, ...],
        task: str,
        comment: str,
        labeler: str | None,
        everything: bool,
    ) -> None:
        from store import inputs, reviewing, tasks, users
        from store.errors import Refused
        from store.values import Verdict

        if bool(names) == everything:
            raise click.UsageError("name the inputs, or give --all")
        actor = project.open()
        of, by = tasks.find(task), None if labeler is None else users.find(labeler)
        chosen = reviewing.awaiting(actor, of, by) if everything else [inputs.find(one).id for one in names]
        if not chosen:
            raise Refused(f"nothing in {of.name} waits for your review")
        count = reviewing.decide(
            actor, of, list(dict.fromkeys(chosen)), Verdict(name), comment=comment, labeler=by
        )
        note(f"{past} {count} {'input' if count == 1 else 'inputs'}")

    add: Callable[[Any], Any] = command.command(name, help=text)
    add(verb)


_verdict("approve", "approved", "Approve the work on inputs.")
_verdict("reject", "rejected", "Reject the work on inputs for good.")
_verdict("request-changes", "requested changes to", "Send inputs back to their labeler; --comment says why.")
