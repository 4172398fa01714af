"""COCO: our file to the byte, there and back, files of others, and what pycocotools says of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import masks, pixels
from store.errors import Refused
from store.formats import Skipped, coco
from store.values import Region
from tests.exchange_scene import (
    GOLDEN,
    HEIGHT,
    WIDTH,
    held,
    line,
    page,
    pixel_boxes,
    pixel_polygons,
    read,
    scene,
    sizes,
    unknown,
    words,
    written,
)


def test_the_file_is_the_golden_one_and_what_it_cannot_hold_is_counted(tmp_path: Path) -> None:
    lost = written(coco, scene(), tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == (GOLDEN / "coco.json").read_bytes()
    assert lost == {
        "said again, written once": 1,
        "with holes, which are filled": 1,
        "of whole inputs": 1,
        "negatives": 1,
        "not Success": 1,
        "of texts": 2,
    }


regions = st.lists(
    st.tuples(words, pixel_boxes | pixel_polygons, st.none() | st.floats(0, 1, allow_nan=False)),
    max_size=5,
    unique_by=repr,
)


@given(said=regions)
def test_there_and_back_to_the_same_numbers(tmp_path_factory: pytest.TempPathFactory, said: Any) -> None:
    out = tmp_path_factory.mktemp("coco") / "out.json"
    pages = [page(*(line(name, region, score=score) for name, region, score in said)), page(id=2, path="b")]
    assert not written(coco, pages, out)
    back = read(coco, out)
    bare = [one.path for one in back if one.concept is None]
    assert bare == (["b"] if said else ["pictures/a.png", "b"])
    assert [held(one) for one in back if one.concept is not None] == [
        ("pictures/a.png", name, Region.from_json(region).to_json(), score) for name, region, score in said
    ]


@given(fraction=st.floats(0, 1, allow_nan=False), size=st.integers(1, 65_535))
def test_a_fraction_comes_back_from_pixels(fraction: float, size: int) -> None:
    assert abs(pixels.to_fraction(pixels.to_pixels(fraction, size), size) - fraction) < 1e-15
    whole = round(fraction * size)
    assert pixels.to_pixels(whole / size, size) == whole


def foreign(tmp_path: Path, **parts: Any) -> Path:
    """As the COCO people write it: annotations first, ids of their own, a mask of each kind."""
    whole = {
        "annotations": [
            {"id": 9, "image_id": 42, "category_id": 18, "bbox": [10.5, 20, 30, 40.25], "area": 1207.5},
            {
                "id": 10,
                "image_id": 42,
                "category_id": 1,
                "iscrowd": 1,
                "segmentation": {"counts": [5, 2, 3, 2, 8], "size": [5, 4]},
            },
            {"image_id": 43, "category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9], [1, 1, 2, 1, 2, 2]]},
        ],
        "images": [
            {"id": 42, "file_name": "000000000042.jpg", "width": 4, "height": 5},
            {"id": 43, "file_name": "train2017/000000000043.jpg"},
            {"id": 44, "file_name": "nothing.jpg", "width": 10, "height": 10},
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog", "supercategory": "animal"}],
    }
    source = tmp_path / "instances.json"
    source.write_text(json.dumps({**whole, **parts}))
    return source


def test_a_file_as_others_write_it(tmp_path: Path) -> None:
    outside, mask, first, second, bare = coco.read(foreign(tmp_path), sizes)
    assert outside == Skipped("annotation 1", "the box is empty or lies outside of the picture")
    assert (mask.concept, mask.path) == ("person", "000000000042.jpg")
    # Two columns of two pixels each: rows 0 and 1 of column 1, rows 0 and 1 of column 2.
    assert mask.region == pixels.polygon([[(1, 0), (1, 2), (3, 2), (3, 0)]], (4, 5))
    assert [first.remark, second.remark] == ["things of several parts, each an annotation", None]
    assert first.region == pixels.polygon([[(0, 0), (9, 0), (9, 9)]], (WIDTH, HEIGHT))
    assert (bare.path, bare.concept) == ("nothing.jpg", None)
    assert isinstance(list(coco.read(foreign(tmp_path), unknown))[2], Skipped), "nobody knows its size"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"images": [{"id": 1}]}',
        '{"images": [1]}',
        "[" * 100_000,
        '{"images": [{"id": 1',
        "\xff",
    ],
)
def test_what_is_no_coco_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    source = tmp_path / "in.json"
    source.write_text(text, "latin-1")
    with pytest.raises(Refused) as refused:
        list(coco.read(source, sizes))
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "shape",
    [
        {"bbox": [0, 0, "a", 1]},
        {"bbox": [0, 0, 1]},
        {"segmentation": [[0, 0, 1, 1, 2]]},
        {"segmentation": {"counts": [1, 1 << 60], "size": [5, 4]}},
        {"segmentation": {"counts": "~~~~~~~~~~~~~~~~~~", "size": [5, 4]}},
        {"segmentation": {"counts": "PPPPPPPPPPPPPPPPPPPP", "size": [5, 4]}},
        {"segmentation": {"counts": [20], "size": [5, 4]}},
        {"segmentation": {"counts": [0, 100], "size": [10, 10]}},
        {"bbox": [0, 0, 1, 1], "score": 7},
        {"bbox": [0, 0, 1, 1], "category_id": 99},
        {},
    ],
)
def test_what_is_no_region_is_skipped_with_its_place(tmp_path: Path, shape: dict[str, Any]) -> None:
    said = [{"image_id": 42, "category_id": 1, **shape}]
    first = next(coco.read(foreign(tmp_path, annotations=said), sizes))
    assert isinstance(first, Skipped) and first.where == "annotation 1"


drawn_masks = st.tuples(st.integers(1, 8), st.integers(1, 8)).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 1), min_size=size[0], max_size=size[0]), min_size=size[1], max_size=size[1]
    )
)


def painted(parts: list[list[masks.Ring]], width: int, height: int) -> list[list[int]]:
    """How often parts cover the middle of each pixel; what a ring within a part covers twice is a hole."""
    return [
        [sum(inside(part, x + 0.5, y + 0.5) for part in parts) for x in range(width)] for y in range(height)
    ]


def inside(part: list[masks.Ring], x: float, y: float) -> bool:
    crossed = 0
    for ring in part:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
            crossed += (ay > y) != (by > y) and x < ax
            assert ax == bx or ay == by
    return bool(crossed % 2)


@given(mask=drawn_masks)
def test_a_masks_polygons_cover_its_pixels_and_no_others(mask: list[list[int]]) -> None:
    counts = [0]
    for value in (value for row in mask for value in row):
        if value != (len(counts) + 1) % 2:
            counts.append(0)
        counts[-1] += 1
    parts = masks.polygons(masks.runs(counts, sum(counts)), len(mask[0]))
    assert painted(parts, len(mask[0]), len(mask)) == mask


def test_pycocotools_reads_ours_and_packs_masks_as_we_unpack_them(tmp_path: Path) -> None:
    tools = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed (group peers)")
    from pycocotools import mask as packing

    written(coco, scene(), tmp_path / "out.json")
    peer = tools.COCO(str(tmp_path / "out.json"))
    assert [peer.cats[one]["name"] for one in sorted(peer.cats)] == ["dog", "cat", "tree", "pond"]
    assert sorted(peer.imgs) == [1, 2] and len(peer.getAnnIds(imgIds=[2])) == 0
    tree = peer.anns[3]
    assert tree["area"] == pytest.approx(int(peer.annToMask(tree).sum()), rel=0.02)
    assert tree["area"] == pytest.approx(2300)
    runs = [7, 300, 5, 1, 40, 12_000, 1, 1, 287_645]
    packed = packing.frPyObjects({"counts": runs, "size": [500, 600]}, 500, 600)["counts"].decode()
    assert masks.unpacked(packed) == runs


def test_pycocotools_scores_our_file_against_itself_as_perfect(tmp_path: Path) -> None:
    tools = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed (group peers)")
    from pycocotools.cocoeval import COCOeval

    written(coco, scene(), tmp_path / "out.json")
    truth = tools.COCO(str(tmp_path / "out.json"))
    found = truth.loadRes([{**one, "score": 0.9} for one in truth.anns.values()])
    judge = COCOeval(truth, found, "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert judge.stats[0] == pytest.approx(1.0)
