"""`winnow model predict`: what a model says of inputs or files, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from store.cli import Project
from store.errors import NotFound, Refused
from store.output import json_array, json_option, note, table


@click.group()
def command() -> None:
    """The models that are installed."""


@command.command()
@click.argument("name", metavar="MODEL")
@click.argument("targets", metavar="INPUT|FILE...", nargs=-1, required=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@json_option
@click.pass_obj
def predict(project: Project, name: str, targets: tuple[str, ...], device: str, as_json: bool) -> None:
    """Say what a model predicts for inputs of the project or for any files; writes nothing."""
    from store import models

    project.open()
    version = models.find(name)
    failed: list[Path] = []
    rows = _predictions(version, [_target(target) for target in targets], device, failed)
    if as_json:
        json_array(rows)
    else:
        columns = ("path", "concept", "score", "region")
        table(columns, ([row[column] for column in columns] for row in rows))
    if failed:
        raise Refused(f"{len(failed)} of {len(targets)} could not be looked at")


def _target(token: str) -> tuple[int | None, Path]:
    """An input's id and file, or no id and a file of the disk."""
    from store import inputs

    try:
        row = inputs.find(token)
    except NotFound:
        if not Path(token).is_file():
            raise
        return None, Path(token)
    return int(row.id), inputs.absolute(row)


def _predictions(
    version: Any, targets: list[tuple[int | None, Path]], device: str, failed: list[Path]
) -> Iterator[dict[str, Any]]:
    from engine.batching import predict_many
    from engine.device import choose
    from engine.opening import Models
    from engine.session import cpu_count
    from engine.work import Listener
    from store.tables import Concept

    listener = Listener(version)
    predictor = Models(choose(device)).predictor(version)
    answers = predict_many(enumerate(path for _, path in targets), predictor, threads=cpu_count())
    for number, answer in answers:
        input_id, path = targets[number]
        if not isinstance(answer, list):
            note(f"{path}: {answer}")
            failed.append(path)
            continue
        said, _ = listener.hear(answer, {})
        for one in said:
            yield {
                "input": input_id,
                "path": str(path),
                "concept": Concept.get_by_id(one.concept).name,
                "score": one.score,
                "region": one.region and one.region.to_json(),
                "model": version.model.name,
            }
