"""The command line: names, exit codes, what goes to stdout and stderr, and bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from store import adding, cli, database, inputs, labeling, plans, tasks
from store.tables import database as connection
from tests.conftest import Project
from tests.pictures import picture

LIST_KEYS = {
    "task": "name dataset type concepts labelers reviewers inputs labeling_status labeled_percent "
    "reviewed_percent",
    "input": "id path",
    "model": "name version type",
    "user": "name role",
    "dataset": "name inputs",
    "concept": "name relations",
    "annotation": "id input path concept value status score region annotator task created_at",
}


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Winnow = Callable[..., Result]


@pytest.fixture
def winnow(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Winnow:
    """Runs a command line in the project's folder as olga, in this process."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("WINNOW_USER", "olga")

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        code = cli.call(cli.winnow, list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def pictures(project: Project) -> list[int]:
    """Six inputs with files."""
    for number in range(6):
        picture(project.folder / "pictures" / f"{number}.png", number)
    adding.add(project.owner, [project.folder])
    return [row["id"] for row in inputs.listing()]


def test_from_files_to_an_export(winnow: Winnow, project: Project) -> None:
    for number in range(6):
        picture(project.folder / "pictures" / f"{number}.png", number)
    assert winnow("add", "pictures", "--dataset", "d").err == "added 6\n"
    made = winnow(
        *[
            "task",
            "create",
            "t",
            "--dataset",
            "d",
            "--type",
            "classification",
            "--concept",
            "cat",
            "--labeler",
            "olga",
        ],
        *["--reviewer", "anna", "--reviewer", "olga", "--instructions", "look"],
    )
    assert made.code == 0 and "anna was not in the project yet and is a labeler now" in made.err
    assert winnow("annotation", "add", "pictures/2.png", "cat", "--task", "t").code == 0
    (annotation,) = winnow("annotation", "list", "--json").json
    assert (annotation["path"], annotation["status"], annotation["value"]) == ("pictures/2.png", "PENDING", 1)
    assert winnow("export", "jsonl", "out.jsonl", "--task", "t").code == 0
    assert len((project.folder / "out.jsonl").read_text().splitlines()) == 1
    assert winnow("annotation", "remove", str(annotation["id"])).code == 0
    assert winnow("annotation", "list", "--json").out == "[]\n"
    assert winnow("undo").err.startswith("undone: take back cat")
    assert winnow("redo").code == 0


def test_reviewing_by_command(winnow: Winnow, project: Project, pictures: list[int]) -> None:
    plan = plans.Plan("t", "classification", concepts=["cat"], labelers=["anna"], reviewers=["olga"])
    tasks.create(project.owner, plan)
    from store import labeling, submitting, users

    anna, task = users.current("anna"), tasks.find("t")
    for input_id in pictures:
        labeling.add(anna, task, input_id, "cat")
        submitting.submit(anna, task, input_id)
    waiting = winnow("review", "list", "--task", "t", "--json").json
    assert [row["input"] for row in waiting] == pictures
    assert set(waiting[0]) == {"input", "path", "labeler", "annotations"}
    assert (waiting[0]["labeler"], waiting[0]["annotations"][0]["concept"]) == ("anna", "cat")
    assert winnow("review", "approve", "--task", "t", "0.png", "1.png").err == "approved 2 inputs\n"
    assert winnow("review", "request-changes", "--task", "t", "2.png").code == 1
    assert winnow("review", "request-changes", "--task", "t", "2.png", "--comment", "why?").code == 0
    assert (
        winnow("review", "reject", "--task", "t", "--labeler", "anna", "--all").err == "rejected 3 inputs\n"
    )
    assert winnow("review", "reject", "--task", "t", "--all").code == 1
    assert winnow("review", "approve", "--task", "t", "0.png").code == 1, "it is no longer open"
    statuses = [row["status"] for row in winnow("annotation", "list", "--json").json]
    assert statuses == ["SUCCESS"] * 2 + ["PENDING"] + ["REVIEW_DENIED"] * 3
    assert winnow("review", "approve", "--task", "t").code == 2
    assert winnow("review", "approve", "--task", "t", "0.png", "--all").code == 2


@pytest.mark.parametrize("noun", LIST_KEYS)
def test_lists_are_json_and_nothing_else(winnow: Winnow, pictures: list[int], noun: str) -> None:
    winnow("task", "create", "t", "--type", "classification", "--concept", "cat")
    winnow("annotation", "add", "0.png", "cat", "--task", "t")
    result = winnow(noun, "list", "--json")
    assert (result.code, result.err) == (0, "")
    assert set(LIST_KEYS[noun].split()) <= set(result.json[0])
    if noun == "annotation":
        assert list(result.json[0]) == LIST_KEYS[noun].split()
    shown = winnow(noun, "list")
    assert (shown.code, len(shown.out.splitlines())) == (0, len(result.json) + 1)


def test_shows_are_objects(winnow: Winnow, pictures: list[int]) -> None:
    winnow(
        *["task", "create", "t", "--auto", "efficientnet-lite0", "--concept", "tabby", "--concept", "jay"],
        *["--threshold", "jay=0.1:0.2"],
    )
    shown = winnow("task", "show", "t", "--json").json
    assert shown["thresholds"] == {"tabby": [0.5, 0.9], "jay": [0.1, 0.2]}
    assert (shown["auto"], shown["type"], shown["review"]) == (
        "efficientnet-lite0",
        "classification",
        "manual",
    )
    assert winnow("input", "show", "0.png", "--json").json["width"] == 8
    assert len(winnow("model", "show", "efficientdet-lite0", "--json").json["concepts"]) == 80
    for command in (["task", "show", "t"], ["input", "show", "1"], ["model", "show", "mobilenet-v2"]):
        assert winnow(*command).code == 0
    assert winnow("stats", "--json").json["inputs"] == 6
    assert winnow("stats").code == 0
    assert winnow("history", "--limit", "3", "--json").json[0]["user"] == "olga"
    assert len(winnow("history").out.splitlines()) > 6


def test_people_concepts_datasets_and_tasks_by_command(winnow: Winnow, pictures: list[int]) -> None:
    assert winnow("user", "add", "anna", "--role", "lead").err == "anna is lead here\n"
    assert winnow("--as", "anna", "dataset", "create", "d", "0.png", "2").code == 0
    assert winnow("dataset", "create", "all", "--all").err.endswith("6 inputs\n")
    assert winnow("dataset", "create", "x", "0.png", "--all").code == 2
    assert winnow("concept", "add", "cat", "tabby").code == 0
    assert winnow("concept", "relate", "tabby", "hyponym", "cat").code == 0
    assert winnow("concept", "rename", "cat", "Katze").err == "'cat' is called 'Katze' now\n"
    assert winnow("task", "create", "t", "--type", "classification").code == 0
    assert winnow("task", "edit", "t", "--name", "u").code == 0
    assert winnow("task", "edit", "u").code == 2
    assert winnow("task", "delete", "u").code == 0
    assert winnow("task", "list", "--json").out == "[]\n"
    assert winnow("input", "delete", "0.png", "1").err.startswith("deleted 1 ")
    assert winnow("user", "remove", "anna").code == 0
    assert winnow("--as", "anna", "task", "list").code == 1


REFUSED = {
    "an unknown model": ("task create t --auto efficientnet", "did you mean 'efficientnet-lite0'"),
    "an unknown concept": (
        "task create t --auto efficientnet-lite0 --concept goldfisch",
        "does not know the concept 'goldfisch': it has 'goldfish'",
    ),
    "thresholds the wrong way round": (
        "task create t --auto efficientnet-lite0 --concept jay --lower 0.9 --upper 0.5",
        "swap them",
    ),
    "a threshold that is no number": ("task create t --type text --lower nan", "between 0 and 1"),
    "one concept's thresholds the wrong way round": (
        "task create t --type text --concept a --threshold a=0.9:0.1",
        "swap them",
    ),
    "a malformed threshold": ("task create t --type text --threshold a=b", "CONCEPT=LOWER:UPPER"),
    "a threshold of no concept": (
        "task create t --type text --threshold a=0.1:0.2",
        "no concept of the task",
    ),
    "an unknown dataset": ("task create t --type text --dataset nope", "there is no dataset 'nope'"),
    "an unknown task": ("task show nope", "there is no task"),
    "an unknown input": ("input show nope.png", "there is no input 'nope.png'"),
    "an unknown annotation": ("annotation remove 77", "there is no annotation 77"),
    "an unknown format": ("export excel out.xls", "no format"),
    "an unknown user": ("--as zoe task list", "winnow user add zoe"),
    "an unknown labeler": ("annotation list --labeler zoe", "there is no user 'zoe'"),
    "nothing to run": ("undo", "nothing to undo"),
    "a missing store": ("--store nope.db task list", "there is no store"),
    "a store that is there": ("init .", "there already"),
    "nothing that can be added": ("add nope.png", "nothing could be added"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals_are_one_sentence_and_code_1(winnow: Winnow, what: str) -> None:
    command, sentence = REFUSED[what]
    result = winnow(*command.split())
    assert (result.code, result.out) == (1, "")
    assert sentence in result.err.splitlines()[-1] and "Traceback" not in result.err


@pytest.mark.parametrize(
    "command",
    [
        "nope",
        "task nope",
        "task create",
        "task create t",
        "task create t --type sound",
        "task create t --type text --lower x",
        "user add a --role king",
        "history --limit 0",
        "--nope",
        "annotation add 1 a --task t --region {",
        "--store x init",
    ],
)
def test_wrong_usage_is_code_2(winnow: Winnow, command: str) -> None:
    result = winnow(*command.split())
    assert (result.code, result.out) == (2, "") and result.err


def test_no_control_character_reaches_the_terminal(winnow: Winnow, project: Project) -> None:
    evil = "\x1b[31mred\x9b2J\u202e\n\r\x07"
    picture(project.folder / "evil.png").rename(project.folder / f"{evil}caf\udce9.png")
    (project.folder / f"{evil}.png").touch()
    shown = [
        winnow("add", "."),
        winnow("input", "list"),
        winnow("input", "list", "--json"),
        winnow("input", "show", f"{evil}caf\udce9.png"),
        winnow("input", "show", evil),
        winnow("task", evil),
        winnow("task", "create", evil, "--type", "text"),
        winnow("--as", evil, "task", "list"),
        winnow("--store", evil, "task", "list"),
        winnow("export", "jsonl", f"{evil}/{evil}"),
        winnow("history"),
    ]
    for result in shown:
        for text in (result.out, result.err):
            assert all(char.isprintable() or char == "\n" for char in text), repr(text)
    assert [result.code for result in shown] == [0, 0, 0, 0, 1, 2, 1, 1, 1, 1, 0]
    assert shown[2].json[0]["path"] == f"{evil}caf\udce9.png"


def test_foreign_and_newer_stores_stay_untouched(winnow: Winnow, project: Project) -> None:
    foreign = project.folder / "foreign.db"
    for content in (b"", b"just some text", b"SQLite format 3\0" + bytes(200)):
        foreign.write_bytes(content)
        result = winnow("--store", "foreign.db", "task", "list")
        assert (result.code, foreign.read_bytes()) == (1, content) and "not a Winnow store" in result.err
    assert winnow("backup", "newer.db").code == 0
    database.connect(project.folder / "newer.db")
    connection.execute_sql("PRAGMA user_version = 99")
    result = winnow("--store", "newer.db", "task", "list")
    assert result.code == 1 and "newer Winnow (schema 99" in result.err


@pytest.mark.parametrize(
    ("pragma", "sentence"),
    [
        ("query_only = 1", "the store is read-only here"),
        ("max_page_count = 1", "the disk is full"),
    ],
)
def test_a_disk_that_takes_nothing_is_said(
    winnow: Winnow, project: Project, monkeypatch: pytest.MonkeyPatch, pragma: str, sentence: str
) -> None:
    connect = database.connect

    def limited(path: Path, **options: Any) -> None:
        connect(path, **options)
        connection.execute_sql(f"PRAGMA {pragma}")

    monkeypatch.setattr(database, "connect", limited)
    result = winnow("concept", "add", *(f"{number} {'x' * 190}" for number in range(200)))
    assert result.code == 1 and sentence in result.err.splitlines()[-1]
    monkeypatch.undo()
    database.connect(project.store)
    assert connection.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_backup_is_a_store_and_replaces_nothing(winnow: Winnow, pictures: list[int]) -> None:
    assert winnow("backup", "copy.db").code == 0
    assert winnow("--store", "copy.db", "stats", "--json").json["inputs"] == 6
    assert winnow("backup", "copy.db").code == 1
    assert winnow("backup", "no/folder.db").code == 1


def test_what_is_unforeseen_is_one_sentence_too(winnow: Winnow, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a\x1bb")

    monkeypatch.setattr(tasks, "find", fail)
    result = winnow("task", "show", "t")
    assert result.code == 1 and result.err.count("\n") == 1 and "ZeroDivisionError: a\\x1bb" in result.err
    monkeypatch.setenv("WINNOW_DEBUG", "1")
    assert "Traceback" in winnow("task", "show", "t").err


def test_interrupted_is_130(winnow: Winnow, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tasks, "find", interrupt)
    assert winnow("task", "show", "t").code == 130


def test_nouns_of_one_name_bring_their_verbs_together(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"both": ["store.cli.user", "store.cli.dataset"], "one": ["store.cli.undo"]}
    monkeypatch.setattr(cli, "_modules", lambda: found)
    context = click.Context(cli.winnow)
    both = cli.winnow.get_command(context, "both")
    assert isinstance(both, click.Group) and {"remove", "create"} <= set(both.commands)
    assert cli.winnow.get_command(context, "none") is None


def process(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
    return subprocess.run(
        [sys.executable, "-m", "store.cli", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(Path(__file__).parents[1]), **settings},
        capture_output=True,
        timeout=60,
    )


def test_a_process_of_its_own_from_init_on(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    missing = process("task", "list", folder=below, WINNOW_USER="anna")
    assert missing.returncode == 1 and b"winnow init" in missing.stderr
    assert process("init", "..", folder=below, WINNOW_USER="anna").returncode == 0
    found = process("task", "list", "--json", folder=below, WINNOW_USER="anna")
    assert (found.returncode, found.stdout, found.stderr) == (0, b"[]\n", b"")
    store = str(tmp_path / "a" / "winnow.db")
    assert process("stats", folder=tmp_path, WINNOW_USER="anna", WINNOW_STORE=store).returncode == 0
    version = process("--version", folder=tmp_path)
    assert version.returncode == 0 and version.stdout.startswith(b"winnow ")


def test_output_survives_a_narrow_encoding_and_a_closed_pipe(project: Project) -> None:
    picture(project.folder / "\u732b.png")
    settings = {"WINNOW_USER": "olga", "PYTHONIOENCODING": "ascii"}
    assert process("add", ".", folder=project.folder, **settings).returncode == 0
    shown = process("input", "list", folder=project.folder, **settings)
    assert shown.returncode == 0 and b"\\u732b.png" in shown.stdout
    project.add_inputs(20_000)
    with subprocess.Popen(
        [sys.executable, "-m", "store.cli", "--store", str(project.store), "--as", "olga", "input", "list"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as listing:
        assert listing.stdout is not None and listing.stderr is not None
        listing.stdout.readline()
        listing.stdout.close()
        assert listing.stderr.read() == b""


def test_asking_for_the_version_loads_no_database(tmp_path: Path) -> None:
    script = "import sys, store.cli; store.cli.call(store.cli.winnow, ['--version']); "
    script += "sys.exit(bool({'peewee', 'PIL', 'rich', 'numpy', 'textual'} & set(sys.modules)))"
    path = str(Path(__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, timeout=60
    )
    assert ran.returncode == 0


def test_an_export_to_a_dash_is_on_stdout_and_nothing_else_there(winnow: Winnow, project: Project) -> None:
    first = project.add_inputs(2)[0]
    task = tasks.create(project.owner, plans.Plan(name="t", type="classification")).task
    labeling.add(project.owner, task, first, "cat")
    done = winnow("export", "jsonl", "-")
    assert [json.loads(line)["concept"] for line in done.out.splitlines()] == ["cat"]
    assert "wrote 1 annotations" in done.err
    assert not (project.folder / "-").exists()


def test_a_disk_that_is_full_half_way_says_how_many_were_added(
    winnow: Winnow, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.folder / "many"
    for n in range(60):
        picture(folder / f"{n}.png", n)
    monkeypatch.setattr(adding, "CHUNK", 5)
    connect = database.connect

    def small(path: Path, **options: Any) -> None:
        connect(path, **options)
        pages = connection.execute_sql("PRAGMA page_count").fetchone()[0]
        connection.execute_sql(f"PRAGMA max_page_count = {pages + 2}")

    monkeypatch.setattr(database, "connect", small)
    done = winnow("add", str(folder))
    monkeypatch.setattr(database, "connect", connect)
    assert done.code == 1
    said = int(re.search(r"\((\d+) inputs were added before that and stay\)", done.err)[1])  # type: ignore[index]
    assert 0 < said < 60
    assert len(winnow("input", "list", "--json").json) == said
