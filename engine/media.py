"""From an upright picture to the square of pixels that a model takes."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from store.cards import Preprocessing

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
LONGEST = 16
"""A strip is cut to so many times its short side before resizing: its centre is all that counts."""

Pixels = npt.NDArray[np.uint8]


def needed_size(wanted: Preprocessing) -> tuple[int, int]:
    """Width and height below which decoding loses what the resize needs."""
    side = short_side(wanted) if wanted.resize == "short-side" else wanted.size
    return side, side


def square(image: Image.Image, wanted: Preprocessing) -> Pixels:
    """Pixels uint8 [S, S, 3] of an RGB picture, resized as the card says."""
    if wanted.resize == "short-side":
        image = centre(image, short_side(wanted), wanted.size, FILTERS[wanted.filter])
    else:
        image = image.resize((wanted.size, wanted.size), FILTERS[wanted.filter])
    return np.asarray(image)


def short_side(wanted: Preprocessing) -> int:
    """What the short side becomes before the centre is cut out, rounded down."""
    return math.floor(wanted.size / wanted.crop)


def centre(image: Image.Image, short: int, size: int, resampling: Image.Resampling) -> Image.Image:
    """Short side to `short`, then the centre square of `size`.

    Rounds as torchvision's Resize and CenterCrop do: the long side is cut down to whole pixels, the
    crop's corner goes to the nearest whole pixel, halves to the even one.
    """
    image = _without_far_ends(image)
    width, height = image.size
    across = short if width <= height else int(short * width / height)
    down = short if height <= width else int(short * height / width)
    image = image.resize((across, down), resampling)
    left, top = round((across - size) / 2), round((down - size) / 2)
    return image.crop((left, top, left + size, top + size))


def _without_far_ends(image: Image.Image) -> Image.Image:
    """Keeps a picture of 1 × 60,000 from becoming one of 256 × 15,360,000."""
    width, height = image.size
    most = LONGEST * min(width, height)
    if max(width, height) <= most:
        return image
    cut_x, cut_y = max(0, width - most) // 2, max(0, height - most) // 2
    return image.crop((cut_x, cut_y, cut_x + min(width, most), cut_y + min(height, most)))
