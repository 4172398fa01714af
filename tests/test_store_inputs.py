"""Adding files: what becomes of each, and that nothing is doubled or lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from store import adding, datasets, inputs, plans, tasks, undoing, users
from store.errors import Denied, NotFound, Refused
from store.tables import Annotation, Assignment, Event, Input, Step
from store.values import Role
from tests.conftest import Project
from tests.pictures import picture


def live() -> list[str]:
    return [row["path"] for row in inputs.listing()]


def test_a_folder_is_added_with_what_lies_below(project: Project) -> None:
    for number, name in enumerate(("a.png", "deep/er/b.JPG", "c.webp", "d.gif", "e.bmp", "f.tiff")):
        picture(project.folder / "pictures" / name, number)
    (project.folder / "pictures" / "words.txt").write_text("some words")
    (project.folder / "pictures" / "table.csv").write_text("no input")
    picture(project.folder / "pictures" / ".hidden.png", 77)
    picture(project.folder / "pictures" / ".cache" / "g.png", 78)
    seen: list[tuple[int, int]] = []
    report = adding.add(project.owner, [project.folder / "pictures"], on_progress=lambda *at: seen.append(at))
    names = ["a.png", "c.webp", "d.gif", "deep/er/b.JPG", "e.bmp", "f.tiff", "words.txt"]
    assert live() == [f"pictures/{name}" for name in names]
    assert (len(report.added), report.ignored, report.broken) == (7, 1, [])
    assert seen[-1] == (7, 7)
    assert {row["media"] for row in inputs.listing()} == {"image", "text"}


def test_size_is_that_of_the_upright_picture(project: Project) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(project.folder / "turned.jpg", size=(40, 20), exif=exif)
    adding.add(project.owner, [project.folder / "turned.jpg"])
    row = inputs.find("turned.jpg")
    assert (row.width, row.height) == (20, 40)


def test_again_adds_nothing_and_content_counts_once(project: Project) -> None:
    first = picture(project.folder / "a.png", 1)
    assert len(adding.add(project.owner, [project.folder]).added) == 1
    again = adding.add(project.owner, [project.folder, first])
    assert (again.added, again.here) == ([], [first])
    copy = Path(shutil.copy(first, project.folder / "copy.png"))
    assert adding.add(project.owner, [copy]).duplicates == [(copy, first)]
    assert live() == ["a.png"]


def test_a_moved_file_stays_the_same_input(project: Project) -> None:
    old = picture(project.folder / "old" / "a.png", 1)
    adding.add(project.owner, [old])
    identity = inputs.find("a.png").id
    new = project.folder / "new.png"
    old.rename(new)
    assert adding.add(project.owner, [project.folder]).moved == [(new, old)]
    assert inputs.find("new.png").id == identity


def test_changed_content_is_seen_and_undone(project: Project) -> None:
    path = picture(project.folder / "a.png", 1)
    adding.add(project.owner, [path])
    before = bytes(inputs.find("a.png").sha256)
    picture(path, 2, size=(9, 9))
    os.utime(path, (1, 1))
    assert adding.add(project.owner, [path]).changed == [path]
    assert inputs.find("a.png").width == 9
    undoing.undo(project.owner)
    assert bytes(inputs.find("a.png").sha256) == before


def test_broken_files_are_named_and_the_rest_goes_on(project: Project) -> None:
    folder = project.folder / "mixed"
    good = picture(folder / "good.png", 1)
    (folder / "empty.jpg").touch()
    whole = picture(folder / "half.jpg", 2, size=(64, 64)).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    os.mkfifo(folder / "pipe.png")
    report = adding.add(project.owner, [folder, project.folder / "missing.png"])
    assert report.added == [good]
    assert {path.name for path, _ in report.broken} == {
        "empty.jpg",
        "half.jpg",
        "latin.txt",
        "pipe.png",
        "missing.png",
    }
    assert all(reason.endswith(".") and "\n" not in reason for _, reason in report.broken)


def test_links_inside_a_folder_lead_nowhere(project: Project, tmp_path: Path) -> None:
    outside = picture(tmp_path / "outside" / "secret.png", 1)
    folder = project.folder / "linked"
    folder.mkdir()
    (folder / "file.png").symlink_to(outside)
    (folder / "folder").symlink_to(outside.parent)
    (folder / "loop").symlink_to(folder)
    assert adding.add(project.owner, [folder]).added == []
    adding.add(project.owner, [folder / "file.png"])
    assert live() == [str(outside)], "a link that is named itself is followed"


def test_any_file_name_comes_back_as_it_was(project: Project) -> None:
    names = [b"new\nline.png", b"esc\x1b[31m.png", b"caf\xe9.png", "\u202egnp.png".encode(), b"'; --.png"]
    for number, name in enumerate(names):
        made = picture(project.folder / f"{number}.png", number)
        made.rename(project.folder / os.fsdecode(name))
    assert len(adding.add(project.owner, [project.folder]).added) == len(names)
    for name in names:
        row = inputs.find(os.fsdecode(name))
        assert os.fsencode(row.path) == name and inputs.absolute(row).exists()
    undoing.undo(project.owner)
    undoing.redo(project.owner)
    assert {os.fsencode(path) for path in live()} == set(names)


def test_one_undo_takes_back_all_chunks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "CHUNK", 3)
    for number in range(8):
        picture(project.folder / f"{number}.png", number)
    adding.add(project.owner, [project.folder], "eight")
    assert Step.select().count() == 1
    assert list(datasets.inputs(datasets.find("eight"))) == [row["id"] for row in inputs.listing()]
    assert undoing.undo(project.owner) == "add inputs"
    assert live() == []
    with pytest.raises(NotFound):
        datasets.find("eight")
    assert len(adding.add(project.owner, [project.folder]).added) == 8, "what was undone can be added again"


def test_a_dataset_gets_what_was_known_already(project: Project) -> None:
    for number in range(3):
        picture(project.folder / f"{number}.png", number)
    adding.add(project.owner, [project.folder])
    adding.add(project.owner, [project.folder], "all")
    adding.add(project.owner, [project.folder], "all")
    assert datasets.size(datasets.find("all").id) == 3


def test_finding_by_id_path_and_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("a/x.png", "b/x.png", "b/under_score.png")):
        picture(project.folder / name, number)
    adding.add(project.owner, [project.folder])
    monkeypatch.chdir(project.folder / "b")
    assert inputs.find("1").path == "a/x.png"
    assert inputs.find("x.png").path == "b/x.png", "from here first"
    assert inputs.find("a/x.png").path == "a/x.png", "then from the project's folder"
    monkeypatch.chdir(project.folder)
    assert inputs.find("under_score.png").path == "b/under_score.png"
    with pytest.raises(Refused, match="several"):
        inputs.find("x.png")
    for token in ("underXscore.png", "9", "99999999999999999999999", ""):
        with pytest.raises(NotFound):
            inputs.find(token)


def test_deleting_takes_inputs_out_of_tasks_and_undo_brings_all_back(project: Project) -> None:
    for number in range(4):
        picture(project.folder / f"{number}.png", number)
    adding.add(project.owner, [project.folder])
    task = tasks.create(project.owner, plans.Plan("t", "classification", concepts=["cat"])).task
    before = Assignment.select().count(), datasets.size(task.dataset_id)
    inputs.delete(project.owner, [inputs.find("1"), inputs.find("2")])
    assert (Assignment.select().count(), datasets.size(task.dataset_id)) == (2, 2)
    assert live() == ["2.png", "3.png"]
    undoing.undo(project.owner)
    assert (Assignment.select().count(), datasets.size(task.dataset_id)) == before
    assert len(live()) == 4 and Annotation.select().count() == 0


def test_labelers_may_not_add(project: Project) -> None:
    labeler = users.add(project.owner, "lena", Role.LABELER)
    with pytest.raises(Denied, match="lena is a labeler here"):
        adding.add(labeler, [project.folder])


def test_listing_goes_on_over_pages(project: Project) -> None:
    ids = project.add_inputs(2001)
    assert [row["id"] for row in inputs.listing()] == ids


def test_killed_in_the_middle_and_again_nothing_is_doubled(project: Project) -> None:
    folder = project.folder / "many"
    for number in range(1500):
        picture(folder / f"{number:04}.png", number)
    winnow = [sys.executable, "-m", "store.cli", "--store", str(project.store), "--as", "olga"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [*winnow, "add", "many"], cwd=project.folder, env=environment, stderr=subprocess.DEVNULL
    ) as going:
        deadline = time.monotonic() + 60
        with sqlite3.connect(f"file:{project.store}?mode=ro", uri=True) as reader:
            while reader.execute("SELECT count(*) FROM input").fetchone()[0] == 0:
                assert going.poll() is None and time.monotonic() < deadline
        going.send_signal(signal.SIGKILL)
    before = Input.select().count()
    assert before % adding.CHUNK == 0, "a transaction is there whole or not at all"
    assert Event.select().where(Event.table == "input").count() == before
    report = adding.add(project.owner, [folder])
    assert len(report.added) + len(report.here) == 1500 == len(live())
    assert report.duplicates == report.broken == []
