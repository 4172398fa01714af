"""`winnow input similar`: what looks like an input."""

from __future__ import annotations

import click

from store.cli import Project
from store.errors import Refused
from store.output import json_array, json_option, progress, table


@click.group()
def command() -> None:
    """The pictures and texts of the project."""


@command.command()
@click.argument("name", metavar="INPUT")
@click.option("--count", type=click.IntRange(1, 10_000), default=10, show_default=True, help="So many.")
@click.option("--dataset", metavar="NAME", help="Only those of this dataset.")
@click.option("--embedder", metavar="MODEL", default="efficientnet-lite0", show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@json_option
@click.pass_obj
def similar(
    project: Project, name: str, count: int, dataset: str | None, embedder: str, device: str, as_json: bool
) -> None:
    """List the pictures that look most like INPUT, by a model's embeddings; those it lacks are made first."""
    from engine import embedding
    from engine.similarity import Index
    from store import datasets, embeddings, inputs
    from store.tables import Input

    project.open()
    row = inputs.find(name)
    version = embeddings.find_embedder(embedder)
    if dataset is not None:
        ids = list(datasets.inputs(datasets.find(dataset)))
    else:
        ids = list(Input.select(Input.id).where(Input.deleted == False, Input.media == "image").scalars())
    with progress("embedding") as on_progress:
        again = f"winnow input similar {row.id}"
        for at in embeddings.make(version, [*ids, row.id], device=device, again=again):
            on_progress(at.total - at.waiting, at.total)
    _, own = embedding.vectors(version, [row.id])
    stored = embedding.kept(version)
    if stored is None or not len(own):
        why = "; ".join(embeddings.failures(version, [row.id])) or "it is no picture"
        raise Refused(f"{row.path} has no embedding: {why}")
    places = {key: place for key, place in embeddings.places(version, ids).items() if key != row.id}
    found = Index(stored, places).nearest(own[0], count)
    rows = [
        {"input": key, "path": Input.get_by_id(key).path, "similarity": round(cosine, 6)}
        for key, cosine in found
    ]
    if as_json:
        json_array(rows)
    else:
        table(("input", "path", "similarity"), ([*one.values()] for one in rows))
