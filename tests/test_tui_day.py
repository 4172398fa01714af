"""Ten inputs labeled in one sitting by keyboard only: classification, boxes, a polygon, spans of texts."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.pty_rig import PtyRig
from tests.winnow_process import environment, winnow, winnow_json

PHOTOS, SIZE = 7, (400, 300)
TEXTS = ("Marie Curie went to Paris.", "Nobody went anywhere.")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Seven photos and two texts, each kind in a dataset, and a task of each type."""
    folder = tmp_path / "p"
    (folder / "photos").mkdir(parents=True)
    (folder / "texts").mkdir()
    winnow(folder, "init")
    for number in range(PHOTOS):
        shade = Image.linear_gradient("L").rotate(40 * number).resize(SIZE).convert("RGB")
        shade.save(folder / "photos" / f"{number}.png")
    for number, text in enumerate(TEXTS):
        (folder / "texts" / f"{number}.txt").write_text(text)
    for name in ("photos", "texts"):
        winnow(folder, "add", name, "--dataset", name)
    for name, kind, dataset, *concepts in (
        ("notes", "text", "texts", "person", "place"),
        ("shapes", "segmentation", "photos", "lake"),
        ("boxes", "detection", "photos", "goat", "boat"),
        ("kinds", "classification", "photos", "cat", "dog"),
    ):
        named = [part for concept in concepts for part in ("--concept", concept)]
        winnow(folder, "task", "create", name, "--type", kind, "--dataset", dataset, *named)
    return folder


def said(folder: Path, task: str) -> list[tuple[str, str, int, Any, str]]:
    """Path, concept, value, region in pixels or characters, and status of what stands in a task."""
    found: list[Any] = winnow_json(folder, "annotation", "list", "--task", task)
    return [
        (Path(row["path"]).name, row["concept"], row["value"], in_pixels(row["region"]), row["status"])
        for row in sorted(found, key=lambda row: row["id"])
    ]


def in_pixels(region: Any) -> Any:
    if region is None or "span" in region:
        return region and region["span"]
    width, height = SIZE
    if "box" in region:
        left, top, right, bottom = region["box"]
        return [round(v, 6) for v in (left * width, top * height, right * width, bottom * height)]
    return [[round(x * width, 6), round(y * height, 6)] for x, y in region["polygon"]]


def open_task(rig: PtyRig, name: str) -> None:
    """Filter the task list, and label what is left."""
    rig.wait_for("You can")
    rig.send("/")
    rig.press(*name, "enter", "l")
    rig.wait_for(f"{name}  1/")
    rig.wait_until_quiet()


def back(rig: PtyRig) -> None:
    rig.press("q")
    rig.wait_for("You can")
    rig.press("escape")


def classify(rig: PtyRig) -> None:
    """A digit, accept and reject, both, and nothing."""
    open_task(rig, "kinds")
    rig.send("1\r")
    rig.wait_for("1 done")
    rig.send("ax\r")
    rig.wait_for("2 done")
    rig.send("2\r\r")
    rig.wait_for("4 done")
    back(rig)


def draw_boxes(rig: PtyRig) -> None:
    """In the middle, then one that is grown from its side at another zoom, then one that is copied."""
    open_task(rig, "boxes")
    rig.press("b")
    rig.wait_for("first corner  200,150 px")
    rig.send(" lllllj")
    rig.wait_for("5×1 px")
    rig.press("enter")
    rig.wait_for("What is in the region?")
    rig.send("goat\r")
    rig.wait_for("goat.1")
    rig.send("y")
    rig.wait_for("boxes  2/")
    rig.wait_for("goat.1")
    rig.wait_until_quiet()
    rig.send("E++")
    rig.wait_for("right bottom corner  205,151 px")
    rig.send("lj")
    rig.wait_for("206,152 px  6×2 px")
    rig.press("enter")
    rig.wait_for(lambda: "Place" not in rig.screen()[-1])
    rig.send("h")
    rig.wait_for("boxes  1/")
    rig.send("\r")
    rig.wait_for("1 done")
    rig.send("\r")
    rig.wait_for("2 done")
    back(rig)


def draw_polygon(rig: PtyRig) -> None:
    open_task(rig, "shapes")
    rig.press("p")
    rig.wait_for("200,150 px")
    rig.send(" lllll jjjj \r")
    rig.wait_for("What is in the region?")
    rig.send("\r")
    rig.wait_for("lake.1")
    rig.send("\r")
    rig.wait_for("1 done")
    back(rig)


def mark_spans(rig: PtyRig) -> None:
    """Two words of the first text, a word of it, and nothing of the second."""
    open_task(rig, "notes")
    rig.send("t ee1")
    rig.wait_for("person.1")
    rig.send("fParis\r\r2")
    rig.wait_for("place.1")
    rig.wait_for("Mark from here")
    rig.press("escape")
    rig.wait_for(lambda: "Mark from here" not in rig.text)
    rig.send("\r")
    rig.wait_for("1 done")
    rig.send("\r")
    rig.wait_for("2 done")
    back(rig)


def test_ten_inputs_are_labeled_by_keyboard_alone(project: Path) -> None:
    settings: dict[str, str | None] = {**environment(project), "NO_COLOR": None}
    settings |= {"COLUMNS": None, "LINES": None}
    command = [sys.executable, "-m", "store.cli", "open"]
    with PtyRig(command, kind="kitty", environment=settings, directory=project) as rig:
        classify(rig)
        draw_boxes(rig)
        draw_polygon(rig)
        mark_spans(rig)
        rig.press("ctrl+c")
        assert rig.wait_for_exit() == 0
        assert rig.strays == []
    assert said(project, "kinds") == [
        ("0.png", "cat", 1, None, "SUCCESS"),
        ("1.png", "cat", 1, None, "SUCCESS"),
        ("1.png", "dog", 0, None, "SUCCESS"),
        ("2.png", "dog", 1, None, "SUCCESS"),
    ]
    assert said(project, "boxes") == [
        ("0.png", "goat", 1, [200, 150, 205, 151], "SUCCESS"),
        ("1.png", "goat", 1, [200, 150, 206, 152], "SUCCESS"),
    ]
    assert said(project, "shapes") == [
        ("0.png", "lake", 1, [[200, 150], [205, 150], [205, 154]], "SUCCESS"),
    ]
    place = TEXTS[0].index("Paris")
    assert said(project, "notes") == [
        ("0.txt", "person", 1, [0, len("Marie Curie")], "SUCCESS"),
        ("0.txt", "place", 1, [place, place + len("Paris")], "SUCCESS"),
    ]
    done = {row["name"]: row["labeled_percent"] for row in winnow_json(project, "task", "list")}
    assert done == {"kinds": 57, "boxes": 28, "shapes": 14, "notes": 100}
