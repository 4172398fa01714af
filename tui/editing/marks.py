"""Marks: a draft as outlines over the picture, with the crosshair that its keys move."""

from __future__ import annotations

from tui.editing import box, polygon
from tui.editing.draft import Draft
from tui.picture.geometry import Projection
from tui.picture.outline import Colour, Outline

INK: Colour = (0, 255, 255)
ARM = 1.25
"""Length of the crosshair's arms in cell heights."""


def marks(draft: Draft, projection: Projection, colour: Colour, label: str) -> list[Outline]:
    """The draft as it would be stored, an open line to the crosshair, and the crosshair on top."""
    shape, size = draft.shape, draft.shape.size
    drawn = []
    region = shape.region
    if region is not None and (shape.is_shaped or region.box is not None):
        drawn.append(Outline(box=region.box, rings=region.rings, colour=colour, label=label, selected=True))
    if shape.path:
        line = tuple(size.fraction(point) for point in shape.path)
        # There and back again: a line that is not closed yet has no last side.
        drawn.append(Outline(rings=((*line, *line[-2:0:-1]),), colour=colour, selected=True))
    if shape.handle in (box.WHOLE, polygon.WHOLE):
        # What moves as a whole shows itself where it is.
        return drawn
    return [*drawn, *_crosshair(size.fraction(shape.at), projection)]


def _crosshair(at: tuple[float, float], projection: Projection) -> list[Outline]:
    area = projection.area
    down = ARM * area.cell_height
    x, y = at
    across, down = down * area.pixel_aspect / projection.full_width, down / projection.full_height
    # A grid line at the far border would be drawn outside of the picture.
    pixel_x, pixel_y = 1 / projection.full_width, 1 / projection.full_height
    x, y = min(x, 1 - pixel_x), min(y, 1 - pixel_y)
    # Two real pixels across; half a cell is thick enough as it is.
    thick_x, thick_y = (0.0, 0.0) if area.cell_height < 8 else (pixel_x, pixel_y)
    return [
        Outline(box=(x - across, y - thick_y, x + across, y + thick_y), colour=INK, selected=True),
        Outline(box=(x - thick_x, y - down, x + thick_x, y + down), colour=INK, selected=True),
    ]


def numbers(draft: Draft) -> str:
    """What moves and where it is, in pixels and 0..1; the most needed first, it may be cut."""
    shape = draft.shape
    parts = [shape.title, f"{shape.at[0]},{shape.at[1]} px"]
    bounds = None if shape.region is None else shape.region.bounds
    if bounds is not None and (shape.is_shaped or shape.region is None or shape.region.box is not None):
        left, top, right, bottom = shape.size.rect(bounds)
        parts.append(f"{right - left}×{bottom - top} px")
        parts.append(f"{bounds[0]:.4f},{bounds[1]:.4f}–{bounds[2]:.4f},{bounds[3]:.4f}")
    else:
        x, y = shape.size.fraction(shape.at)
        parts.append(f"{x:.4f},{y:.4f}")
    return "  ".join([*parts, f"step {draft.step}"])
