"""CSV, CVAT and Label Studio: our files to the byte, there and back, and files as others write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import pixels
from store.errors import Refused
from store.formats import Skipped, Statement, csv, cvat, label_studio
from store.values import Region, Status
from tests.exchange_scene import (
    GOLDEN,
    HEIGHT,
    WIDTH,
    box,
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

SIZE = (WIDTH, HEIGHT)
FORMATS = [(csv, "scene.csv"), (cvat, "cvat.xml"), (label_studio, "label_studio.json")]


@pytest.mark.parametrize(("format", "name"), FORMATS)
def test_the_file_is_the_golden_one(tmp_path: Path, format: Any, name: str) -> None:
    lost = written(format, scene(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()
    if format is csv:
        assert not lost, "a table holds everything"
    if format is cvat:
        assert lost["with a score, written without"] == lost["negatives"] == 1 and lost["of texts"] == 2


spans = st.tuples(st.integers(0, 99), st.integers(1, 99)).map(lambda s: {"span": [s[0], s[0] + s[1]]})
drawn = st.none() | pixel_boxes | pixel_polygons
scores = st.none() | st.floats(0, 1, allow_nan=False)


def shapes(regions: Any) -> Any:
    return st.lists(st.tuples(words, regions, scores), max_size=5, unique_by=lambda one: repr(one[:2]))


def meant(said: Any) -> list[Any]:
    return [(name, Region.from_json(region)) for name, region, _ in said]


def told(back: list[Statement]) -> list[Any]:
    return [(one.concept, one.region) for one in back if one.concept is not None]


@given(said=shapes(drawn | spans), name=words, value=st.integers(0, 1), status=st.sampled_from(Status))
def test_csv_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, said: Any, name: str, value: int, status: Status
) -> None:
    out = tmp_path_factory.mktemp("csv") / "out.csv"
    others = {"value": value, "status": status.name, "annotator": name}
    lines = [line(concept, region, score=score, **others) for concept, region, score in said]
    assert not written(csv, [page(*lines, path=f"caf\udce9\n{name}")], out)
    back = read(csv, out)
    assert told(back) == meant(said) and [one.score for one in back] == [score for _, _, score in said]
    assert {(one.path, one.value, one.status, one.annotator) for one in back} <= {
        (f"caf\udce9\n{name}", value, status, name)
    }


@pytest.mark.parametrize("name", ["=1+1", "'=1", "-x", "@a", "+", "'", "''-"])
def test_no_cell_is_a_formula(tmp_path: Path, name: str) -> None:
    written(csv, [page(line(name))], tmp_path / "out.csv")
    assert f",{name}," not in (tmp_path / "out.csv").read_text() or name[0] == "'"
    assert [one.concept for one in read(csv, tmp_path / "out.csv")] == [name]


@given(said=shapes(drawn))
def test_cvat_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    out = tmp_path_factory.mktemp("cvat") / "out.xml"
    written(cvat, [page(*(line(name, region) for name, region, _ in said))], out)
    assert told(read(cvat, out)) == meant(said)


@given(said=shapes(drawn))
def test_label_studio_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    out = tmp_path_factory.mktemp("studio") / "out.json"
    odd = "pictures/caf\udce9 ?d=%.png"
    lines = [line(name, region, score=score) for name, region, score in said]
    assert not written(label_studio, [page(*lines, path=odd)], out)
    back = read(label_studio, out)
    assert told(back) == meant(said) and {one.path for one in back} == {odd}
    assert [one.score for one in back if one.concept] == [score for _, _, score in said]


@pytest.mark.parametrize(
    ("text", "concept", "region"),
    [
        ("filename,label\na.png,cat", "cat", None),
        ("image_path,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,30,40", "cat", pixels.box(1, 2, 30, 40, SIZE)),
        ("file,name,x1,y1,x2,y2\na.png,cat,1,2,30,40", "cat", pixels.box(1, 2, 30, 40, SIZE)),
        (
            "\ufeffpath,concept,x0,y0,x1,y1,width,height\na.png,c,1,2,9,9,10,10",
            "c",
            pixels.box(1, 2, 9, 9, (10, 10)),
        ),
        ("path,start,end,concept\na.png,3,9,greeting", "greeting", Region.from_span(3, 9)),
        ("path\na.png", None, None),
    ],
)
def test_tables_as_others_write_them(tmp_path: Path, text: str, concept: str | None, region: Any) -> None:
    (tmp_path / "in.csv").write_text(text, "utf-8")
    (one,) = read(csv, tmp_path / "in.csv")
    assert (one.path, one.concept, one.region) == ("a.png", concept, region)


@pytest.mark.parametrize(
    "cells",
    [
        "x0,y0\na,c,1,2",
        "x0,y0,x1,y1\na,c,1,2,nan,4",
        "x0,y0,x1,y1\na,c,1,2,1,4",
        "polygon\na,c,[1]",
        f"polygon\na,c,{'[' * 9999}",
        "value\na,c,2",
        "status\na,c,DONE",
        "score\na,c,7",
        "width,height,x0,y0,x1,y1\na,c,0,0,1,1,2,2",
        "start,end\na,c,5,1e99",
    ],
)
def test_lines_that_say_nothing_are_skipped(tmp_path: Path, cells: str) -> None:
    (tmp_path / "in.csv").write_text(f"path,concept,{cells}\n")
    (one,) = csv.read(tmp_path / "in.csv", sizes)
    assert isinstance(one, Skipped) and one.where == "line 2"


def test_a_table_that_names_no_inputs_is_refused(tmp_path: Path) -> None:
    for text in ("", "a,b\n1,2\n"):
        (tmp_path / "in.csv").write_text(text)
        with pytest.raises(Refused, match="'path' is missing"):
            list(csv.read(tmp_path / "in.csv", sizes))


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels><label><name>car</name></label></labels></task></meta>
<image id="0" name="set/one.jpg" width="640" height="480">
  <box label="car" source="manual" occluded="0" xtl="1.50" ytl="2" xbr="640.20" ybr="40" z_order="0">
    <attribute name="colour">red</attribute></box>
  <box label="car" rotation="30" xtl="1" ytl="2" xbr="3" ybr="4"/>
  <mask label="car" rle="1, 2, 1, 2" left="10" top="20" width="3" height="2" z_order="0"/>
  <polyline label="car" points="1,2;3,4"/><polygon label="car" points="0,0;9,0;9,9"/><tag label="street"/>
</image><image id="1" name="two.jpg" width="640" height="480"/></annotations>"""


def test_a_file_as_cvat_writes_it(tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_text(CVAT)
    found = list(cvat.read(tmp_path / "in.xml", sizes))
    places = [(one.where, one.sentence) for one in found if isinstance(one, Skipped)]
    assert places == [
        ("line 3, shape 2", "boxes that are turned cannot be taken"),
        ("line 3, shape 4", "a polyline is no box, polygon, mask or tag"),
    ]
    car, mask, polygon, street, bare = (one for one in found if isinstance(one, Statement))
    assert car.region == pixels.box(1.5, 2, 640, 40, SIZE) and car.path == "set/one.jpg"
    # Of the box of 3 × 2 pixels the two right ones of the first line and the two right ones of the second.
    assert mask.region is not None and mask.region.bounds == pixels.box(11, 20, 13, 22, SIZE).bounds
    assert polygon.region == pixels.polygon([[(0, 0), (9, 0), (9, 9)]], SIZE)
    assert (street.concept, street.region, bare.path, bare.concept) == ("street", None, "two.jpg", None)


STUDIO = [
    {
        "id": 7,
        "data": {"image": "/data/upload/3/1a2b3c4d-one.png", "meta": 5},
        "annotations": [
            {
                "completed_by": 1,
                "result": [
                    {
                        "type": "rectanglelabels",
                        "original_width": WIDTH,
                        "original_height": HEIGHT,
                        "value": {"x": 10, "y": 25, "width": 5, "height": 50, "rectanglelabels": ["a"]},
                    },
                    {"type": "choices", "value": {"choices": ["b", "c"]}},
                    {"type": "brushlabels", "value": {"rle": [], "brushlabels": ["x"]}},
                    {"type": "rectanglelabels", "value": {"x": "?", "rectanglelabels": ["x"]}},
                ],
            },
            {"was_cancelled": True, "result": [{"type": "choices", "value": {"choices": ["no"]}}]},
        ],
        "predictions": [
            {"model_version": "m", "result": [{"type": "choices", "score": 0.5, "value": {"choices": ["d"]}}]}
        ],
    },
    {"data": {"image": "s3://bucket/deep/two.jpg"}},
    {"data": {"text": "Hello there"}, "annotations": [{"result": [
        {"type": "labels", "value": {"start": 0, "end": 5, "text": "Hello", "labels": ["greeting"]}}]}]},
]  # fmt: skip


def test_tasks_as_label_studio_writes_them(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps(STUDIO))
    found = list(label_studio.read(tmp_path / "in.json", sizes))
    assert len([one for one in found if isinstance(one, Skipped)]) == 2
    a, b, c, d, bare, greeting = (one for one in found if isinstance(one, Statement))
    assert (a.path, a.region, a.status) == ("one.png", pixels.box(64, 120, 96, 360, SIZE), Status.SUCCESS)
    assert (b.concept, c.concept) == ("b", "c")
    assert (d.concept, d.score, d.annotator, d.status) == ("d", 0.5, "m", Status.AWAITING_REVIEW)
    assert (bare.path, bare.concept) == ("deep/two.jpg", None)
    assert greeting.region == Region.from_span(0, 5) and greeting.sha256 is not None


NO_STUDIO = ["", "{}", "[]", "[1]", '[{"data": {}}]', "[" * 9999]


@pytest.mark.parametrize("text", [*NO_STUDIO, '[{"data": {"image": "x.png"}, "annotations": 5}]'])
def test_what_is_no_label_studio_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.json").write_text(text)
    with pytest.raises(Refused):
        list(label_studio.read(tmp_path / "in.json", sizes))


def test_what_is_no_cvat_is_refused(tmp_path: Path) -> None:
    for text in (
        "",
        "<annotations/>",
        "<image/>",
        '<!DOCTYPE x><annotations><image name="a"/></annotations>',
    ):
        (tmp_path / "in.xml").write_text(text)
        with pytest.raises(Refused):
            list(cvat.read(tmp_path / "in.xml", sizes))


def test_what_awaits_review_is_a_prediction_where_it_is_asked_for(tmp_path: Path) -> None:
    waiting = page(line("dog", box(1, 1, 2, 2), status="AWAITING_REVIEW"))
    label_studio.write([waiting], tmp_path / "out.json")
    (task,) = json.loads((tmp_path / "out.json").read_text())
    assert not task["annotations"] and len(task["predictions"]) == 1
