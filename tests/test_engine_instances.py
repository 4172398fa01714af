"""Things with masks of their own, as YOLO's segmenters give them: outlined, and back on the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.families import instances
from engine.media import WHOLE, Place
from engine.session import ModelError
from store import models
from store.cards import Card, Preprocessing
from tests import by_hand, tiny_model
from tests.conftest import Project
from tests.onnx_files import named, saying

SIDE, GRID = 64, 16
NAMES = ("cat", "dog")


def segmenter(folder: Path, **changes: Any) -> Card:
    fields = {"family": "instances", "concepts": NAMES, "floor": 0.25, "keep": 10}
    wanted = Preprocessing(size=SIDE)
    parameters = {"off": 0.0}
    return tiny_model.card(folder, **{**fields, "preprocessing": wanted, "parameters": parameters, **changes})


def outputs(rows: list[list[float]], masks: np.ndarray) -> dict[str, np.ndarray]:
    """Rows: middle x, middle y, width and height in pixels, a score by concept, a share of each mask."""
    return {
        "predictions": np.array([rows], np.float32).transpose(0, 2, 1),
        "masks": masks[None].astype(np.float32),
    }


def random_masks(count: int) -> np.ndarray:
    return np.random.default_rng(11).normal(size=(count, GRID, GRID))


def by_the_book(box: tuple[int, int, int, int], shares: list[float], masks: np.ndarray) -> np.ndarray:
    """Sum the masks by their shares, squash, cut at a half, crop to the box, keep the largest piece."""
    total = sum(share * mask for share, mask in zip(shares, masks, strict=True))
    shown = 1 / (1 + np.exp(-total)) > 0.5
    cropped = np.zeros((GRID, GRID), int)
    x0, y0, x1, y1 = box
    cropped[y0:y1, x0:x1] = shown[y0:y1, x0:x1]
    pieces = [pixels for value, pixels in by_hand.flood(cropped) if value]
    return max(pieces, key=lambda pixels: int(pixels.sum()))


def test_a_mask_is_the_sum_of_its_shares_within_its_box(tmp_path: Path) -> None:
    y, x = np.mgrid[:GRID, :GRID]
    masks = np.stack([x - 5.5, 9.5 - y, np.ones((GRID, GRID))])
    rows = [
        [32, 32, 48, 48, 0.75, 0.1, 1, 0, 0],
        [32, 32, 48, 32, 0.2, 0.5, 0, 1, 0],
        [9, 9, 4, 4, 0.5, 0, 0, 0, -1],
    ]
    found = instances.decode(outputs(rows, masks), segmenter(tmp_path), [WHOLE])[0]
    assert [(one.concept, one.score) for one in found] == [(0, 0.75), (1, 0.5)]
    assert [one.region and one.region.bounds for one in found] == [
        (6 / 16, 2 / 16, 14 / 16, 14 / 16),
        (2 / 16, 4 / 16, 14 / 16, 10 / 16),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_outlines_are_those_of_the_book(tmp_path: Path, seed: int) -> None:
    masks = random_masks(3)
    shares = np.random.default_rng(seed).normal(size=3).tolist()
    (found,) = instances.decode(
        outputs([[32, 36, 48, 40, 0.75, 0, *shares]], masks),
        segmenter(tmp_path, parameters={"off": 0.0, "points": 1000}),
        [WHOLE],
    )[0]
    expected = by_the_book((2, 4, 14, 14), shares, masks)
    assert found.region is not None
    painted = by_hand.painted([[list(p) for p in ring] for ring in found.region.rings], (GRID, GRID))
    assert (painted >= expected).all()
    assert (painted <= filled_by_corners(expected)).all()


def filled_by_corners(pixels: np.ndarray) -> np.ndarray:
    """All that lies within the pixels' bounds: gaps may be filled, nothing else."""
    ys, xs = np.nonzero(pixels)
    whole = np.zeros_like(pixels)
    whole[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] = True
    return whole


def test_overlaps_are_suppressed_and_the_padding_is_left_out(tmp_path: Path) -> None:
    rows = [[32, 32, 64, 64, 0.75, 0, 1], [32, 32, 64, 62, 0.5, 0, 1]]
    place = Place(0, 0.25, 1, 0.75)
    (found,) = instances.decode(outputs(rows, np.ones((1, GRID, GRID))), segmenter(tmp_path), [place])[0]
    assert found.region is not None and found.region.bounds == (0, 0, 1, 1)
    assert sorted(found.region.rings[0]) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_outputs_of_other_shapes_are_refused(tmp_path: Path) -> None:
    card = segmenter(tmp_path)
    with pytest.raises(ModelError, match="masks is missing"):
        instances.decode({"predictions": np.zeros((1, 7, 5))}, card, [WHOLE])
    with pytest.raises(ModelError, match=r"masks \[N, M, H, W\]"):
        instances.decode({"predictions": np.zeros((1, 7, 5)), "masks": np.zeros((1, 4, 4))}, card, [WHOLE])
    with pytest.raises(ModelError, match=r"\[N, 9 or 10, K\]"):
        instances.decode({"predictions": np.zeros((1, 7, 5)), "masks": np.zeros((1, 3, 4, 4))}, card, [WHOLE])


def test_an_export_of_ultralytics_is_added_as_it_is(project: Project) -> None:
    from engine.adding import add
    from engine.guessing import Told

    made = outputs([[32, 32, 32, 32, 0.1, 0.75, 1, 1]] + [[0.0] * 8] * 20, np.ones((2, GRID, GRID)))
    metadata = {"names": named(NAMES), "task": "segment", "imgsz": "[64, 64]", "stride": "32"}
    path = project.folder / "seg.onnx"
    path.write_bytes(saying({"output0": made["predictions"], "output1": made["masks"]}, metadata=metadata))
    added = add(project.owner, path, None, Told())
    card = models.card(added.version)
    assert (card.family, card.task, card.preprocessing.resize) == ("instances", "segmentation", "letterbox")
    assert card.outputs == {"predictions": "output0", "masks": "output1"}
    assert "1 predictions" in added.trial and "dog 0.75" in added.trial
