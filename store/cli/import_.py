"""`winnow import`: annotations from other programs."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note


@click.command()
@click.argument("name", metavar="FORMAT")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="Put the inputs into this dataset; made if there is none.")
@click.pass_obj
def command(project: Project, name: str, source: Path, dataset: str | None) -> None:
    """Read annotations from SOURCE; FORMAT is jsonl. Their inputs are added when they lie beside SOURCE."""
    from store import exchange
    from store.errors import Refused

    actor = project.open()
    report = exchange.take_in(actor, name, source, dataset)
    for sentence in report.refused:
        note(f"skipped {sentence}")
    note(f"added {report.added} annotations, already here {report.here}, skipped {len(report.refused)}")
    if report.refused and not report.added and not report.here:
        raise Refused("nothing could be imported")
