"""Texts in a real terminal: spans among emoji and Chinese by keyboard, and a hostile text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pty_rig import PtyRig
from tests.winnow_process import environment, winnow, winnow_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STORY = "\ufeff👩\u200d🔬 居里夫人 (Marie Curie) 🇵🇱 was born\r\nin 華沙 — e\u0301tudes in Paris."
HOSTILE = "ok \x1b]0;owned\x07 \x1b[2J\x1b[31m \x9b6n \x90q\x9c \u202eesrever\u202c \x1bc\r\x08 end\n" * 3


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "0.txt").write_bytes(STORY.encode())
    (folder / "1.txt").write_bytes(HOSTILE.encode())
    winnow(folder, "init")
    winnow(folder, "add", folder)
    concepts = ("--concept", "person", "--concept", "place")
    winnow(
        folder,
        "task",
        "create",
        "names",
        "--type",
        "text",
        *concepts,
        "--review",
        "manual",
        "--reviewer",
        "ann",
    )
    return folder


def opened(folder: Path, *arguments: str, who: str = "olga", **size: int) -> PtyRig:
    settings = {**environment(folder), "WINNOW_USER": who}
    command = [sys.executable, "-m", "store.cli", "open", "names", *arguments]
    return PtyRig(command, environment=settings, directory=folder, **size)


def spans(folder: Path) -> set[tuple[Any, ...]]:
    rows = winnow_json(folder, "annotation", "list", "--task", "names")
    return {(row["concept"], *row["region"]["span"]) for row in rows}


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 50)])
def test_a_text_task_by_keyboard_from_the_first_span_to_the_export(
    project: Path, columns: int, rows: int
) -> None:
    text = STORY.removeprefix("\ufeff")
    curie, warsaw, etudes = text.index("居"), text.index("華"), text.index("e\u0301")
    with opened(project, "--label", columns=columns, rows=rows) as rig:
        rig.wait_for("居里夫人")
        # Past the emoji family (a step for each) and the space, then four characters; keys come in bursts.
        rig.send("tlll lll1")
        rig.wait_for("pe¹居里夫人")
        rig.send("f華\r l2")
        rig.wait_for("pl¹華沙")
        # A combining mark belongs to its letter; another concept is typed.
        rig.send("fe\u0301\r\r\r")
        rig.wait_for("Concept of")
        rig.send("work\r")
        rig.wait_for("work.1")
        leave_text(rig)
        rig.press("enter")
        rig.wait_for("ok \\x1b]0;owned\\x07")
        rig.press("enter")
        rig.wait_for("Nothing is left")
        quit_app(rig)
    marked = {
        ("person", curie, curie + 4),
        ("place", warsaw, warsaw + 2),
        ("work", etudes, etudes + len("e\u0301tudes")),
    }
    assert spans(project) == marked
    approve(project, columns, rows)
    winnow(project, "export", "jsonl", project / "out.jsonl")
    lines = [json.loads(line) for line in (project / "out.jsonl").read_text("utf-8").splitlines()]
    assert {(line["concept"], *line["region"]["span"]) for line in lines} == marked
    assert {line["status"] for line in lines} == {"SUCCESS"}


def approve(folder: Path, columns: int, rows: int) -> None:
    with opened(folder, "--review", who="ann", columns=columns, rows=rows) as rig:
        rig.wait_for("0.txt")
        rig.press("enter")
        rig.wait_for("pe¹居里夫人")
        rig.send("a")
        rig.wait_for("1 done")
        quit_app(rig)


def leave_text(rig: PtyRig) -> None:
    """Escape, alone: with a key behind it, it would be another one."""
    rig.wait_for("Mark from here")
    rig.press("escape")
    rig.wait_for(lambda: "Mark from here" not in rig.text)


def quit_app(rig: PtyRig) -> None:
    rig.press("ctrl+c")
    assert rig.wait_for_exit() == 0
    assert rig.strays == []


def test_what_a_hostile_text_holds_reaches_no_terminal(project: Path) -> None:
    with opened(project, "--label") as rig:
        rig.wait_for("居里夫人")
        before = len(rig.output)
        rig.send("l")
        rig.wait_for("\\u202eesrever\\u202c")
        rig.send("t")
        rig.press("down")
        rig.press("enter")
        rig.wait_for("new span")
        shown = bytes(rig.output[before:]).decode("utf-8", "replace")
        for never in ("\x1b]0;", "\x1b[2J", "\x9b", "\x90", "\u202e", "\x1bc", "\x08"):
            assert never not in shown
        assert rig.strays == []
        rig.press("escape")
        rig.wait_for(lambda: "new span" not in rig.text)
        leave_text(rig)
        quit_app(rig)
