"""The formats as a whole: the README's table of them, and what a format that holds little is handed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from store import formats
from store.formats import EVERYTHING, Page, Part
from tests.exchange_scene import box, line, page, polygon, scene

README = Path(__file__).parent.parent / "README.md"


def holds(name: str) -> str:
    held = formats.load(name, "write").HOLDS
    missing = [str(part) for part in Part if part not in held]
    kept = [str(part) for part in Part if part in held]
    if len(missing) < len(kept):
        return f"all but {', '.join(missing)}" if missing else "all"
    return ", ".join(kept)


def table() -> str:
    """The formats as the README lists them."""
    rows = [
        f"| `{name}` | {formats.load(name, 'write').TITLE} | {holds(name)} |"
        for name in formats.known("write")
    ]
    return "\n".join(["| format | what it is | holds |", "| --- | --- | --- |", *rows])


def test_the_readme_lists_the_formats_as_they_are() -> None:
    assert table() in README.read_text("utf-8"), f"this belongs into the README:\n{table()}"
    assert formats.known("read") == formats.known("write")


def parts(handed: list[Page]) -> set[Part]:
    """What the pages need a format to hold; of scores nothing, they are left to the format."""
    lines = [said for one in handed for said in one.annotations]
    regions = [said["region"] or {} for said in lines]
    there = {
        Part.WHOLE: {} in regions,
        Part.BOXES: any("box" in region for region in regions),
        Part.POLYGONS: any("polygon" in region for region in regions),
        Part.HOLES: any("holes" in region for region in regions),
        Part.SPANS: any("span" in region for region in regions),
        Part.NEGATIVES: any(not said["value"] for said in lines),
        Part.STATUSES: any(said["status"] != "SUCCESS" for said in lines),
        Part.ANNOTATORS: len({(said["concept"], repr(said["region"])) for said in lines}) < len(lines),
        Part.EMPTY: any(not one.annotations for one in handed),
        Part.TEXTS: any(one.media == "text" for one in handed),
    }
    return {part for part, found in there.items() if found}


def test_nothing_that_a_format_does_not_hold_reaches_it() -> None:
    assert parts(scene()) == EVERYTHING - {Part.SCORES}
    for part in EVERYTHING:
        lost: Counter[str] = Counter()
        assert part not in parts(list(formats.fit(scene(), EVERYTHING - {part}, lost)))
        assert lost or part is Part.EMPTY


@pytest.mark.parametrize("region", [box(0, 0, 9, 9), polygon((0, 0), (9, 0), (9, 9))])
def test_what_cannot_be_held_at_all_is_left_out_and_its_input_is_not_empty(region: dict[str, object]) -> None:
    lost: Counter[str] = Counter()
    handed = list(formats.fit([page(line("a", region))], {Part.WHOLE, Part.EMPTY}, lost))
    assert handed == [] and lost.total() == 1


def test_doubtful_labels_reach_a_format_without_statuses_only_where_asked_for() -> None:
    waiting = [page(line("a", status="AWAITING_REVIEW"))]
    lost: Counter[str] = Counter()
    assert list(formats.fit(waiting, {Part.WHOLE}, lost)) == [] and lost == {"not Success": 1}
    lost.clear()
    assert len(list(formats.fit(waiting, {Part.WHOLE}, lost, any_status=True))) == 1
    assert lost == {"with a status, written without": 1}
