"""`winnow train`: a model that learns from what people labeled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.cli import Project
from store.errors import Refused
from store.output import json_object, json_option, note, progress, table

if TYPE_CHECKING:
    from engine.training import Trained
    from store.tables import Training


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--concept", "concepts", metavar="NAME", multiple=True, help="One to learn; give it often.")
@click.option("--dataset", metavar="NAME", help="Learn only from this dataset's inputs.")
@click.option("--embedder", metavar="MODEL", default="efficientnet-lite0", show_default=True,
              help="The model whose embeddings it learns on.")  # fmt: skip
@click.option("--single-label", is_flag=True, help="Each input shows exactly one of the concepts.")
@click.option(
    "--every", type=click.IntRange(0), metavar="N", help="Learn again by itself after N decisions; 0: never."
)
@click.option("--seed", type=int, default=0, show_default=True, help="What is held out when.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@json_option
@click.pass_obj
def command(
    project: Project,
    name: str,
    concepts: tuple[str, ...],
    dataset: str | None,
    embedder: str,
    single_label: bool,
    every: int | None,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Train the model NAME on what was labeled; a new version of it where there is one.

    It learns from SUCCESS annotations that people made or approved. Without --concept it learns as it did
    the last time. An input on which nothing was said of a concept counts as not showing it only where a
    person's work on it is done in a task that asks for it, or with --single-label where it shows another.

    With --every the engine trains it again by itself; tasks that it assists use the new version at once.
    """
    from engine.training import train
    from store import embeddings, training

    actor = project.open()
    if concepts:
        plan = training.Plan(name, concepts, dataset, embedder, single_label, seed, every)
        row = training.remember(actor, plan)
    else:
        row = training.again(actor, name, every)
    event = training.last_event()
    known = training.examples(row)
    try:
        training.require_enough(known)
    except Refused as error:
        later = f"; it learns by itself after {row.every} new decisions" if row.every else ""
        raise Refused(f"{error}{later}") from None
    version = embeddings.find_embedder(row.embedder)
    ids = training.inputs_of(known)
    with progress("embedding") as on_progress:
        for at in embeddings.make(version, ids, device=device, again=f"winnow train {name}"):
            on_progress(at.total - at.waiting, at.total)
    for problem in embeddings.failures(version, ids):
        note(f"not learned from: {problem}")
    note(f"learning {len(known)} concepts")
    trained = train(row, known, event)
    if as_json:
        json_object(_described(row, trained))
    else:
        _show(row, trained)


def _described(row: Training, trained: Trained) -> dict[str, Any]:
    metrics = trained.metrics
    return {
        "model": row.name,
        "version": trained.version.number,
        "is_new": trained.is_new,
        "inputs": trained.inputs,
        "seconds": round(trained.seconds, 3),
        "embedder": row.embedder,
        "every": row.every,
        "average_precision": metrics["average_precision"],
        "metrics": metrics["concepts"],
        "confusion": metrics["confusion"],
    }


def _show(row: Training, trained: Trained) -> None:
    what = "is" if trained.is_new else "stays at"
    number, seconds = trained.version.number, trained.seconds
    note(f"'{row.name}' {what} version {number}, learned from {trained.inputs} inputs in {seconds:.1f} s")
    columns = ("positive", "negative", "precision", "recall", "average_precision")
    rows = ([name, *(one[column] for column in columns)] for name, one in trained.metrics["concepts"].items())
    table(("concept", *columns), rows)
    if row.every:
        note(f"the engine trains it again after every {row.every} new decisions")
