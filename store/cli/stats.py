"""`winnow stats`: how much there is."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import fields, json_object, json_option, table


@click.command()
@json_option
@click.pass_obj
def command(project: Project, as_json: bool) -> None:
    """Count inputs, tasks and annotations, by status, person and model."""
    from store import stats

    project.open()
    counted = stats.summary()
    if as_json:
        json_object(counted)
        return
    fields({name: counted[name] for name in ("inputs", "datasets", "concepts", "tasks", "annotations")})
    lines = [("all", "", counted["annotations"], counted["statuses"])]
    for kind in ("people", "models"):
        lines += [(kind, line["name"], line["annotations"], line["statuses"]) for line in counted[kind]]
    table(
        ("by", "name", "annotations", "statuses"),
        ([by, name, n, [f"{status} {m}" for status, m in held.items()]] for by, name, n, held in lines),
    )
