"""`winnow add`: put files into the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.cli import Project
from store.output import note, progress

if TYPE_CHECKING:
    from store.adding import Report


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="Put them into this dataset too; made if there is none.")
@click.pass_obj
def command(project: Project, paths: tuple[Path, ...], dataset: str | None) -> None:
    """Add pictures and texts; folders with all that lies below them."""
    from store import adding
    from store.errors import Refused

    actor = project.open()
    with progress("adding") as on_progress:
        report = adding.add(actor, paths, dataset, on_progress=on_progress)
    _tell(report)
    taken = report.added or report.here or report.changed or report.moved or report.duplicates
    if report.broken and not taken:
        raise Refused("nothing could be added")


def _tell(report: Report) -> None:
    for path, reason in report.broken:
        note(f"skipped {_short(path)}: {reason}")
    for path, twin in report.duplicates:
        note(f"duplicate {_short(path)} has the same content as {_short(twin)}")
    for new, old in report.moved:
        note(f"moved {_short(old)} is at {_short(new)} now")
    for path in report.changed:
        note(f"changed {_short(path)} has other content than when it was added")
    counts = {
        "added": len(report.added),
        "already here": len(report.here),
        "changed": len(report.changed),
        "moved": len(report.moved),
        "duplicates": len(report.duplicates),
        "broken": len(report.broken),
        "other files passed over": report.ignored,
    }
    note(", ".join(f"{name} {n}" for name, n in counts.items() if n or name == "added"))


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
