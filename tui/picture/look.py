"""How a picture is looked at: brighter, with more contrast, inverted. Never in the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Quality = Literal["brightness", "contrast", "saturation"]

MOST = 10
"""Steps up and down."""
FACTOR = 1.15
"""What one step up multiplies by."""


@dataclass(frozen=True)
class Look:
    """Steps from how the picture is, 0 for as it is."""

    brightness: int = 0
    contrast: int = 0
    saturation: int = 0
    inverted: bool = False

    def turned(self, quality: Quality, by: int) -> Look:
        """One quality some steps up or down."""
        steps = min(max(getattr(self, quality) + by, -MOST), MOST)
        return replace(self, **{quality: steps})

    def applied(self, image: Image) -> Image:
        """An RGB image as it looks; the same one where nothing is changed."""
        if self == PLAIN:
            return image
        from PIL import ImageEnhance, ImageOps

        if self.inverted:
            image = ImageOps.invert(image)
        for steps, enhance in (
            (self.brightness, ImageEnhance.Brightness),
            (self.contrast, ImageEnhance.Contrast),
            (self.saturation, ImageEnhance.Color),
        ):
            if steps:
                image = enhance(image).enhance(FACTOR**steps)
        return image

    @property
    def title(self) -> str:
        """What is changed, "as it is" for nothing."""
        names = ("brightness", "contrast", "saturation")
        said = [f"{name} {getattr(self, name):+d}" for name in names if getattr(self, name)]
        return ", ".join([*said, *(["inverted"] if self.inverted else [])]) or "as it is"


PLAIN = Look()
