"""The command line of many people at work: editing tasks, review queues, threads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from store import cli, jobs, models, predictions, running, sweeps, tasks
from store.bounds import thresholds as thresholds_of
from store.predictions import Router, Said
from store.tables import Step, Task, User
from tests.conftest import Project

Winnow = Callable[..., Any]

AUTO = ("--auto", "efficientnet-lite0", "--concept", "tabby")


@pytest.fixture
def winnow(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Winnow:
    """Runs a command line as somebody and gives its JSON or, without --json, its messages."""
    monkeypatch.chdir(project.folder)
    project.add_inputs(8)

    def run(user: str, *arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        found = cli.call(cli.winnow, ["--as", user, *arguments])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return json.loads(captured.out) if "--json" in arguments else captured.err + captured.out

    return run


def annotate(task: Task) -> None:
    tabby = models.concepts(task.auto)["tabby"].id
    for job in jobs.claim("engine", priorities=(0, 10), limit=9):
        said = {i: [Said(tabby, i / 10)] for i in range(1, 9)}
        predictions.keep(task.auto, said, 0.05)
        predictions.write_chunk(Router.of(task, thresholds_of(task)), job, "engine", said)


def test_a_task_is_edited_seen_and_paused(winnow: Winnow, project: Project) -> None:
    winnow(
        "olga",
        "task",
        "create",
        "t",
        "--auto",
        "efficientnet-lite0",
        "--concept",
        "tabby",
        "--reviewer",
        "bob",
    )
    task = tasks.find("t")
    running.start(project.owner, task)
    assert "paused 't'" in winnow("olga", "task", "pause", "t")
    assert winnow("olga", "task", "show", "t", "--json")["paused"] is True
    assert jobs.claim("engine", priorities=(0, 10)) == []
    winnow("olga", "task", "resume", "t")
    annotate(task)
    assert "AWAITING_REVIEW  SUCCESS            2" in winnow(
        "olga", "task", "edit", "t", "--upper", "0.7", "--dry-run"
    )
    assert thresholds_of(tasks.find("t")).popitem()[1].upper == 0.9
    said = winnow("olga", "task", "edit", "t", "--upper", "0.7", "--priority", "4", "--reviewer", "cid")
    assert "2 annotations go from AWAITING_REVIEW to SUCCESS" in said
    assert "cid was not in the project" in said and "4 open inputs went over" in said
    shown = winnow("olga", "task", "show", "t", "--json")
    assert shown["thresholds"] == {"tabby": [0.5, 0.7]} and shown["priority"] == 4
    assert [row["input"] for row in winnow("cid", "review", "list", "--task", "t", "--json")] == [5, 6]
    assert "undone" in winnow("olga", "undo")
    assert len(winnow("bob", "review", "list", "--task", "t", "--json")) == 4
    winnow("bob", "task", "edit", "t", "--name", "mine", code=1)
    winnow("olga", "task", "edit", "t", code=2)
    assert "cancelled 't'" in winnow("olga", "task", "cancel", "t")


def test_a_review_queue_is_filtered_and_ordered(winnow: Winnow, project: Project) -> None:
    winnow("olga", "task", "create", "t", "--auto", "efficientnet-lite0", "--concept", "tabby",
           "--reviewer", "bob", "--lower", "0.15", "--upper", "0.85")  # fmt: skip
    running.start(project.owner, tasks.find("t"))
    annotate(tasks.find("t"))

    def listed(*options: str) -> list[int]:
        rows = winnow("bob", "review", "list", "--task", "t", *options, "--json")
        return [row["input"] for row in rows]

    assert listed() == [2, 3, 4, 5, 6, 7, 8]
    assert listed("--order", "score") == [8, 7, 6, 5, 4, 3, 2]
    assert listed("--order", "uncertainty")[0] == 5
    assert listed("--score", "0.3:0.5", "--order", "score") == [5, 4, 3]
    assert listed("--limit", "2") == [2, 3]
    assert listed("--labeler", "efficientnet-lite0", "--status", "SUCCESS") == []
    assert listed("--labeler", "efficientnet-lite0", "--status", "SUCCESS", "--any") == listed()
    winnow("bob", "review", "list", "--task", "t", "--score", "0.9:0.1", code=1)
    winnow("bob", "review", "list", "--task", "t", "--score", "high", code=2)


def test_what_came_back_and_threads(winnow: Winnow) -> None:
    winnow("olga", "task", "create", "t", "--type", "classification", "--labeler", "ann", "--reviewer", "bob")
    winnow("ann", "annotation", "add", "1", "cat", "--task", "t")
    from store import submitting, users

    submitting.submit(users.find("ann"), tasks.find("t"), 1)
    winnow("bob", "review", "request-changes", "--task", "t", "1", "--comment", "a dog")
    (row,) = winnow("ann", "review", "returned", "--task", "t", "--json")
    assert (row["input"], row["reviewer"], row["comment"]) == (1, "bob", "a dog")
    winnow(
        "bob", "comment", "add", "1", "look at the ears", "--task", "t", "--region", '{"box": [0, 0, 1, 0.5]}'
    )
    (thread,) = winnow("ann", "comment", "list", "--task", "t", "--json")
    winnow("ann", "comment", "reply", str(thread["id"]), "I see")
    winnow("ann", "comment", "resolve", str(thread["id"]))
    assert winnow("ann", "comment", "list", "--task", "t", "--json") == []
    (thread,) = winnow("ann", "comment", "list", "1", "--task", "t", "--json")
    assert thread["resolved"] and [reply["text"] for reply in thread["replies"]] == ["I see"]
    assert thread["region"] == {"box": [0.0, 0.0, 1.0, 0.5]}
    assert "look at the ears" in winnow("ann", "comment", "list", "1", "--task", "t")


def test_a_verdict_on_very_many_is_given_in_parts_and_undone_as_one(
    winnow: Winnow, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    winnow("olga", "task", "create", "t", *AUTO, "--reviewer", "bob", "--reviewer", "cid")
    running.start(project.owner, tasks.find("t"))
    annotate(tasks.find("t"))
    monkeypatch.setattr(sweeps, "PART", 1)
    listed = ("review", "list", "--task", "t", "--json")
    waiting = [row["input"] for row in winnow("bob", *listed)]
    assert len(waiting) > 1
    everything = ("--task", "t", "--all")
    refused = winnow("bob", "review", "request-changes", *everything, "--comment", "no", code=1)
    assert "is a model and cannot change its labels" in refused
    assert [row["input"] for row in winnow("bob", *listed)] == waiting
    assert "say in a comment" in winnow("bob", "review", "request-changes", *everything, code=1)
    assert winnow("bob", "review", "approve", *everything) == f"approved {len(waiting)} inputs\n"
    assert winnow("bob", *listed) == []
    assert Step.select().join(User).where(User.name == "bob").count() == 1
    winnow("bob", "undo")
    assert [row["input"] for row in winnow("bob", *listed)] == waiting
