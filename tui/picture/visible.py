"""Which cells of a widget can be seen: not under a dialog, a toast or another screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from tui.picture.stroke import Mask

Layers = list[tuple[Widget, Region, Region]]
"""The widgets that reach into one screen line, the front one first, each with its cropped region."""


def visible_cells(widget: Widget) -> Mask:
    """A mask (rows × columns) of the widget's content: set where nothing lies above it.

    A dialog leaves those cells visible in which it shows the screen behind it.
    """
    region = widget.content_region
    cells = np.zeros((region.height, region.width), np.bool_)
    stack = widget.app.screen_stack
    if widget.screen not in stack:
        return cells
    above = stack[stack.index(widget.screen) + 1 :]
    if any(screen.styles.background.a == 1 for screen in above):
        return cells
    for row, layers in enumerate(_layers(widget.screen, region)):
        _uncover(cells[row], layers, widget, region)
    for screen in above:
        for row, layers in enumerate(_layers(screen, region)):
            for other, cropped, _ in layers:
                if other is not screen:
                    _set(cells[row], cropped, region, False)
    return cells


def _layers(screen: Screen[Any], region: Region) -> Iterator[Layers]:
    """The layers of each line of a region; Textual has no public way to ask for them."""
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
