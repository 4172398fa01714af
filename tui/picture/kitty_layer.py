"""A picture in Kitty graphics: the photo sent once, edges of boxes as placements of solid strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from tui.picture import kitty
from tui.picture.captions import put_captions
from tui.picture.geometry import Projection
from tui.picture.grid import CellGrid
from tui.picture.layer import Moment, Prepared
from tui.picture.outline import Colour, Outline
from tui.picture.pattern import Line
from tui.picture.sixel_layer import rectangles
from tui.picture.stroke import Edge, Mask, Pen, edges, polygon_pixels


@dataclass(frozen=True, eq=False)
class KittyPicture:
    """The photo as a PNG, padded to whole cells; `in_tmux` where it goes through tmux."""

    png: bytes
    in_tmux: bool = False


@dataclass(frozen=True)
class Strip:
    """A line of one colour and pattern that edges are cut from; sent when it is first needed."""

    colour: Colour
    pattern: int
    dashed: bool
    horizontal: bool
    thickness: int


@dataclass(frozen=True)
class Placement:
    """A cut of an image at a screen pixel: cell, offset in it, start and size of the cut.

    With a `parent`, an image of placeholders, cells are counted from the first column and row in which
    those can be seen: inside tmux the cursor of the terminal is elsewhere.
    """

    column: int
    row: int
    offset_x: int
    offset_y: int
    from_x: int
    from_y: int
    width: int
    height: int
    parent: int = 0

    def command(self, image: int, placement: int) -> str:
        """Puts it there, or moves it there if this placement exists."""
        keys: dict[str, Any] = {"x": self.from_x, "y": self.from_y, "w": self.width, "h": self.height}
        keys |= {"X": self.offset_x, "Y": self.offset_y}
        keys = {key: value for key, value in keys.items() if value}
        if self.parent:
            keys |= {"P": self.parent, "Q": PHOTO_PLACEMENT, "H": self.column, "V": self.row}
        text = kitty.command(a="p", i=image, p=placement, z=1, C=1, **keys)
        if self.parent:
            return text
        return f"\x1b[{self.row + 1};{self.column + 1}H{text}"


PHOTO_PLACEMENT = 1

Placements = dict[tuple[int, int], Placement]
"""What is placed, by image and placement number."""


def prepare_kitty(image: Image.Image, projection: Projection, *, in_tmux: bool = False) -> KittyPicture:
    """From the RGB image of exactly the shown pixels."""
    area = projection.area
    width, height = projection.columns * area.cell_width, projection.rows * area.cell_height
    return KittyPicture(kitty.photo_png(image, width, height), in_tmux)


class KittyLayer:
    """Cells hold placeholders of the photo; edges and polygons lie over them."""

    over_cells = False

    def __init__(self) -> None:
        self._projection: Projection | None = None
        self._pen = Pen.of_cell(20)
        self._photo: KittyPicture | None = None
        self._photo_number = 0
        self._sent_photo = 0
        self._placeholders = CellGrid(1, 1, 0)
        self._outlines: Sequence[Outline] = ()
        self._captions: Mask = np.zeros((0, 0), np.bool_)
        self._strips: dict[Strip, int] = {}
        self._polygons: dict[int, tuple[int, bytes]] = {}
        self._placed: Placements = {}
        self._unsent: list[str] = []
        self._state: tuple[int, int, bytes] | None = None

    @property
    def photo_number(self) -> int:
        """The image number that the placeholders' colour spells, 0 without a photo."""
        return self._photo_number

    def load(self, prepared: Prepared, background: int) -> CellGrid:
        """Takes a photo under a new number: cells that keep theirs would not be drawn again."""
        payload = prepared.payload
        assert isinstance(payload, KittyPicture)
        self._projection = prepared.projection
        self._pen = Pen.of_cell(prepared.projection.area.cell_height)
        self._photo, self._photo_number = payload, kitty.new_image_number()
        self._outlines = ()
        self._placeholders = self._photo_cells(background)
        return self._cells()

    def draw(self, outlines: Sequence[Outline], background: int) -> CellGrid:
        """Takes outlines; they are placed with the next frame."""
        self._outlines = outlines
        return self._cells()

    def _photo_cells(self, background: int) -> CellGrid:
        """A grid of placeholders."""
        assert self._projection is not None
        projection, area = self._projection, self._projection.area
        grid = CellGrid(area.columns, area.rows, background)
        for row in range(projection.rows):
            cells = [kitty.placeholder(row, column) for column in range(projection.columns)]
            place = projection.top_cell + row
            grid.put(place, projection.left_cell, cells, self._photo_number, background)
        return grid

    def _cells(self) -> CellGrid:
        """Placeholders with the names over them."""
        assert self._projection is not None
        projection = self._projection
        self._state = None
        grid = self._placeholders.copy()
        self._captions = np.zeros(grid.shape, np.bool_)
        for row, column, count in put_captions(grid, self._outlines, projection):
            self._captions[row, column : column + count] = True
        return grid

    def opening(self) -> str:
        """The photo, if the terminal does not have it: it must come before the cells that show it."""
        if self._sent_photo == self._photo_number or self._photo is None or self._projection is None:
            return ""
        columns, rows = self._projection.columns, self._projection.rows
        if self._sent_photo:
            self._unsent.append(kitty.delete(self._sent_photo))
        self._sent_photo = self._photo_number
        keys = {"i": self._photo_number, "p": PHOTO_PLACEMENT, "c": columns, "r": rows}
        return self._wire(kitty.command(self._photo.png, a="T", U=1, f=100, **keys))

    def _wire(self, commands: str) -> str:
        return kitty.through_tmux(commands) if self._photo is not None and self._photo.in_tmux else commands

    def _placed_at(self, placement: Placement, moment: Moment, seen: Mask) -> Placement:
        """The same, seen from the photo's placeholders where the cursor cannot be moved."""
        if self._photo is None or not self._photo.in_tmux:
            return placement
        photo = self._photo_cells_in(seen)
        column = moment.left + int(np.flatnonzero(photo.any(0))[0])
        row = moment.top + int(np.flatnonzero(photo.any(1))[0])
        return replace(
            placement, column=placement.column - column, row=placement.row - row, parent=self._photo_number
        )

    def _photo_cells_in(self, seen: Mask) -> Mask:
        """The cells of a mask that hold placeholders."""
        assert self._projection is not None
        top, left = self._projection.top_cell, self._projection.left_cell
        cells = np.zeros_like(seen)
        place = slice(top, top + self._projection.rows), slice(left, left + self._projection.columns)
        cells[place] = seen[place]
        return cells

    def frame(self, moment: Moment) -> str:
        """Sends what is new, moves what has moved, deletes what is gone or covered."""
        if self._projection is None:
            return ""
        seen = moment.visible & ~self._captions
        state = (moment.left, moment.top, seen.tobytes())
        if state == self._state and not self._unsent:
            return ""
        self._state = state
        wanted = {
            key: self._placed_at(placement, moment, seen)
            for key, placement in (*self._edges(moment, seen), *self._masks(moment, seen))
        }
        parts = self._unsent
        self._unsent = []
        for key in self._placed.keys() - wanted.keys():
            parts.append(kitty.command(a="d", d="i", i=key[0], p=key[1]))
        for key, placement in wanted.items():
            if self._placed.get(key) != placement:
                parts.append(placement.command(*key))
        self._placed = wanted
        return self._wire("".join(parts))

    def _edges(self, moment: Moment, seen: Mask) -> Iterator[tuple[tuple[int, int], Placement]]:
        """Placements of all visible parts of boxes."""
        assert self._projection is not None
        for number, outline in enumerate(self._outlines):
            for side, edge in enumerate(edges(outline, self._projection, self._pen)):
                image = self._strip(outline, edge.horizontal)
                for piece, placement in enumerate(self._cut(edge, moment, seen)):
                    yield (image, 1 + piece * 4096 + number * 4 + side), placement

    def _cut(self, edge: Edge, moment: Moment, seen: Mask) -> Iterator[Placement]:
        """The parts of an edge in cells that can be seen; nearly always one."""
        assert self._projection is not None
        area, left, top = self._projection.area, self._projection.left_cell, self._projection.top_cell
        width, height = area.cell_width, area.cell_height
        first, end = edge.x // width, -(-(edge.x + edge.width) // width)
        row, last = edge.y // height, -(-(edge.y + edge.height) // height)
        cells = seen[top + row : top + last, left + first : left + end]
        for start, stop, upper, lower in rectangles(cells):
            x = max(edge.x, (first + start) * width)
            y = max(edge.y, (row + upper) * height)
            yield Placement(
                moment.left + left + x // width,
                moment.top + top + y // height,
                x % width,
                y % height,
                x if edge.horizontal else 0,
                0 if edge.horizontal else y,
                min(edge.x + edge.width, (first + stop) * width) - x,
                min(edge.y + edge.height, (row + lower) * height) - y,
            )

    def _strip(self, outline: Outline, horizontal: bool) -> int:
        """The image number of a strip, sent the first time."""
        strip = Strip(outline.colour, outline.pattern, outline.dashed, horizontal, self._pen.thick)
        if strip not in self._strips:
            line = self._pen.line(outline, kitty.LONGEST_SIDE)
            pixels = np.broadcast_to(line, (strip.thickness, kitty.LONGEST_SIDE))
            png = kitty.line_png(np.ascontiguousarray(pixels if horizontal else pixels.T), strip.colour)
            self._strips[strip] = number = kitty.new_image_number()
            self._unsent.append(kitty.command(png, a="t", f=100, i=number))
        return self._strips[strip]

    def _masks(self, moment: Moment, seen: Mask) -> Iterator[tuple[tuple[int, int], Placement]]:
        """Placements of polygons: each has an image of its own, without the cells that are covered."""
        assert self._projection is not None
        projection, area = self._projection, self._projection.area
        left, top = projection.left_cell, projection.top_cell
        shown = seen[top : top + projection.rows, left : left + projection.columns]
        gone = set(self._polygons)
        for number, outline in enumerate(self._outlines):
            if outline.box is not None:
                continue
            uncovered = np.kron(shown, np.ones((area.cell_height, area.cell_width), np.uint8))
            pixels = polygon_pixels(outline, projection, self._pen)
            pixels = pixels * uncovered[: projection.height, : projection.width]
            if pixels.any():
                gone.discard(number)
                yield self._polygon(number, pixels, outline.colour, moment)
        for number in gone:
            self._unsent.append(kitty.delete(self._polygons.pop(number)[0]))

    def _polygon(
        self, number: int, pixels: Line, colour: Colour, moment: Moment
    ) -> tuple[tuple[int, int], Placement]:
        """The placement of a polygon's image, which is sent if it has changed."""
        assert self._projection is not None
        rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
        x, y = int(columns[0]), int(rows[0])
        part = pixels[y : int(rows[-1]) + 1, x : int(columns[-1]) + 1]
        png = kitty.line_png(part, colour)
        image, sent = self._polygons.get(number, (0, b""))
        if png != sent:
            if image:
                self._unsent.append(kitty.delete(image))
            image = kitty.new_image_number()
            self._unsent.append(kitty.command(png, a="t", f=100, i=image))
            self._polygons[number] = (image, png)
        area = self._projection.area
        column, row = x // area.cell_width, y // area.cell_height
        return (image, 1), Placement(
            moment.left + self._projection.left_cell + column,
            moment.top + self._projection.top_cell + row,
            x % area.cell_width,
            y % area.cell_height,
            0,
            0,
            part.shape[1],
            part.shape[0],
        )

    def forget(self) -> None:
        """Everything has to be sent again, under the same numbers."""
        self._sent_photo = 0
        self._strips.clear()
        self._polygons.clear()
        self._placed = {}
        self._state = None

    def release(self) -> str:
        """Deletes every image, and with it every placement."""
        numbers = [*self._strips.values(), *(image for image, _ in self._polygons.values())]
        if self._sent_photo:
            numbers.append(self._sent_photo)
        self._projection = None
        self.forget()
        return self._wire("".join(kitty.delete(number) for number in numbers))
