"""The engine as a process: right, in bands, killed and stopped without losing or repeating a row."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from store.values import Status
from tests import by_hand
from tests.pictures import picture
from tests.winnow_process import environment, start, wait_until, winnow, winnow_json

CLASSES = ("golden retriever", "tabby", "sports car", "goldfish", "hen", "castle")
THINGS = ("person", "dog", "bird", "car", "boat")


def new_project(folder: Path, photos: list[Path]) -> Path:
    """A project in `folder` with these photos."""
    folder.mkdir(parents=True)
    winnow(folder, "init")
    winnow(folder, "add", *photos)
    return folder


def make_task(folder: Path, name: str, model: str, concepts: tuple[str, ...], *more: str) -> None:
    chosen = [part for concept in concepts for part in ("--concept", concept)]
    winnow(folder, "task", "create", name, "--auto", model, *chosen, *more)


def rows(folder: Path) -> list[tuple[Any, ...]]:
    """The annotations of a project, without their ids and times."""
    return sorted(
        (row["path"], row["concept"], row["score"], str(row["region"]), row["status"], row["annotator"])
        for row in winnow_json(folder, "annotation", "list")
    )


def reviewers_of(folder: Path, task: str) -> dict[str, list[str]]:
    """Reviewer → the files they have to review."""
    return {
        who: sorted(row["path"] for row in winnow_json(folder, "--as", who, "review", "list", "--task", task))
        for who in ("ann", "bob")
    }


def expected_status(score: float, lower: float, upper: float) -> str | None:
    """Written apart from the engine's routing on purpose."""
    if score >= upper:
        return Status.SUCCESS.name
    return Status.AWAITING_REVIEW.name if score >= lower else None


def test_classifications_agree_with_a_run_by_hand(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", by_hand.PHOTOS)
    model = "efficientnet-lite0"
    seen = Counter(name for photo in by_hand.PHOTOS for name in by_hand.classify(model, photo))
    concepts = tuple(name for name, _ in seen.most_common(12))
    make_task(project, "t", model, concepts, "--lower", "0.02", "--upper", "0.3")
    winnow(project, "task", "run", "t")
    found = {
        (Path(row["path"]).name, row["concept"]): row
        for row in winnow_json(project, "annotation", "list", "--task", "t")
    }
    expected = {
        (photo.name, name): score
        for photo in by_hand.PHOTOS
        for name, score in by_hand.classify(model, photo).items()
        if name in concepts
    }
    for key, score in expected.items():
        if score > 0.02 + 0.03:
            assert key in found
    assert found
    for key, row in found.items():
        assert abs(row["score"] - expected[key]) < 0.03
        assert row["status"] == expected_status(row["score"], 0.02, 0.3)
        assert (row["value"], row["region"], row["annotator"], row["task"]) == (1, None, model, "t")


def test_boxes_agree_with_a_run_by_hand(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", by_hand.PHOTOS)
    make_task(project, "t", "efficientdet-lite0", THINGS, "--lower", "0.3", "--upper", "0.6")
    winnow(project, "task", "run", "t")
    found = winnow_json(project, "annotation", "list", "--task", "t")
    expected = [
        (photo.name, name, score, box)
        for photo in by_hand.PHOTOS
        for name, score, box in by_hand.detect(photo)
        if name in THINGS and score >= 0.3
    ]
    assert expected
    assert len(found) == len(expected)
    for row in found:
        assert any(
            (Path(row["path"]).name, row["concept"]) == (photo, name)
            and abs(row["score"] - score) < 1e-3
            and by_hand.overlap(row["region"]["box"], box) >= 0.99
            for photo, name, score, box in expected
        )
        assert row["status"] == expected_status(row["score"], 0.3, 0.6)


def test_a_concept_far_below_what_the_model_usually_keeps_is_still_routed(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", by_hand.PHOTOS[:3])
    make_task(project, "t", "mobilenet-v2", ("tabby", "hen"), "--lower", "0", "--upper", "1")
    winnow(project, "task", "run", "t")
    found = winnow_json(project, "annotation", "list", "--task", "t")
    assert Counter(row["concept"] for row in found) == {"tabby": 3, "hen": 3}
    assert {row["status"] for row in found} == {"AWAITING_REVIEW"}


def test_the_doubtful_are_dealt_evenly_and_only_once(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", by_hand.PHOTOS)
    make_task(
        project,
        *("t", "efficientdet-lite0", THINGS),
        *("--lower", "0.2", "--upper", "0.9", "--reviewer", "ann", "--reviewer", "bob"),
    )
    winnow(project, "task", "run", "t")
    dealt = reviewers_of(project, "t")
    doubtful = {
        row["path"]
        for row in winnow_json(project, "annotation", "list", "--status", "AWAITING_REVIEW", "--task", "t")
    }
    assert set(dealt["ann"]) | set(dealt["bob"]) == doubtful
    assert not set(dealt["ann"]) & set(dealt["bob"])
    assert abs(len(dealt["ann"]) - len(dealt["bob"])) <= 1


def engine_pids(folder: Path) -> list[int]:
    return [engine["pid"] for engine in winnow_json(folder, "engine", "status")]


def finished_jobs(folder: Path) -> int:
    """Read past Winnow, as the killing test must not wait for its start-up."""
    with sqlite3.connect(f"file:{folder / 'winnow.db'}?mode=ro", uri=True, timeout=30) as connection:
        return int(connection.execute("SELECT count(*) FROM job WHERE state = 'done'").fetchone()[0])


def engine_of(folder: Path) -> int | None:
    with sqlite3.connect(f"file:{folder / 'winnow.db'}?mode=ro", uri=True, timeout=30) as connection:
        row = connection.execute("SELECT pid FROM engine").fetchone()
        return None if row is None else int(row[0])


@pytest.fixture
def long_and_clean(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal projects with a task of several chunks; the second has been run through."""
    photos = sorted((by_hand.ROOT / "store" / "demo" / "photos").glob("*.jpg"))
    killed = new_project(tmp_path / "killed", photos)
    make_task(
        killed,
        *("t", "efficientdet-lite0", THINGS),
        *("--lower", "0.2", "--upper", "0.6", "--reviewer", "ann", "--reviewer", "bob"),
    )
    clean = tmp_path / "clean"
    shutil.copytree(killed, clean)
    winnow(clean, "task", "run", "t")
    return killed, clean


@pytest.mark.slow
def test_kill_nine_in_the_middle_and_again_gives_the_rows_of_one_clean_run(
    long_and_clean: tuple[Path, Path],
) -> None:
    killed, clean = long_and_clean
    running = start(killed, "task", "run", "t")
    wait_until(lambda: finished_jobs(killed) >= 1)
    pid = engine_of(killed)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert b"killed by signal 9" in said
    assert b"winnow task run t" in said
    done = finished_jobs(killed)
    assert 0 < done < 4
    kept = rows(killed)
    assert kept
    winnow(killed, "task", "run", "t")
    assert rows(killed) == rows(clean)
    assert set(kept) <= set(rows(killed))
    assert reviewers_of(killed, "t") == reviewers_of(clean, "t")
    winnow(killed, "task", "run", "t")
    assert rows(killed) == rows(clean)


@pytest.mark.slow
def test_sigterm_ends_cleanly_and_ctrl_c_says_130(long_and_clean: tuple[Path, Path]) -> None:
    stopped, clean = long_and_clean
    running = start(stopped, "task", "run", "t")
    wait_until(lambda: finished_jobs(stopped) >= 1)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    wait_until(lambda: engine_of(stopped) is None)
    assert engine_pids(stopped) == []
    with sqlite3.connect(stopped / "winnow.db") as connection:
        assert connection.execute("SELECT count(*) FROM job WHERE state = 'claimed'").fetchone() == (0,)
    winnow(stopped, "task", "run", "t")
    assert rows(stopped) == rows(clean)


def test_broken_inputs_get_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    pictures = [picture(tmp_path / "in" / f"{n}.jpg", 60 * n, size=(64, 48)) for n in range(4)]
    project = new_project(tmp_path / "p", pictures)
    make_task(project, "t", "mobilenet-v2", ("tabby",), "--lower", "0", "--upper", "1")
    pictures[0].unlink()
    whole = pictures[1].read_bytes()
    pictures[1].write_bytes(whole[: len(whole) // 2])
    done = winnow(project, "task", "run", "t")
    assert "failed 2" in done.stderr
    assert str(pictures[0]) in done.stderr and str(pictures[1]) in done.stderr
    assert len(winnow_json(project, "task", "show", "t")["failures"]) == 2
    (task,) = winnow_json(project, "task", "list")
    assert (task["labeled_percent"], task["failed"], task["labeling_status"]) == (50, 2, "FAILED")
    assert len(rows(project)) == 2
    pictures[1].write_bytes(whole)
    Image.new("RGB", (64, 48)).save(pictures[0])
    winnow(project, "task", "run", "t")
    (task,) = winnow_json(project, "task", "list")
    assert (task["labeled_percent"], task["failed"], task["labeling_status"]) == (100, 0, "SUCCESS")
    assert len(rows(project)) == 4


def test_one_engine_for_a_store_and_it_stops_when_asked(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", [picture(tmp_path / "in" / "0.png")])
    first = start(project, "engine", "run", "--device", "cpu")
    try:
        wait_until(lambda: bool(engine_pids(project)))
        refused = winnow(project, "engine", "run", "--device", "cpu", code=1)
        assert "already" in refused.stderr
        make_task(project, "t", "mobilenet-v2", ("tabby",), "--lower", "0", "--upper", "1")
        winnow(project, "task", "run", "t")
        wait_until(lambda: bool(winnow_json(project, "engine", "status")[0]["sessions"]))
        (status,) = winnow_json(project, "engine", "status")
        assert status["device"] == "cpu"
        assert {session["provider"] for session in status["sessions"]} == {"CPUExecutionProvider"}
        winnow(project, "user", "add", "lou", "--role", "labeler")
        denied = winnow(project, "--as", "lou", "engine", "stop", code=1)
        assert "only owners and leads may do this" in denied.stderr
        assert engine_pids(project) == [first.pid]
        winnow(project, "engine", "stop")
        assert first.wait(30) == 0
    finally:
        first.kill()
        first.communicate()
    assert len(rows(project)) == 1


def test_an_engine_kept_by_a_process_ends_after_it_with_its_work_done(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", [picture(tmp_path / "in" / "0.png")])
    make_task(project, "t", "mobilenet-v2", ("tabby",), "--lower", "0", "--upper", "1")
    keeper = subprocess.Popen(["sleep", "300"])
    engine = start(project, "engine", "run", "--device", "cpu", "--while", str(keeper.pid))
    try:
        wait_until(lambda: bool(engine_pids(project)))
        winnow(project, "task", "run", "t")
        assert engine.poll() is None
        keeper.kill()
        keeper.wait()
        assert engine.wait(30) == 0
    finally:
        keeper.kill()
        engine.kill()
        engine.communicate()
    assert len(rows(project)) == 1


def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    from engine.device import cuda_problem

    if not cuda_problem():
        pytest.skip("there is a GPU here")
    project = new_project(tmp_path / "p", [picture(tmp_path / "in" / "0.png")])
    make_task(project, "t", "mobilenet-v2", ("tabby",), "--lower", "0", "--upper", "1")
    refused = winnow(project, "task", "run", "t", "--device", "cuda", code=1)
    assert "GPU cannot be used" in refused.stderr
    assert rows(project) == []


def test_an_idle_engine_hardly_uses_the_processor(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", [picture(tmp_path / "in" / "0.png")])
    engine = subprocess.Popen(
        [sys.executable, "-m", "engine", "run", "--device", "cpu"],
        cwd=project,
        env=environment(project),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: bool(engine_pids(project)))
        beats = iter(range(1, 100))
        before, last = os.times(), 0

        def seconds() -> float:
            fields = Path(f"/proc/{engine.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        used = seconds()

        def beat() -> bool:
            nonlocal last
            at = (project / "winnow.db-engine").stat().st_mtime_ns
            fresh, last = at != last, at
            return fresh and next(beats) >= 5

        with sqlite3.connect(f"file:{project / 'winnow.db'}?mode=ro", uri=True) as connection:
            version = connection.execute("PRAGMA data_version").fetchone()
            wait_until(beat)
            # Nothing is committed: screens would read everything again.
            assert connection.execute("PRAGMA data_version").fetchone() == version
        assert seconds() - used < 0.25 * (os.times().elapsed - before.elapsed)
    finally:
        engine.terminate()
        assert engine.wait(30) == 0


def test_a_task_deals_out_only_what_its_type_is_for(tmp_path: Path) -> None:
    project = tmp_path / "p"
    text = tmp_path / "a.txt"
    text.write_text("a few words", "utf-8")
    new_project(project, [picture(tmp_path / "in" / "0.png", size=(32, 32)), text])
    make_task(project, "pictures", "mobilenet-v2", ("tabby",), "--lower", "0", "--upper", "1")
    winnow(project, "task", "run", "pictures")
    winnow(project, "task", "create", "words", "--type", "text", "--concept", "good")
    found = {task["name"]: task for task in winnow_json(project, "task", "list")}
    assert {name: task["inputs"] for name, task in found.items()} == {"pictures": 1, "words": 1}
    assert found["pictures"]["labeling_status"] == "SUCCESS"
    winnow(project, "dataset", "create", "only words", text)
    refused = winnow(
        project, "task", "create", "no", "--type", "detection", "--dataset", "only words", code=1
    )
    assert "holds only texts" in refused.stderr
