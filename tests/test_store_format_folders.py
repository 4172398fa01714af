"""YOLO, Pascal VOC and ImageFolder: our folders to the byte, there and back, and folders of others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import pixels
from store.errors import Refused
from store.formats import Page, Skipped, Statement, imagefolder, voc, yolo, yolo_segment
from store.values import Region
from tests.exchange_scene import (
    GOLDEN,
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
from tests.pictures import picture


def texts(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".png")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


@pytest.mark.parametrize("format", [yolo, yolo_segment, voc])
def test_the_folder_is_the_golden_one(tmp_path: Path, format: Any) -> None:
    lost = written(format, scene(), tmp_path / "out")
    name = format.__name__.rpartition(".")[2]
    assert texts(tmp_path / "out") == texts(GOLDEN / name) != {}
    assert lost["of whole inputs"] == lost["negatives"] == lost["not Success"] == 1
    with pytest.raises(Refused, match="not empty"):
        written(format, scene(), tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out"]


def shapes(regions: Any) -> Any:
    return st.lists(st.tuples(words, regions), max_size=5, unique_by=repr)


def there_and_back(format: Any, folder: Path, said: Any) -> list[Statement]:
    assert not written(format, [page(*(line(name, region) for name, region in said))], folder)
    return read(format, folder)


def told(back: list[Statement]) -> list[Any]:
    return [(one.concept, one.region) for one in back if one.concept is not None]


def meant(said: Any) -> list[Any]:
    return [(name, Region.from_json(region)) for name, region in said]


@given(said=shapes(pixel_boxes))
def test_boxes_of_yolo_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    back = there_and_back(yolo, tmp_path_factory.mktemp("yolo") / "out", said)
    assert told(back) == meant(said) and {one.path for one in back} == {"images/a"}


@given(said=shapes(pixel_polygons))
def test_polygons_of_yolo_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    assert told(there_and_back(yolo_segment, tmp_path_factory.mktemp("yolo") / "out", said)) == meant(said)


@given(said=shapes(pixel_boxes))
def test_boxes_of_voc_there_and_back(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    back = there_and_back(voc, tmp_path_factory.mktemp("voc") / "out", said)
    assert told(back) == meant(said) and {one.path for one in back} == {"a.png"}


def filed(tmp_path: Path) -> list[Page]:
    """Two pictures of one name, with files."""
    files = [picture(tmp_path / folder / "a.png", number) for number, folder in enumerate("xy")]
    said = [
        page(line("cat"), line("a/b"), path="x/a.png"),
        page(line("dog"), line("cat"), id=2, path="y/a.png"),
    ]
    return [replace(one, file=file) for one, file in zip(said, files, strict=True)]


def test_pictures_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    lost = written(imagefolder, filed(tmp_path), tmp_path / "out")
    there = sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")
    )
    assert there == ["cat/a-2.png", "cat/a.png", "dog/a-2.png"]
    assert lost == {"of concepts that cannot name a folder": 1}
    assert (tmp_path / "out/dog/a-2.png").read_bytes() == (tmp_path / "y/a.png").read_bytes()
    back = read(imagefolder, tmp_path / "out")
    assert [(one.path, one.concept) for one in back] == [
        ("cat/a-2.png", "cat"),
        ("cat/a.png", "cat"),
        ("dog/a-2.png", "dog"),
    ]


def test_an_imagefolder_without_pictures_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing but pictures"):
        written(imagefolder, scene()[:1], tmp_path / "out") or written(
            imagefolder, [page(line("cat"))], tmp_path / "out"
        )
    assert list(tmp_path.iterdir()) == []


def test_an_imagefolder_with_splits_as_others_make_it(tmp_path: Path) -> None:
    for name in ("train/cat/1.jpg", "val/dog/deep/2.PNG", "train/loose.jpg"):
        picture(tmp_path / name)
    assert [one.concept for one in imagefolder.read(tmp_path, sizes)] == ["cat", "dog"]


def test_a_yolo_folder_as_ultralytics_and_roboflow_make_it(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(
        "path: ../elsewhere\ntrain: ../train/images\nnc: 2\nnames: ['cat', 'dog']\n"
    )
    picture(tmp_path / "train/images/one.jpg", size=(WIDTH, HEIGHT))
    picture(tmp_path / "train/images/bare.jpg")
    labels = tmp_path / "train/labels"
    labels.mkdir()
    (labels / "one.txt").write_text("1 0.500000 0.500000 0.100000 0.200000 0.875\n0 .1 .1 .2 .1 .2 .2\n\n")
    (labels / "gone.txt").write_text("0 0.5 0.5 0 0\n")
    broken, box, polygon, bare = yolo.read(tmp_path / "data.yaml", sizes)
    assert broken == Skipped("train/labels/gone.txt, line 1", broken.sentence)
    assert (box.path, box.concept, box.score) == ("train/images/one.jpg", "dog", 0.875)
    assert box.region == pixels.box(288, 192, 352, 288, (WIDTH, HEIGHT))
    assert polygon.region == pixels.polygon([[(64, 48), (128, 48), (128, 96)]], (WIDTH, HEIGHT))
    assert (bare.path, bare.concept) == ("train/images/bare.jpg", None)


@pytest.mark.parametrize(
    ("yaml", "label"),
    [
        ("names: [a]", "0 nan 0 0 0"),
        ("names: [a]", "7 .1 .1 .1 .1"),
        ("names: [a]", "0 .1 .1 .1"),
        ("names: [a]", "0 99 .1 .1 .1"),
        ("names: [a]", "caf\u00e9"),
        ("names: !!python/object/apply:os.system [id]", "0 .1 .1 .1 .1"),
        ("names: 5", ""),
        ("names: {a: b}", ""),
        ("[" * 5000, ""),
        ("names: &a [*a]", ""),
    ],
)
def test_what_is_no_yolo_is_refused(tmp_path: Path, yaml: str, label: str) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "data.yaml").write_text(yaml)
    (tmp_path / "labels" / "a.txt").write_text(label, "utf-8")
    with pytest.raises(Refused):
        list(yolo.read(tmp_path, sizes))


VOC = """<annotation verified="yes">
  <folder>VOC2012</folder><filename>2007_000027.jpg</filename>
  <size><width>486</width><height>500</height><depth>3</depth></size>
  <object><name>person</name><difficult>0</difficult>
    <bndbox><xmin>174</xmin><ymin>101</ymin><xmax>349</xmax><ymax>351</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>169</xmin><ymin>104</ymin><xmax>209</xmax><ymax>146</ymax></bndbox></part>
  </object>
  <object><name>cut</name><bndbox><xmin>0</xmin><ymin>-3</ymin><xmax>9</xmax><ymax>501.5</ymax></bndbox></object>
  <object><name>none</name><bndbox><xmin>5</xmin></bndbox></object>
</annotation>"""


def test_a_voc_folder_as_the_challenge_has_it(tmp_path: Path) -> None:
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "2007_000027.xml").write_text(VOC)
    picture(tmp_path / "JPEGImages" / "2007_000027.jpg")
    person, cut, none = voc.read(tmp_path, sizes)
    assert (person.path, person.concept) == ("JPEGImages/2007_000027.jpg", "person")
    assert person.region == pixels.box(173, 100, 349, 351, (486, 500))
    assert cut.region == pixels.box(0, 0, 9, 500, (486, 500))
    assert none == Skipped("2007_000027.xml, object 3", "ymin must be a number")
    alone = next(voc.read(tmp_path / "Annotations" / "2007_000027.xml", sizes))
    assert isinstance(alone, Statement) and alone.path == "2007_000027.jpg"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<annotation>",
        "<other/>",
        '<!DOCTYPE a [<!ENTITY e "x">]><annotation><filename>&e;</filename></annotation>',
        '<!DOCTYPE annotation SYSTEM "file:///etc/passwd"><annotation/>',
        "<annotation>" + "<a>" * 100_000,
        "\x00\x01",
    ],
)
def test_what_is_no_voc_is_refused(tmp_path: Path, xml: str) -> None:
    (tmp_path / "a.xml").write_text(xml)
    with pytest.raises(Refused):
        list(voc.read(tmp_path, sizes))
