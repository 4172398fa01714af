"""`winnow open`: the app, at a task if one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tui.places import Place


@click.command()
@click.argument("task", required=False)
@click.option("--label", "side", flag_value="label", help="Open TASK for labeling (the default with a TASK).")
@click.option("--review", "side", flag_value="review", help="Open TASK for reviewing.")
@click.option(
    "--device", default="auto", show_default=True, help="Where a started engine runs: cpu, cuda, auto."
)
@click.pass_obj
def command(project: Any, task: str | None, side: str | None, device: str) -> int:
    """Open the app where you left it, or at TASK."""
    from store import database
    from tui.opening import make_haste, open_app, require_terminal

    if side is not None and task is None:
        raise click.UsageError(f"--{side} needs a TASK")
    require_terminal()
    make_haste()
    actor = project.open()
    database.require_writable()
    return open_app(actor, first=_place(task, side), device=device)


def _place(token: str | None, side: str | None) -> Place | None:
    if token is None:
        return None
    from store import tasks
    from tui.places import Place

    return Place(side or "label", str(tasks.find(token).uid))
