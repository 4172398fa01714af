"""`winnow review`: what waits for your verdict, and giving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from store.cli import Project
from store.output import listed, note, progress, table
from store.queues import Filter, Order
from store.values import Status

if TYPE_CHECKING:
    from store.tables import Task


@click.group()
def command() -> None:
    """Your open review assignments."""


def _tell(rows: Iterable[dict[str, Any]]) -> None:
    lines = (
        [row["input"], row["path"], row["labeler"], [_said(annotation) for annotation in row["annotations"]]]
        for row in rows
    )
    table(("input", "path", "labeler", "annotations"), lines)


def _said(annotation: dict[str, Any]) -> str:
    score = "" if annotation["score"] is None else f" {annotation['score']:.2f}"
    return f"{'' if annotation['value'] else 'not '}{annotation['concept']}{score}"


@command.command("list")
@click.option("--task", "name", metavar="NAME", required=True)
@click.option("--labeler", "labelers", metavar="USER", multiple=True, help="By this person or model.")
@click.option("--status", "statuses", multiple=True, type=click.Choice([*Status.__members__]))
@click.option("--concept", "concept_names", metavar="NAME", multiple=True)
@click.option("--score", metavar="LOW:HIGH", help="With a score in this range.")
@click.option("--any/--all", "match_any", default=False, help="Match one kind of filter, or (default) each.")
@click.option("--order", type=click.Choice([one.value for one in Order]), default="input", show_default=True)
@click.option("--limit", type=click.IntRange(1), help="At most so many inputs.")
@listed(tell=_tell)
@click.pass_obj
def list_(
    project: Project, /, name: str, order: str, limit: int | None, **given: Any
) -> Iterable[dict[str, Any]]:
    """List what waits for your review in a task. A filter given twice matches either value."""
    from store import queues, tasks

    actor = project.open()
    task, wanted = tasks.find(name), _filter(**given)
    chosen: Sequence[int]
    if limit is None:
        chosen = queues.frozen(task, actor, wanted, Order(order))
    else:
        chosen = [place.input for place in queues.page(task, actor, wanted, Order(order), limit=limit)]
    return _waiting(task, chosen, set() if wanted.match_any else set(wanted.labelers))


def _filter(
    labelers: tuple[str, ...],
    statuses: tuple[str, ...],
    concept_names: tuple[str, ...],
    score: str | None,
    match_any: bool,
) -> Filter:
    from store import concepts, users

    low, high = (None, None) if score is None else _range(score)
    return Filter(
        labelers=[int(users.find(one).id) for one in labelers],
        statuses=[Status[one] for one in statuses],
        concepts=[int(concepts.find(one).id) for one in concept_names],
        low=low,
        high=high,
        match_any=match_any,
    )


def _range(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        return float(low or 0), float(high or 1)
    except ValueError:
        raise click.BadParameter("it is LOW:HIGH, such as 0.4:0.6", param_hint="--score") from None


def _waiting(task: Task, chosen: Iterable[int], labelers: set[int]) -> Iterator[dict[str, Any]]:
    """One row for each labeler of each input, or for these (ids) only."""
    from store import annotations, assignments
    from store.tables import Input, User
    from store.values import Side

    only = {User.get_by_id(one).name for one in labelers}
    for input_id in chosen:
        row = Input.get_by_id(input_id)
        said = annotations.of_input(row, task)
        works = assignments.on_input(task, Side.LABEL, input_id)
        names = {work.user.name for work in works if work.status == Status.AWAITING_REVIEW}
        names |= {one["annotator"] for one in said if one["status"] == Status.AWAITING_REVIEW.name}
        for name in sorted(names):
            if not only or name in only:
                theirs = [one for one in said if one["annotator"] == name]
                yield {"input": row.id, "path": row.path, "labeler": name, "annotations": theirs}


@command.command()
@click.option("--task", "name", metavar="NAME", required=True)
@listed("input", "path", "reviewer", "comment")
@click.pass_obj
def returned(project: Project, name: str) -> Iterable[dict[str, Any]]:
    """List what came back to you to be changed, and why."""
    from store import reviewing, tasks
    from store.tables import Input

    actor = project.open()
    return [
        {"input": one.input, "path": Input.get_by_id(one.input).path, **one.to_json()}
        for one in reviewing.returned(tasks.find(name), actor)
    ]


def _inputs(count: int) -> str:
    return f"{count} input{'s' if count != 1 else ''}"


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
        from store import inputs, reviewing, sweeps, tasks, users
        from store.errors import Refused
        from store.values import Verdict

        if bool(names) == everything:
            raise click.UsageError("name the inputs, or give --all")
        actor = project.open()
        of, by = tasks.find(task), None if labeler is None else users.find(labeler)
        chosen = reviewing.awaiting(actor, of, by) if everything else [inputs.find(one).id for one in names]
        if not chosen:
            raise Refused(f"nothing in '{of.name}' waits for your review")
        wanted = list(dict.fromkeys(chosen))
        if len(wanted) <= sweeps.PART:
            reviewing.decide(actor, of, wanted, Verdict(name), comment=comment, labeler=by)
            note(f"{past} {_inputs(len(wanted))}")
            return
        with progress(name) as tell:
            swept = sweeps.decide(
                actor,
                of,
                wanted,
                Verdict(name),
                comment=comment,
                labeler=by,
                tell=lambda done: tell(done, len(wanted)),
            )
        note(f"{past} {_inputs(len(swept.decided))}")
        if swept.left:
            note(f"{_inputs(len(swept.left))} not: no longer open for you")

    add: Callable[[Any], Any] = command.command(name, help=text)
    add(verb)


_verdict("approve", "approved", "Approve the work on inputs.")
_verdict("reject", "rejected", "Reject the work on inputs for good.")
_verdict("request-changes", "requested changes to", "Send inputs back to their labeler; --comment says why.")
