"""Which cells of a widget can be seen: not under a dialog, a toast or another screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from tui.picture.stroke import Mask


def visible_cells(widget: Widget) -> Mask:
    """A mask (rows × columns) of the widget's content: set where nothing lies above it.

    A dialog leaves the cells visible in which it shows the screen behind it, however tinted.
    """
    region = widget.content_region
    cells = np.zeros((region.height, region.width), np.bool_)
    screen, app = widget.screen, widget.app
    # Textual has no public way to ask what lies over a widget.
    stack = app.screen_stack
    if screen is not app.screen and screen not in app._background_screens:
        return cells
    above = stack[stack.index(screen) + 1 :]
    for row, layers in enumerate(_layers(screen, region)):
        _uncover(cells[row], layers, widget, region)
    for cover in above:
        for row, layers in enumerate(_layers(cover, region)):
            for other, cropped, _ in layers:
                if other is not cover:
                    _set(cells[row], cropped, region, False)
    return cells


Layers = list[tuple[Widget, Region, Region]]


def _layers(screen: Screen[Any], region: Region) -> Iterator[Layers]:
    """For each row of a region, the widgets that reach into it, the front one first."""
    visible = screen._compositor.layers_visible
    for y in region.line_range:
        yield visible[y] if 0 <= y < len(visible) else []


def _uncover(row: Mask, layers: Layers, widget: Widget, region: Region) -> None:
    """Sets the cells of a row in which the widget is in front."""
    front: list[Region] = []
    for other, cropped, _ in layers:
        if other is widget:
            _set(row, cropped, region, True)
            for cover in front:
                _set(row, cover, region, False)
            return
        front.append(cropped)


def _set(row: Mask, span: Region, region: Region, value: bool) -> None:
    row[max(0, span.x - region.x) : max(0, span.right - region.x)] = value


def repainted_cells(renderable: object, region: Region) -> Mask:
    """A mask of the cells of a region that Textual is about to write."""
    cells = np.zeros((region.height, region.width), np.bool_)
    if isinstance(renderable, LayoutUpdate):
        cells[:] = True
    elif isinstance(renderable, ChopsUpdate):
        for y, first, last in renderable.spans:
            if not region.y <= y < region.bottom:
                continue
            pieces = renderable.chops[y].items()
            for end, (start, strip) in zip(renderable.chop_ends[y], pieces, strict=False):
                # A piece is written from its start, even when the span begins in the middle of it.
                if strip is not None and start <= last and end > first:
                    _set(cells[y - region.y], Region(start, y, min(end, last) - start, 1), region, True)
    return cells
