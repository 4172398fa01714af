"""Close-ups: the pixels of a picture that its first decoding left out, decoded when somebody zooms in."""

from __future__ import annotations

import math
import threading
from pathlib import Path

from PIL import Image

from store.media import MediaError, open_upright

KEPT_PIXELS = 16_000_000
"""Pictures up to this size are kept whole (48 MB); of larger ones the surroundings of what is seen."""

FINER = 2
"""Pixels kept for each pixel that is shown, per axis."""

Crop = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the upright picture."""


class CloseUps:
    """Keeps the pixels of one picture at a time: nobody looks closely at two."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Keep nothing."""
        self._path: Path | None = None
        self._image: Image.Image | None = None
        self._extent: Crop = (0.0, 0.0, 0.0, 0.0)
        self._whole = False

    def part(self, path: Path, crop: Crop, size: tuple[int, int]) -> Image.Image | None:
        """What is seen in a crop, in exactly `size` pixels; None where it cannot be decoded. Slow."""
        with self._lock:
            if not self._holds(path, crop, size):
                self.forget()
                try:
                    self._decode(path, crop, size)
                except (MediaError, OSError, ValueError, MemoryError):
                    return None
            assert self._image is not None
            return self._resized(self._image, crop, size)

    def _holds(self, path: Path, crop: Crop, size: tuple[int, int]) -> bool:
        if path != self._path or self._image is None:
            return False
        left, top, right, bottom = self._extent
        if not (left <= crop[0] and top <= crop[1] and crop[2] <= right and crop[3] <= bottom):
            return False
        return self._whole or (crop[2] - crop[0]) / (right - left) * self._image.width >= size[0]

    def _decode(self, path: Path, crop: Crop, size: tuple[int, int]) -> None:
        image = open_upright(path)
        extent: Crop = (0.0, 0.0, 1.0, 1.0)
        whole = True
        if image.width * image.height > KEPT_PIXELS:
            image, extent, whole = _surroundings(image, crop, size)
        self._path, self._image, self._extent, self._whole = path, image, extent, whole

    def _resized(self, image: Image.Image, crop: Crop, size: tuple[int, int]) -> Image.Image:
        left, top, right, bottom = self._extent
        across, down = image.width / (right - left), image.height / (bottom - top)
        box = (
            max((crop[0] - left) * across, 0.0),
            max((crop[1] - top) * down, 0.0),
            min((crop[2] - left) * across, image.width),
            min((crop[3] - top) * down, image.height),
        )
        shrinks = size[0] < box[2] - box[0]
        # Beyond 1:1 the pixels themselves are what is looked at.
        magnified = size[0] >= 3 * (box[2] - box[0])
        filter = (
            Image.Resampling.LANCZOS
            if shrinks
            else Image.Resampling.NEAREST
            if magnified
            else Image.Resampling.BICUBIC
        )
        return image.resize(size, filter, box=box, reducing_gap=3.0 if shrinks else None)


def _surroundings(image: Image.Image, crop: Crop, size: tuple[int, int]) -> tuple[Image.Image, Crop, bool]:
    """The crop and as much again on each side, reduced to what is needed; whether at full resolution."""
    across, down = crop[2] - crop[0], crop[3] - crop[1]
    left = math.floor(max(crop[0] - across, 0.0) * image.width)
    top = math.floor(max(crop[1] - down, 0.0) * image.height)
    right = math.ceil(min(crop[2] + across, 1.0) * image.width)
    bottom = math.ceil(min(crop[3] + down, 1.0) * image.height)
    extent = (left / image.width, top / image.height, right / image.width, bottom / image.height)
    factor = max(1, math.floor(across * image.width / (FINER * size[0])))
    part = (
        image.reduce(factor, (left, top, right, bottom))
        if factor > 1
        else image.crop((left, top, right, bottom))
    )
    return part, extent, factor == 1
