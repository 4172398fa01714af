"""What tests of the formats share: pages as an export hands them to a format, and regions at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from store import formats
from store.errors import Refused
from store.formats import Page, Skipped, Statement

GOLDEN = Path(__file__).parent / "golden" / "formats"
WIDTH, HEIGHT = 640, 480
LINE = {"value": 1, "status": "SUCCESS", "score": None, "region": None, "annotator": "olga", "task": None}


def page(
    *lines: Mapping[str, Any],
    id: int = 1,
    path: str = "pictures/a.png",
    media: str = "image",
    file: Path | None = None,
) -> Page:
    return Page(id, path, media, WIDTH, HEIGHT, f"{id:064x}", lines, file)


def line(concept: str, region: Mapping[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    return {**LINE, "id": 1, "concept": concept, "region": region, "created_at": "", **others}


def box(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    """A box given in pixels."""
    return {"box": [x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT]}


def polygon(*points: tuple[float, float]) -> dict[str, Any]:
    """A polygon given in pixels."""
    return {"polygon": [[x / WIDTH, y / HEIGHT] for x, y in points]}


def sizes(path: str) -> tuple[int, int]:
    return WIDTH, HEIGHT


def unknown(path: str) -> tuple[int, int]:
    raise Refused(f"the size of {path} is unknown")


def written(format: ModuleType, pages: Iterable[Page], destination: Path) -> Counter[str]:
    """Write what the format holds of the pages; returns what it does not."""
    lost: Counter[str] = Counter()
    made = format.write(formats.fit(pages, format.HOLDS, lost), destination)
    return lost + made.lost


def read(format: ModuleType, source: Path) -> list[Statement]:
    """What the source says, all of which must be statements."""
    found = list(format.read(source, sizes))
    assert not [one for one in found if isinstance(one, Skipped)]
    return found


def scene() -> list[Page]:
    """Something of everything that some format cannot hold."""
    hole = polygon((20, 20), (40, 20), (40, 40))["polygon"]
    holed = {**polygon((10, 10), (90, 10), (90, 80), (10, 80)), "holes": [hole]}
    return [
        page(
            line("dog", box(12, 34, 200, 180), score=0.75),
            line("cat", box(0.5, 0.25, 640, 480)),
            line("cat", box(0.5, 0.25, 640, 480), annotator="anna"),
            line("tree", polygon((100, 100), (150, 120), (120, 200))),
            line("pond", holed),
            line("outdoor"),
            line("bird", value=0),
            line("cow", box(1, 1, 2, 2), status="AWAITING_REVIEW"),
        ),
        page(id=2, path="b.jpg"),
        page(line("greeting", {"span": [0, 5]}), line("letter"), id=3, path="t.txt", media="text"),
    ]


coordinates = st.tuples(*[st.integers(0, WIDTH), st.integers(0, HEIGHT)] * 2)
pixel_boxes = coordinates.filter(lambda c: c[0] != c[2] and c[1] != c[3]).map(
    lambda c: box(min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)
pixel_polygons = st.lists(
    st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT)), min_size=3, max_size=7
).map(lambda points: polygon(*points))
words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


def held(statement: Statement) -> tuple[Any, ...]:
    return statement.path, statement.concept, statement.region and statement.region.to_json(), statement.score
