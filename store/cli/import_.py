"""`winnow import`: annotations from other programs."""

from __future__ import annotations

from pathlib import Path

import click

from store.cli import Project
from store.output import note, progress


@click.command()
@click.argument("name", metavar="FORMAT")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="Put the inputs into this dataset; made if there is none.")
@click.option(
    "--pictures",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the pictures lie, if not beside SOURCE.",
)
@click.pass_obj
def command(project: Project, name: str, source: Path, dataset: str | None, pictures: Path | None) -> None:
    """Read annotations from SOURCE, a file or a folder.

    FORMAT is one of those that the README lists; a wrong one is answered with all of them. Inputs that lie
    beside SOURCE are added; others are known by their content, their path or their name.
    """
    from store import exchange
    from store.errors import Refused
    from store.exchange import MOST_SENTENCES

    actor = project.open()
    with progress("import") as told:
        report = exchange.take_in(actor, name, source, dataset, pictures=pictures, on_progress=told)
    for sentence in report.sentences:
        note(f"skipped {sentence}")
    if report.refused > len(report.sentences):
        note(f"skipped {report.refused - len(report.sentences)} more")
    for remark, count in sorted(report.remarks.items()):
        note(f"{count} {remark}")
    files = report.inputs
    if files.added or files.here or files.duplicates:
        note(f"inputs: added {len(files.added)}, already here {len(files.here) + len(files.duplicates)}")
    for path, sentence in files.broken[:MOST_SENTENCES]:
        note(f"skipped {path}: {sentence}")
    note(f"added {report.added} annotations, already here {report.here}, skipped {report.refused}")
    if report.refused and not report.added and not report.here:
        raise Refused("nothing could be imported")
