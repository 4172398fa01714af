"""Small picture files for tests, each number another content."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def picture(path: Path, number: int = 0, size: tuple[int, int] = (8, 6), **options: object) -> Path:
    """Write a picture of one colour, made from `number`; the format follows the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = (number & 255, number >> 8 & 255, number >> 16 & 255)
    Image.new("RGB", size, colour).save(path, **options)
    return path
