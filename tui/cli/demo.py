"""`winnow demo`: a project with pictures and tasks to try everything on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from store.tables import Task, User


@click.command()
@click.argument("folder", metavar="[DIR]", default="winnow-demo", type=click.Path(path_type=Path))
@click.option("--no-tui", is_flag=True, help="Do it all here with a progress bar, then say what was made.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="For models.",
)
@click.pass_obj
def command(project: Any, folder: Path, no_tui: bool, device: str) -> int:
    """Make a project in DIR (./winnow-demo) from the pictures that ship, and open the app on it.

    Again, it goes on where it was; nothing is made twice.
    """
    from store import users
    from store.demo import project as demo
    from store.output import note, progress

    if project.store is not None:
        raise click.UsageError("demo makes winnow.db in DIR: leave --store out")
    if not no_tui:
        from tui.opening import require_terminal

        require_terminal()
    if demo.open_or_create(folder, users.own_name(project.user)):
        note(f"made a project in {folder}")
    actor = users.current(project.user)
    with progress("adding photos") as on_progress:
        made = demo.fill(actor, folder, on_progress)
    if no_tui:
        _annotate(actor, made, device)
        _tell(actor, made, folder)
        return 0
    demo.start(actor, made)
    return _open(actor, device)


def _open(actor: User, device: str) -> int:
    from tui.opening import open_app
    from tui.places import HOME

    return open_app(actor, first=HOME, device=device)


def _annotate(actor: User, made: list[Task], device: str) -> None:
    from store import supervise
    from store.demo import project as demo
    from store.output import progress

    for task, waiting in demo.start(actor, made):
        with progress(f"annotating {task.name}") as on_progress:
            for at in supervise.run_task(task, waiting, device=device):
                on_progress(at.total - at.waiting, at.total)


def _tell(actor: User, made: list[Task], folder: Path) -> None:
    from store import progress
    from store.demo import project as demo
    from store.output import note, table
    from store.values import Status

    rows = []
    for task in reversed(made):
        (summary,) = progress.summaries(actor, task)
        counted = demo.annotations_by_status(task)
        said = [counted.get(status, 0) for status in (Status.SUCCESS, Status.AWAITING_REVIEW)]
        rows.append([summary.name, summary.type, summary.inputs, *said, summary.to_label, summary.to_review])
    table(("task", "type", "inputs", "success", "awaiting review", "you can label", "you can review"), rows)
    note("")
    note("Next:")
    note(f"  cd {folder}")
    winnow = "uv run winnow" if "UV" in os.environ else "winnow"
    for arguments, what in _NEXT:
        note(f"  {winnow + arguments:<46}{what}")


_NEXT = (
    ("", "open the app"),
    (" annotation list --task animals", "what the model said"),
    (" review list --task animals", "what it was not sure of"),
)
