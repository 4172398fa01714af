"""The whole way through a real PTY: the demo, a new task, labeling, two reviewers, undo, quitting."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import by_hand
from tests.pty_rig import Kind, PtyRig
from tests.winnow_process import environment, wait_until, winnow, winnow_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 90.0


def app(folder: Path, *arguments: str, kind: Kind = "cells", who: str = "olga", **size: int) -> PtyRig:
    """`winnow …` in a terminal of that kind."""
    settings: dict[str, str | None] = {**environment(folder), "WINNOW_USER": who, "NO_COLOR": None}
    command = [sys.executable, "-m", "store.cli", *arguments]
    return PtyRig(command, kind=kind, environment=settings, directory=folder, **size)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Twelve photos that both shipped models have looked at, and an engine at work."""
    folder = tmp_path / "p"
    folder.mkdir()
    winnow(folder, "init")
    winnow(folder, "add", *by_hand.PHOTOS[:12])
    return folder


def annotations(folder: Path, *filters: str) -> list[dict[str, Any]]:
    return list(winnow_json(folder, "annotation", "list", *filters))


def test_the_demo_opens_on_the_task_list_and_its_engine_finishes(tmp_path: Path) -> None:
    with app(tmp_path, "demo", "--device", "cpu") as rig:
        rig.wait_for("animals", PATIENCE)
        rig.wait_for("objects")
        rig.wait_for(lambda: rig.text.count("100%") >= 2, PATIENCE)
        rig.wait_for("Review")
        rig.press("q")
        assert rig.wait_for_exit() == 0
        assert rig.strays == []
    demo = tmp_path / "winnow-demo"
    before = annotations(demo)
    assert {row["annotator"] for row in before} == {"efficientnet-lite0", "efficientdet-lite0"}
    with app(tmp_path, "demo", "--device", "cpu") as rig:
        rig.wait_for("animals", PATIENCE)
        rig.press("q")
        assert rig.wait_for_exit() == 0
    assert annotations(demo) == before


@pytest.mark.parametrize(
    ("kind", "columns", "rows"), [("cells", 80, 24), ("kitty", 160, 50), ("sixel", 120, 36)]
)
def test_label_by_keyboard_then_undo_and_come_back(
    project: Path, kind: Kind, columns: int, rows: int
) -> None:
    winnow(
        project,
        *("task", "create", "birds", "--type", "classification", "--assist", "efficientnet-lite0"),
        *("--instructions", "What is in the picture?"),
    )
    with app(project, "open", "birds", "--label", kind=kind, columns=columns, rows=rows) as rig:
        rig.wait_for("flamingo", PATIENCE)
        rig.press("1")
        rig.wait_for("✓")
        rig.send("/a flock of pink birds")
        rig.wait_for("a flock of pink birds")
        rig.press("enter")
        rig.wait_for("pink birds")
        wait_until(lambda: len(annotations(project)) == 2)
        if kind != "cells":
            rig.wait_for(lambda: has_photo(rig), PATIENCE)
        rig.press("enter")
        rig.wait_for("2/12")
        rig.press("1")
        wait_until(lambda: len(annotations(project)) == 3)
        rig.press("u")
        wait_until(lambda: len(annotations(project)) == 2)
        rig.press("q")
        rig.wait_for("birds")
        rig.press("q")
        assert rig.wait_for_exit() == 0
        assert rig.strays == []
    found = annotations(project)
    assert {(row["concept"], row["status"], row["annotator"]) for row in found} == {
        ("flamingo", "SUCCESS", "olga"),
        ("a flock of pink birds", "SUCCESS", "olga"),
    }
    (task,) = winnow_json(project, "task", "list")
    assert (task["labeled_percent"], task["to_label"], task["labeling_status"]) == (8, 11, "IN_PROGRESS")


@pytest.mark.parametrize("leave", ["qq", "\x03"])
def test_everything_typed_in_one_burst_is_written_before_leaving(project: Path, leave: str) -> None:
    winnow(project, "task", "create", "birds", "--type", "classification", "--concept", "bird")
    with app(project, "open", "birds", "--label") as rig:
        rig.wait_for("1/12", PATIENCE)
        rig.wait_for("bird")
        rig.send("1\r" * 5 + leave)
        assert rig.wait_for_exit() == 0
    assert [(row["concept"], row["status"]) for row in annotations(project)] == [("bird", "SUCCESS")] * 5


def has_photo(rig: PtyRig) -> bool:
    """Whether the picture of the screen has as many colours as only a photo has."""
    colours = rig.picture().getcolors(1_000_000)
    return colours is None or len(colours) > 60


def test_two_reviewers_at_once_in_two_terminals(project: Path) -> None:
    winnow(
        project,
        *("task", "create", "things", "--auto", "efficientdet-lite0", "--lower", "0.2", "--upper", "0.9"),
        *("--concept", "bird", "--concept", "person", "--concept", "dog", "--concept", "car"),
        *("--reviewer", "ann", "--reviewer", "bob"),
    )
    winnow(project, "task", "run", "things")
    waiting = {
        who: winnow_json(project, "--as", who, "review", "list", "--task", "things") for who in ("ann", "bob")
    }
    shares = {who: len({row["input"] for row in rows}) for who, rows in waiting.items()}
    assert abs(shares["ann"] - shares["bob"]) <= 1
    with (
        app(project, "open", "things", "--review", who="ann") as ann,
        app(project, "open", "things", "--review", who="bob", columns=160, rows=50) as bob,
    ):
        for rig, who in ((ann, "ann"), (bob, "bob")):
            rig.wait_for(f"1/{shares[who]}", PATIENCE)
        ann.press("a")
        bob.press("x")
        ann.wait_for("1 done")
        bob.wait_for("1 done")
        first = {who: rows[0]["input"] for who, rows in waiting.items()}
        wait_until(lambda: statuses(project, first["ann"]) <= {"SUCCESS"})
        wait_until(lambda: statuses(project, first["bob"]) <= {"REVIEW_DENIED", "SUCCESS"})
        assert "REVIEW_DENIED" in statuses(project, first["bob"])
        bob.press("u")
        wait_until(lambda: "AWAITING_REVIEW" in statuses(project, first["bob"]))
        for rig in (ann, bob):
            rig.press("q")
            rig.wait_for("things")
            rig.press("q")
            assert rig.wait_for_exit() == 0
    left = {
        who: winnow_json(project, "--as", who, "review", "list", "--task", "things") for who in ("ann", "bob")
    }
    assert {who: len({row["input"] for row in rows}) for who, rows in left.items()} == {
        "ann": shares["ann"] - 1,
        "bob": shares["bob"],
    }


def statuses(folder: Path, input_id: int) -> set[str]:
    return {row["status"] for row in annotations(folder) if row["input"] == input_id}


def remembered(project: Path) -> int | None:
    """The input that the app would open at again."""
    with sqlite3.connect(f"file:{project / 'winnow.db'}?mode=ro", uri=True, timeout=30) as connection:
        row = connection.execute("SELECT value FROM user_state WHERE key = 'place'").fetchone()
    place = {} if row is None else json.loads(row[0])
    return place.get("input")


def test_a_killed_app_lost_nothing_and_reopens_where_it_was(project: Path) -> None:
    winnow(project, "task", "create", "birds", "--type", "classification", "--assist", "efficientnet-lite0")
    with app(project, "open", "birds", "--label") as rig:
        rig.wait_for("flamingo", PATIENCE)
        for position in range(2, 5):
            rig.press("1")
            rig.wait_for("✓")
            rig.press("enter")
            rig.wait_for(f"{position}/12")
            rig.wait_for(lambda: "1" in rig.text and "predicting" not in rig.text, PATIENCE)
        wait_until(lambda: remembered(project) == 4)  # it is kept once a second
        rig.close()
    assert Counter(row["status"] for row in annotations(project)) == {"SUCCESS": 3}
    with app(project) as rig:
        rig.wait_for(by_hand.PHOTOS[3].name, PATIENCE)
        rig.press("q")
        rig.wait_for("New task")
        rig.press("q")
        assert rig.wait_for_exit() == 0


def test_a_new_task_by_keyboard_is_annotated_and_watched(project: Path) -> None:
    with app(project, "--store", "winnow.db") as rig:
        rig.wait_for("New task", PATIENCE)
        rig.send("n\t\tl\tbird\rperson\r")
        rig.wait_for("2: bird, person")
        rig.press("tab", "tab", "l", "l")
        rig.wait_for("0.60–0.90")
        rig.press("tab", "tab", "tab", "tab", "tab")
        rig.send("my birds")
        rig.wait_for("my birds")
        rig.send("\x13")
        rig.wait_for(lambda: "First pass" not in rig.text and "my birds" in rig.text)
        rig.wait_for("100%", PATIENCE)
        rig.press("q")
        assert rig.wait_for_exit() == 0
        assert rig.strays == []
    (task,) = winnow_json(project, "task", "list")
    assert (task["name"], task["type"], task["concepts"]) == ("my birds", "detection", ["bird", "person"])
    assert (task["labeling_status"], task["inputs"]) == ("SUCCESS", 12)
    expected = sum(
        name in ("bird", "person") and score >= 0.6
        for photo in by_hand.PHOTOS[:12]
        for name, score, _ in by_hand.detect(photo)
    )
    assert len(annotations(project)) == expected
