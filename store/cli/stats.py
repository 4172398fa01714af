"""`winnow stats`: how much there is, and how people work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from store.cli import Project
from store.output import fields, json_object, json_option, listed, shown, table

task_option = click.option("--task", "name", metavar="NAME", required=True, help="In this task.")
person_option = click.option("--person", metavar="USER", help="Only what this person has a part in.")


@click.group(invoke_without_command=True)
@click.option("--task", "name", metavar="NAME", help="All about this task; without it, the whole project.")
@person_option
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, person: str | None, as_json: bool) -> None:
    """Count inputs, tasks and annotations, by status, person and model; or see how people work."""
    if context.invoked_subcommand is not None:
        return
    if person is not None and name is None:
        raise click.UsageError("--person needs a --task")
    from store import stats, tasks, users

    context.obj.open()
    if name is None:
        _tell_project(stats.summary(), as_json)
        return
    found = stats.of_task(tasks.find(name), None if person is None else users.find(person))
    if as_json:
        json_object(found)
    else:
        _tell_task(found)


def _tell_project(counted: dict[str, Any], as_json: bool) -> None:
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


def _tell_task(found: dict[str, Any]) -> None:
    fields({"task": found["task"], **found["statuses"]})
    for tell, what in (
        (_tell_concepts, found["concepts"]),
        (_tell_people, found["people"]),
        (_tell_agreement, found["agreement"]),
        (_tell_confusion, found["confusion"]),
        (_tell_scores, found["scores"]),
    ):
        if what:
            click.echo()
            tell(what)


def _tell_concepts(rows: list[dict[str, Any]]) -> None:
    table(("concept", "there", "not there"), (list(row.values()) for row in rows))


def _tell_people(rows: list[dict[str, Any]]) -> None:
    if rows:
        table([key.replace("_", " ") for key in rows[0]], (list(row.values()) for row in rows))


def _tell_agreement(found: dict[str, Any]) -> None:
    fields({name: found[name] for name in ("inputs", "fleiss", "krippendorff", "iou")})
    rows = ([*line["people"], line["inputs"], line["kappa"]] for line in found["cohen"])
    table(("person", "and", "inputs", "cohen"), rows)


def _tell_confusion(rows: list[dict[str, Any]]) -> None:
    cells = ([row["between"], row["one"] or "-", row["other"] or "-", row["count"]] for row in rows)
    table(("between", "one", "other", "count"), cells)


def _tell_scores(found: dict[str, Any]) -> None:
    fields({key: found[key] for key in ("model", "version", "lower", "upper")} | found["bands"])
    table(("from", "to", "predictions"), (list(line.values()) for line in found["bins"]))


@command.command()
@task_option
@shown(_tell_agreement)
@click.pass_obj
def agreement(project: Project, name: str) -> dict[str, Any]:
    """How alike people label where several answered: kappa, alpha, and how well boxes fit."""
    from store import comparison, tasks

    project.open()
    return comparison.of_task(tasks.find(name)).agreement()


@command.command()
@click.option("--task", "name", metavar="NAME", help="Only in this task.")
@listed(tell=_tell_people)
@click.pass_obj
def pace(project: Project, name: str | None) -> Iterable[dict[str, Any]]:
    """What each person decided and how long it took; pauses over five minutes are not counted."""
    from store import decisions, tasks

    project.open()
    return decisions.of_task(None if name is None else tasks.find(name)).people()


@command.command("over-time")
@click.option("--task", "name", metavar="NAME", help="Only in this task.")
@listed("start", "hours", "name", "decisions")
@click.pass_obj
def over_time(project: Project, name: str | None) -> Iterable[dict[str, Any]]:
    """How many decisions each person made in each hour; by day after more than three days."""
    from store import decisions, tasks

    project.open()
    return decisions.of_task(None if name is None else tasks.find(name)).over_time()


@command.command()
@task_option
@person_option
@listed(tell=_tell_confusion)
@click.pass_obj
def confusion(project: Project, name: str, person: str | None) -> Iterable[dict[str, Any]]:
    """What people say where others, or the model, say something else."""
    from store import comparison, tasks, users

    project.open()
    whose = None if person is None else users.find(person)
    return comparison.of_task(tasks.find(name)).confusion(whose)


@command.command()
@task_option
@shown(_tell_scores)
@click.pass_obj
def scores(project: Project, name: str) -> dict[str, Any]:
    """How the scores of a task's predictions spread, and how many lie on each side of its thresholds."""
    from store import scores, tasks
    from store.errors import Refused

    project.open()
    found = scores.of_task(tasks.find(name)).histogram()
    if found is None:
        raise Refused(f"the task '{name}' has no model, so nothing has a score")
    return found


def _tell_gold(rows: Iterable[dict[str, Any]]) -> None:
    cells = ([row["name"], row["answered"], row["right"], f"{row['accuracy']:.0%}"] for row in rows)
    table(("name", "answered", "right", "accuracy"), cells)


@command.command()
@task_option
@listed(tell=_tell_gold)
@click.pass_obj
def gold(project: Project, name: str) -> Iterable[dict[str, Any]]:
    """How people do on inputs whose right answer is known; for owners and leads."""
    from store import tasks
    from store.gold import accuracy

    return accuracy(project.open(), tasks.find(name))
