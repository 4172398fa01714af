"""`winnow model add`: bring a model. `winnow model predict`: what one says, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from store.cli import Project
from store.errors import NotFound, Refused
from store.output import json_array, json_object, json_option, note, table


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


@command.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.onnx|hf:ORG/NAME")
@click.option("--name", help="What to call it; otherwise after the file.")
@click.option("--labels", type=click.Path(path_type=Path), metavar="FILE", help="Concepts, one a line.")
@click.option(
    "--family", type=click.Choice(["classify", "detect", "instances", "segment"]), help="What it does."
)
@click.option("--layout", type=click.Choice(["boxes", "yolo", "rows", "detr"]), help="What a detector gives.")
@click.option(
    "--size", type=click.IntRange(1, 4096), help="Side of its pictures where the file leaves it open."
)
@click.option("--resize", type=click.Choice(["short-side", "stretch", "letterbox"]))
@click.option("--filter", "filter_", type=click.Choice(["bicubic", "bilinear"]))
@click.option(
    "--scale", type=click.Choice(["0..1", "0..255", "-1..1", "imagenet"]), help="Its pixels' numbers."
)
@click.option(
    "--activation", type=click.Choice(["none", "softmax", "sigmoid"]), help="What makes its scores."
)
@click.option("--first-concept", type=click.IntRange(0, 1), help="The number of the first concept.")
@click.option("--corners", type=click.Choice(["xyxy", "yxyx", "cxcywh"]), help="What a box's numbers are.")
@click.option("--unit", type=click.Choice(["square", "pixels"]), help="Whether boxes are in 0..1 or pixels.")
@click.option("--licence", help="Of its weights, as SPDX names it.")
@json_option
@click.pass_obj
def add(
    project: Project,
    /,
    file: Path,
    name: str | None,
    labels: Path | None,
    filter_: str | None,
    as_json: bool,
    **told: Any,
) -> None:
    """Add an ONNX file as a model of this project: says what it guessed, and tries it once."""
    from engine import hub
    from engine.adding import add as add_model
    from engine.adding import labels_in
    from engine.guessing import Told
    from store import models

    user = project.open()
    names = labels_in(labels) if labels else None
    with TemporaryDirectory(prefix="winnow-hub-") as folder:
        if str(file).startswith(hub.PREFIX):
            fetched = hub.fetch(str(file), Path(folder))
            told["licence"] = told["licence"] or fetched.licence
            file, name = fetched.path, name or fetched.name.lower()
        added = add_model(user, file, name, Told(labels=names, filter=filter_, **told))
    for guessed in added.notes:
        note(f"guessed {guessed}")
    note(added.trial)
    if as_json:
        json_object(models.show(added.version))
    else:
        note(f"added the model '{added.version.model.name}', version {added.version.number}")


@command.command()
@click.argument("words", nargs=-1, required=True)
@json_option
@click.pass_obj
def search(project: Project, words: tuple[str, ...], as_json: bool) -> None:
    """Look for models among those of this project and on the Hugging Face Hub."""
    from engine import hub
    from store import models

    project.open()
    rows = models.matching(words)
    try:
        rows += hub.search(" ".join(words))
    except Refused as error:
        note(str(error))
    if as_json:
        json_array(rows)
    else:
        columns = ("name", "type", "size", "licence", "downloads")
        table(columns, ([row[column] for column in columns] for row in rows))


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
