"""From an upright picture to the square of pixels that a model takes."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from store.cards import Preprocessing

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
LONGEST = 16
"""A strip is cut to so many times its short side before resizing: its centre is all that counts."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """Where a picture lies in the square that a model sees, in fractions of the square's side: inside it with
    padding around, beyond it where only a part is seen."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def on_picture(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Points [..., 2] in 0..1 of the square, as fractions of the picture, beyond 0..1 outside it."""
        size = (self.right - self.left, self.bottom - self.top)
        return (points.astype(np.float64) - (self.left, self.top)) / size


WHOLE = Place()
"""The picture fills the square."""


def needed_size(wanted: Preprocessing) -> tuple[int, int]:
    """Width and height below which decoding loses what the resize needs."""
    side = short_side(wanted) if wanted.resize == "short-side" else wanted.size
    return side, side


def square(image: Image.Image, wanted: Preprocessing) -> Pixels:
    """Pixels uint8 [S, S, 3] of an RGB picture, resized as the card says."""
    size, resampling = wanted.size, FILTERS[wanted.filter]
    if wanted.resize == "short-side":
        image = centre(image, short_side(wanted), size, resampling)
    elif wanted.resize == "letterbox":
        left, top, width, height = _letterbox(image.size, size)
        inner = image.resize((width, height), resampling)
        image = Image.new("RGB", (size, size), (wanted.padding,) * 3)
        image.paste(inner, (left, top))
    else:
        image = image.resize((size, size), resampling)
    return np.asarray(image)


def place_of(picture: tuple[int, int], wanted: Preprocessing) -> Place:
    """Where `square` puts a picture of this width and height."""
    if wanted.resize == "stretch":
        return WHOLE
    place: tuple[float, float, float, float]
    if wanted.resize == "letterbox":
        place = _letterbox(picture, wanted.size)
    else:
        place = _cut(picture, short_side(wanted), wanted.size)
    left, top, width, height = (number / wanted.size for number in place)
    return Place(left, top, left + width, top + height)


def _letterbox(picture: tuple[int, int], size: int) -> tuple[int, int, int, int]:
    """left, top, width and height in whole pixels of a picture shrunk or grown to fit the square's middle.

    Rounds as Ultralytics' LetterBox does: a line of padding that is left over comes last.
    """
    scale = min(size / picture[0], size / picture[1])
    width, height = (max(1, round(side * scale)) for side in picture)
    return (size - width) // 2, (size - height) // 2, width, height


def _cut(picture: tuple[int, int], short: int, size: int) -> tuple[float, float, float, float]:
    """left, top, width and height in the square's pixels of a picture of which `centre` cuts out a part."""
    longest = LONGEST * min(picture)
    width, height = min(picture[0], longest), min(picture[1], longest)
    across, down = _scaled(width, height, short)
    wide, high = across / width, down / height
    left = round((across - size) / 2) + (picture[0] - width) // 2 * wide
    top = round((down - size) / 2) + (picture[1] - height) // 2 * high
    return -left, -top, picture[0] * wide, picture[1] * high


def short_side(wanted: Preprocessing) -> int:
    """What the short side becomes before the centre is cut out, rounded down."""
    return math.floor(wanted.size / wanted.crop)


def centre(image: Image.Image, short: int, size: int, resampling: Image.Resampling) -> Image.Image:
    """Short side to `short`, then the centre square of `size`.

    Rounds as torchvision's Resize and CenterCrop do: the long side is cut down to whole pixels, the
    crop's corner goes to the nearest whole pixel, halves to the even one.
    """
    image = _without_far_ends(image)
    across, down = _scaled(*image.size, short)
    image = image.resize((across, down), resampling)
    left, top = round((across - size) / 2), round((down - size) / 2)
    return image.crop((left, top, left + size, top + size))


def _scaled(width: int, height: int, short: int) -> tuple[int, int]:
    """The size at which the short side is `short`."""
    across = short if width <= height else int(short * width / height)
    down = short if height <= width else int(short * height / width)
    return across, down


def _without_far_ends(image: Image.Image) -> Image.Image:
    """Keeps a picture of 1 × 60,000 from becoming one of 256 × 15,360,000."""
    width, height = image.size
    most = LONGEST * min(width, height)
    if max(width, height) <= most:
        return image
    cut_x, cut_y = max(0, width - most) // 2, max(0, height - most) // 2
    return image.crop((cut_x, cut_y, cut_x + min(width, most), cut_y + min(height, most)))
