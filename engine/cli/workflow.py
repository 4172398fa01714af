"""`winnow workflow run`: a workflow over inputs, or a dry run that writes nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from store.cli import Project
from store.errors import NotFound, Refused
from store.output import json_array, json_option, note, progress, table


@click.group()
def command() -> None:
    """Graphs of models, thresholders and annotation writers, as YAML."""


@command.command()
@click.argument("name", metavar="WORKFLOW")
@click.argument("targets", metavar="[INPUT|FILE...]", nargs=-1)
@click.option("--dataset", metavar="NAME", help="Only the inputs of this dataset.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what each node passed on of the targets.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@json_option
@click.pass_obj
def run(
    project: Project,
    name: str,
    targets: tuple[str, ...],
    dataset: str | None,
    dry_run: bool,
    device: str,
    as_json: bool,
) -> None:
    """Run a workflow over all inputs or a dataset's, and write what its annotation writers get.

    With --dry-run it looks at the named inputs of the project, or any files, and writes nothing.
    """
    if dry_run != bool(targets):
        raise click.UsageError("name inputs or files together with --dry-run, and only then")
    if as_json and not dry_run:
        raise click.UsageError("--json is for what a dry run shows")
    if dry_run:
        _dry_run(project, name, targets, device, as_json)
    else:
        _run(project, name, dataset, device)


def _run(project: Project, name: str, dataset: str | None, device: str) -> None:
    from store import datasets, supervise, workflow_runs, workflows

    actor = project.open()
    row = workflows.find(name)
    count = workflow_runs.start(actor, row, None if dataset is None else datasets.find(dataset))
    again = f"winnow workflow run {row.name}"
    with progress(f"running '{row.name}'") as on_progress:
        waiting = workflow_runs.waiting(row)
        for at in supervise.run(lambda: workflow_runs.waiting(row), waiting, device=device, again=again):
            on_progress(at.total - at.waiting, at.total)
    note(f"'{row.name}' looked at {count} inputs")
    failures = workflow_runs.failures(row)
    if failures:
        raise Refused(f"some inputs could not be looked at: {'; '.join(failures)}")


def _dry_run(project: Project, name: str, targets: tuple[str, ...], device: str, as_json: bool) -> None:
    from engine.device import choose
    from engine.opening import Models
    from engine.workflow import WorkflowPredictor
    from store import workflows
    from store.graphs.drawing import draw
    from store.media import MediaError

    project.open()
    predictor = Models(choose(device)).predictor(workflows.current(workflows.find(name)))
    assert isinstance(predictor, WorkflowPredictor)
    rows: list[dict[str, Any]] = []
    passed_on: Counter[str] = Counter()
    failed = 0
    for target in targets:
        path = _file(target)
        try:
            (passed,) = predictor.follow([predictor.prepare(path)])
        except MediaError as error:
            note(f"{path}: {error}")
            failed += 1
            continue
        for node, flow in passed.items():
            passed_on[node] += len(flow.findings)
            rows += [_row(path, node, finding) for finding in flow.findings]
    if as_json:
        json_array(rows)
    else:
        columns = ("path", "node", "concept", "score", "region")
        table(columns, ([row[column] for column in columns] for row in rows))
        notes = {node.id: f"{passed_on[node.id]} passed on" for node in predictor.graph}
        for line in draw(predictor.graph, notes):
            note(line)
    if failed:
        raise Refused(f"{failed} of {len(targets)} could not be looked at")


def _row(path: Path, node: str, finding: Any) -> dict[str, Any]:
    region = finding.region and finding.region.to_json()
    return {
        "path": str(path),
        "node": node,
        "concept": finding.concept,
        "score": finding.score,
        "region": region,
    }


def _file(token: str) -> Path:
    """An input's file, or a file of the disk."""
    from store import inputs

    try:
        return inputs.absolute(inputs.find(token))
    except NotFound:
        if not Path(token).is_file():
            raise
        return Path(token)
