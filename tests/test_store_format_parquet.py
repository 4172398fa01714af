"""Parquet: there and back, what Hugging Face writes, and a sentence where pyarrow is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import pixels
from store.errors import Refused
from store.formats import parquet
from store.values import Region
from tests.exchange_scene import (
    HEIGHT,
    WIDTH,
    line,
    page,
    pixel_boxes,
    pixel_polygons,
    read,
    scene,
    sizes,
    words,
    written,
)


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Refused, match="extra 'parquet'"):
        written(parquet, scene(), tmp_path / "out.parquet")
    with pytest.raises(Refused, match="extra 'parquet'"):
        list(parquet.read(tmp_path / "out.parquet", sizes))
    assert list(tmp_path.iterdir()) == []


def test_it_holds_everything(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (group peers)")
    assert not written(parquet, scene(), tmp_path / "out.parquet")
    back = read(parquet, tmp_path / "out.parquet")
    said = [(one.path, one.concept, one.value, one.status.name, one.annotator, one.score) for one in back]
    assert said[0] == ("pictures/a.png", "dog", 1, "SUCCESS", "olga", 0.75)
    assert said[6:9] == [
        ("pictures/a.png", "bird", 0, "SUCCESS", "olga", None),
        ("pictures/a.png", "cow", 1, "AWAITING_REVIEW", "olga", None),
        ("b.jpg", None, 1, "SUCCESS", None, None),
    ]
    pond = back[4].region
    assert pond is not None and len(pond.rings) == 2
    assert back[9].region == Region.from_span(0, 5)


shapes = st.lists(st.tuples(words, st.none() | pixel_boxes | pixel_polygons), max_size=5, unique_by=repr)


@given(said=shapes)
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (group peers)")
    out = tmp_path_factory.mktemp("parquet") / "out.parquet"
    written(parquet, [page(*(line(name, region) for name, region in said))], out)
    back = [(one.concept, one.region) for one in read(parquet, out) if one.concept is not None]
    assert back == [(name, Region.from_json(region)) for name, region in said]


def test_a_data_set_as_hugging_face_writes_it(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (group peers)")
    files = importlib_parquet()
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    rows = [{"image": {"bytes": b"content", "path": "one.png"}, "label": 1}, {"image": {"path": "two.png"}}]
    table = arrow.Table.from_pylist(rows).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    files.write_table(table, tmp_path / "in.parquet")
    one, two = read(parquet, tmp_path / "in.parquet")
    assert (one.path, one.concept, len(one.sha256 or "")) == ("one.png", "dog", 64)
    assert (two.path, two.concept) == ("two.png", None)
    objects = {"bbox": [[8.0, 6.0, 10.0, 20.0]], "category": ["bolt"]}
    files.write_table(
        arrow.Table.from_pylist([{"file_name": "a.png", "objects": objects}]), tmp_path / "in.parquet"
    )
    (bolt,) = read(parquet, tmp_path / "in.parquet")
    assert (bolt.concept, bolt.region) == ("bolt", pixels.box(8, 6, 18, 26, (WIDTH, HEIGHT)))


def importlib_parquet() -> Any:
    import pyarrow.parquet

    return pyarrow.parquet


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (group peers)")
    for content in (b"", b"PAR1" + b"\xff" * 100 + b"PAR1"):
        (tmp_path / "in.parquet").write_bytes(content)
        with pytest.raises(Refused):
            list(parquet.read(tmp_path / "in.parquet", sizes))
