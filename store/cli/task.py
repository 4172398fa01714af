"""`winnow task`: batches of labeling and reviewing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from store.cli import Project
from store.output import fields, listed, note, progress, shown, table
from store.values import ReviewStrategy, Status, Strategy, TaskType

if TYPE_CHECKING:
    from store.rerouting import Preview

MOST_TROUBLES = 20
"""Inputs with errors that `run` names."""

TYPES = [one.value for one in TaskType]
STRATEGIES = [one.value for one in Strategy]
REVIEWS = [one.value for one in ReviewStrategy]
GOLD = "Mix in its inputs whose answers are known, unseen; 'winnow stats gold' tells how people do on them."
GOLD_SHARE = "Their part in each labeler's work, 0 to 1."
OWN_REVIEW = "Reviewers may review their own work where nobody else can; else only who is all alone."


@click.group()
def command() -> None:
    """The tasks of the project."""


def _tell_all(rows: Iterable[dict[str, Any]]) -> None:
    columns = ("name", "dataset", "type", "inputs", "labeling_status", "labeled_percent", "reviewed_percent")
    headers = ("name", "dataset", "type", "inputs", "labeling", "labeled %", "reviewed %", "label", "review")
    lines = ([*(row[column] for column in columns), row["to_label"], row["to_review"]] for row in rows)
    table(headers, lines)


@command.command("list")
@listed(tell=_tell_all)
@click.pass_obj
def list_(project: Project) -> Iterable[dict[str, Any]]:
    """List the tasks and how far they are."""
    from store.progress import summaries

    return [summary.to_json() for summary in summaries(project.open())]


def _tell(row: dict[str, Any]) -> None:
    bounds = [f"{name} {low:g}:{high:g}" for name, (low, high) in row["thresholds"].items()]
    fields({**row, "thresholds": bounds})


@command.command()
@click.argument("name")
@shown(_tell)
@click.pass_obj
def show(project: Project, name: str) -> dict[str, Any]:
    """Show a task with its thresholds and how far it is."""
    from store import tasks

    actor = project.open()
    return tasks.show(actor, tasks.find(name))


@command.command()
@click.argument("name")
@click.option("--dataset", metavar="D", help="Of this dataset; else of a new one with all inputs.")
@click.option("--type", "kind", type=click.Choice(TYPES), help="Needed unless a model says it.")
@click.option("--auto", metavar="MODEL", help="The model that annotates everything first.")
@click.option("--assist", metavar="MODEL", help="The model whose predictions labelers see.")
@click.option("--concept", "concepts", metavar="C", multiple=True, help="Else all that the model knows.")
@click.option("--lower", type=float, default=0.5, show_default=True, help="Below this score: dropped.")
@click.option("--upper", type=float, default=0.9, show_default=True, help="From this score on: approved.")
@click.option("--threshold", "thresholds", metavar="C=LOWER:UPPER", multiple=True, help="For one concept.")
@click.option("--labeler", "labelers", metavar="U", multiple=True, help="Who labels; else you.")
@click.option("--strategy", type=click.Choice(STRATEGIES), default="partitioned", show_default=True)
@click.option("--review", type=click.Choice(REVIEWS), help="Manual with reviewers or --auto, else none.")
@click.option("--reviewer", "reviewers", metavar="U", multiple=True, help="Who reviews; else you.")
@click.option("--stacked", is_flag=True, help="Every reviewer sees every input.")
@click.option(
    "--agree", default="2", show_default=True, help="Labelers that consensus needs, or such as 60%."
)
@click.option("--own-review/--no-own-review", default=None, help=OWN_REVIEW)
@click.option("--instructions", metavar="TEXT", default="", help="What labelers read.")
@click.option("--gold", metavar="DATASET", help=GOLD)
@click.option("--gold-share", type=float, default=0.05, show_default=True, help=GOLD_SHARE)
@click.pass_obj
def create(project: Project, /, kind: str | None, thresholds: tuple[str, ...], **options: Any) -> None:
    """Make a task and deal out its inputs."""
    from store import models, plans, tasks

    model = options["auto"] or options["assist"]
    if kind is None and model is None:
        raise click.UsageError("Missing option '--type'.")
    actor = project.open()
    bounds = dict(map(_threshold, thresholds))
    options |= _agree(options["agree"])
    plan = plans.Plan(type=kind or str(models.find(model).model.task), thresholds=bounds, **options)
    made = tasks.create(actor, plan)
    for joined in made.joined:
        note(f"{joined} was not in the project yet and is a labeler now")
    note(f"made the task '{made.task.name}'")
    if made.task.auto_id is not None:
        note(f"annotate it with: winnow task run '{made.task.name}'")


def _agree(text: str) -> dict[str, Any]:
    number = text.removesuffix("%")
    try:
        return {"agree_share": float(number) / 100, "agree": 2} if text != number else {"agree": int(text)}
    except ValueError:
        raise click.BadParameter("it is a number of labelers or a percentage", param_hint="--agree") from None


def _threshold(text: str) -> tuple[str, tuple[float, float]]:
    from store.errors import Refused

    concept, _, bounds = text.rpartition("=")
    lower, _, upper = bounds.partition(":")
    try:
        return concept, (float(lower), float(upper))
    except ValueError:
        raise Refused(f"a threshold is CONCEPT=LOWER:UPPER, such as dog=0.5:0.9, not '{text}'") from None


@command.command()
@click.argument("name")
@click.option("--name", "new_name", metavar="NEW", help="Its new name.")
@click.option("--instructions", metavar="TEXT", help="What labelers read.")
@click.option("--priority", type=int, help="Higher ones stand first in the list.")
@click.option("--archive/--unarchive", "archived", default=None, help="Put it away, or back.")
@click.option("--own-review/--no-own-review", default=None, help=OWN_REVIEW)
@click.option("--concept", "concepts", metavar="C", multiple=True, help="All its concepts from now on.")
@click.option("--lower", type=float, help="Below this score: dropped.")
@click.option("--upper", type=float, help="From this score on: approved.")
@click.option("--threshold", "thresholds", metavar="C=LOWER:UPPER", multiple=True, help="For one concept.")
@click.option("--labeler", "labelers", metavar="U", multiple=True, help="All who label from now on.")
@click.option("--weight", "weights", type=float, multiple=True, help="One for each labeler.")
@click.option("--reviewer", "reviewers", metavar="U", multiple=True, help="All who review from now on.")
@click.option("--gold", metavar="DATASET", help=f"{GOLD} '' for none any more.")
@click.option("--gold-share", type=float, help=GOLD_SHARE)
@click.option("--agree", help="Labelers that consensus needs from now on, or such as 60%.")
@click.option("--dry-run", is_flag=True, help="Only count the annotations that would move.")
@click.pass_obj
def edit(project: Project, /, name: str, dry_run: bool, thresholds: tuple[str, ...], **given: Any) -> None:
    """Change a task. What is decided stays; what nobody has begun is dealt out anew; annotations that
    nobody has touched follow new thresholds without running the model."""
    from store import editing, tasks

    changes = {key: value for key, value in given.items() if value not in (None, ())}
    changes |= {"thresholds": dict(map(_threshold, thresholds))} if thresholds else {}
    if "new_name" in changes:
        changes["name"] = changes.pop("new_name")
    if "agree" in changes:
        changes |= _agree(changes["agree"])
    if not changes:
        raise click.UsageError("say what to change, such as --name or --lower")
    actor = project.open()
    task = tasks.find(name)
    routed = {key: changes[key] for key in ("concepts", "lower", "upper", "thresholds") if key in changes}
    if routed:
        _say_moves(editing.preview(task, **routed), dry_run)
    if dry_run:
        return
    edited = editing.edit(actor, task, **changes)
    for joined in edited.joined:
        note(f"{joined} was not in the project yet and is a labeler now")
    if edited.moved:
        note(f"{edited.moved} open inputs went over to somebody else")
    if edited.needs_run:
        note(f"{edited.needs_run} inputs need the model again: winnow task run '{task.name}'")
    note(f"changed the task '{task.name}'")


def _say_moves(preview: Preview, dry_run: bool) -> None:
    """What new thresholds move: a table on stdout where nothing else is done, else messages."""
    rows = [
        (_band(was), _band(will), n)
        for (was, will), n in sorted(preview.moves.items(), key=lambda move: str(move))
    ]
    if dry_run:
        table(("from", "to", "annotations"), rows)
    for was, will, n in () if dry_run else rows:
        note(f"{n} annotations go from {was} to {will}")
    if preview.touched:
        note(f"{preview.touched} inputs stay as people decided")
    if dry_run and preview.needs_run:
        note(f"{preview.needs_run} inputs would need the model again: too few of their scores were kept")


def _band(status: Status | None) -> str:
    return "dropped" if status is None else status.name


def _run_verb(name: str, text: str, past: str) -> None:
    """Add a verb about the model's work on a task."""

    @click.argument("task", metavar="NAME")
    @click.pass_obj
    def verb(project: Project, task: str) -> None:
        from store import running, tasks

        act = {"pause": running.pause, "resume": running.resume, "cancel": running.cancel}[name]
        actor = project.open()
        given_up = act(actor, tasks.find(task))
        note(f"{past} '{task}'" + (f": {given_up} inputs were waiting" if given_up else ""))

    command.command(name, help=text)(verb)


_run_verb("pause", "Let the model begin nothing more on a task.", "paused")
_run_verb("resume", "Let the model go on with a task.", "resumed")
_run_verb("cancel", "Give up what waits for the model; what is annotated stays.", "cancelled")


@command.command()
@click.argument("name")
@click.pass_obj
def delete(project: Project, name: str) -> None:
    """Delete a task; undo brings it back."""
    from store import tasks

    actor = project.open()
    tasks.delete(actor, tasks.find(name))
    note(f"deleted the task '{name}'; 'winnow undo' brings it back")


@command.command()
@click.argument("name")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--delete-previous", is_flag=True, help="First delete what its model said and nobody touched.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def run(project: Project, name: str, device: str, delete_previous: bool, yes: bool) -> None:
    """Annotate a task's inputs with its model and wait until it is done; again to go on."""
    from store import jobs, running, supervise, tasks, troubles
    from store.errors import Refused
    from store.progress import summaries

    actor = project.open()
    task = tasks.find(name)
    if delete_previous:
        count = running.previous(actor, task)
        if count and not yes:
            click.confirm(
                f"delete {count} annotations that the model made and nobody touched?", abort=True, err=True
            )
        note(f"deleted {running.forget_previous(actor, task)} annotations")
    waiting = running.start(actor, task)
    with progress(f"annotating '{task.name}'") as on_progress:
        for at in supervise.run_task(task, waiting, device=device):
            on_progress(at.total - at.waiting, at.total)
    (summary,) = summaries(actor, task)
    annotated = waiting - min(waiting, summary.failed)
    note(f"annotated {annotated} inputs of '{task.name}', failed {summary.failed}")
    for trouble in troubles.listing(task, MOST_TROUBLES):
        note(f"  {trouble.path or 'a job'}: {trouble.sentence}")
    if summary.failed > MOST_TROUBLES:
        note(f"  and {summary.failed - MOST_TROUBLES} more: winnow task show '{task.name}' --json")
    failures = jobs.failures(task)
    if failures:
        raise Refused(f"some inputs could not be annotated: {'; '.join(failures)}")
