"""`winnow stats`: how much there is, and how people work."""

from __future__ import annotations

import click

from store.cli import Project
from store.output import fields, json_array, json_object, json_option, table


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Count inputs, tasks and annotations, by status, person and model; or see how people work."""
    from store import stats

    if context.invoked_subcommand is not None:
        return
    context.obj.open()
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


@command.command()
@click.option("--task", "name", metavar="NAME", required=True)
@json_option
@click.pass_obj
def agreement(project: Project, name: str, as_json: bool) -> None:
    """How alike people label where several answered: kappa, alpha, and how well boxes fit."""
    from store import measures, tasks

    project.open()
    found = measures.agreement(tasks.find(name))
    if as_json:
        json_object(found)
        return
    fields({key: found[key] for key in ("inputs", "fleiss", "krippendorff", "iou")})
    rows = ([*line["people"], line["inputs"], line["kappa"]] for line in found["cohen"])
    table(("person", "and", "inputs", "cohen"), rows)


@command.command()
@click.option("--task", "name", metavar="NAME", help="Only in this task.")
@json_option
@click.pass_obj
def pace(project: Project, name: str | None, as_json: bool) -> None:
    """What each person decided and how long it took; pauses over five minutes are not counted."""
    from store import measures, tasks

    project.open()
    rows = measures.pace(None if name is None else tasks.find(name))
    if as_json:
        json_array(rows)
    elif rows:
        table([key.replace("_", " ") for key in rows[0]], (list(row.values()) for row in rows))


@command.command()
@click.option("--task", "name", metavar="NAME", required=True)
@json_option
@click.pass_obj
def confusion(project: Project, name: str, as_json: bool) -> None:
    """What people say where others, or the model, say something else."""
    from store import measures, tasks

    project.open()
    rows = measures.confusion(tasks.find(name))
    if as_json:
        json_array(rows)
        return
    cells = ([row["between"], row["one"] or "-", row["other"] or "-", row["count"]] for row in rows)
    table(("between", "one", "other", "count"), cells)
