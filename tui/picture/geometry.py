"""Where a picture lies on the screen: image coordinates 0..1, screen pixels and cells."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LARGEST_ZOOM = 1024.0
"""What shows single pixels of the widest picture; whoever knows the picture stops before."""


@dataclass(frozen=True)
class Area:
    """Room for a picture: whole cells, and how many pixels each of them has.

    A pixel is what a backend can colour by itself: a real pixel for Kitty and Sixel, a half or a sixth
    of a cell for coloured cells. `pixel_aspect` is the height of such a pixel divided by its width.
    """

    columns: int
    rows: int
    cell_width: int
    cell_height: int
    pixel_aspect: float = 1.0

    def __post_init__(self) -> None:
        if min(self.columns, self.rows, self.cell_width, self.cell_height) < 1 or self.pixel_aspect <= 0:
            raise ValueError(f"an area needs at least one cell of one pixel: {self}")

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.columns * self.cell_width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.rows * self.cell_height


@dataclass(frozen=True)
class View:
    """Which part of an image is looked at.

    `zoom` 1 shows the whole image; `x` and `y` are the point of the image (0..1) that lies in the middle
    of the area, as far as the image's borders let it.
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "zoom", min(max(self.zoom, 1.0), LARGEST_ZOOM))
        object.__setattr__(self, "x", min(max(self.x, 0.0), 1.0))
        object.__setattr__(self, "y", min(max(self.y, 0.0), 1.0))

    def zoomed(self, factor: float, x: float, y: float) -> View:
        """Magnified by `factor`, with the image point (x, y) staying where it is on the screen."""
        zoom = min(max(self.zoom * factor, 1.0), LARGEST_ZOOM)
        shrink = self.zoom / zoom
        return View(zoom, x + (self.x - x) * shrink, y + (self.y - y) * shrink)

    def panned(self, dx: float, dy: float) -> View:
        """Moved by a fraction of the image's width and height."""
        return replace(self, x=self.x + dx, y=self.y + dy)


FIT = View()


@dataclass(frozen=True)
class PixelBox:
    """Pixels [left, right) × [top, bottom), never empty."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top


class Projection:
    """Maps one image onto an area under a view.

    Screen pixels are counted from the top left pixel of the shown picture, which always is the corner of
    a cell: `left_cell` columns and `top_cell` rows from the corner of the area.
    """

    def __init__(self, image_width: int, image_height: int, area: Area, view: View = FIT) -> None:
        if min(image_width, image_height) < 1:
            raise ValueError("an image needs at least one pixel")
        self.image_width, self.image_height = image_width, image_height
        self.area, self.view = area, view
        scale = min(area.width / image_width, area.height * area.pixel_aspect / image_height)
        fit_width = min(max(1, round(image_width * scale)), area.width)
        fit_height = min(max(1, round(image_height * scale / area.pixel_aspect)), area.height)
        self.full_width = max(1, round(fit_width * view.zoom))
        """Width in screen pixels that the whole image would have at this zoom."""
        self.full_height = max(1, round(fit_height * view.zoom))
        """Height in screen pixels that the whole image would have at this zoom."""
        self.width = min(self.full_width, area.width)
        """Width in screen pixels of the part that is shown."""
        self.height = min(self.full_height, area.height)
        """Height in screen pixels of the part that is shown."""
        self.skipped_x = _skipped(view.x, self.full_width, self.width)
        self.skipped_y = _skipped(view.y, self.full_height, self.height)
        self.columns = math.ceil(self.width / area.cell_width)
        self.rows = math.ceil(self.height / area.cell_height)
        self.left_cell = (area.columns - self.columns) // 2
        self.top_cell = (area.rows - self.rows) // 2

    @property
    def crop(self) -> tuple[float, float, float, float]:
        """The part of the image that is shown: left, top, right, bottom in image pixels."""
        across, down = self.image_width / self.full_width, self.image_height / self.full_height
        return (
            self.skipped_x * across,
            self.skipped_y * down,
            min((self.skipped_x + self.width) * across, self.image_width),
            min((self.skipped_y + self.height) * down, self.image_height),
        )

    @property
    def settled(self) -> View:
        """The view with the middle that the image's borders allow; pan from here, not from beyond."""
        return View(
            self.view.zoom,
            (self.skipped_x + self.width / 2) / self.full_width,
            (self.skipped_y + self.height / 2) / self.full_height,
        )

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Screen pixels of an image point 0..1; may lie outside the shown part."""
        return x * self.full_width - self.skipped_x, y * self.full_height - self.skipped_y

    def to_image(self, screen_x: float, screen_y: float) -> tuple[float, float]:
        """Image point 0..1 of screen pixels; the inverse of `to_screen`."""
        return (screen_x + self.skipped_x) / self.full_width, (screen_y + self.skipped_y) / self.full_height

    def to_cell(self, x: float, y: float) -> tuple[int, int]:
        """Column and row in the area of the cell that holds an image point."""
        screen_x, screen_y = self.to_screen(x, y)
        column = math.floor(screen_x / self.area.cell_width) + self.left_cell
        return column, math.floor(screen_y / self.area.cell_height) + self.top_cell

    def from_cell(self, column: float, row: float) -> tuple[float, float]:
        """Image point 0..1 under a position in the area, in cells; fractions are meant for the mouse."""
        across = (column - self.left_cell) * self.area.cell_width
        return self.to_image(across, (row - self.top_cell) * self.area.cell_height)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> PixelBox:
        """Screen pixels of a box; rounded, so that `to_image` of its corners and back is the same box."""
        left, top = (round(value) for value in self.to_screen(x0, y0))
        right, bottom = (round(value) for value in self.to_screen(x1, y1))
        return PixelBox(left, top, max(right, left + 1), max(bottom, top + 1))


def _skipped(middle: float, full: int, shown: int) -> int:
    """Pixels left out before the shown part."""
    return min(max(round(middle * full - shown / 2), 0), full - shown)
