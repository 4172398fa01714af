"""Makes a picture ready for one canvas size: slow, pure, and made for a thread."""

from __future__ import annotations

from PIL import Image

from tui.picture.cell_layer import CellLayer, CellPicture, cell_area, prepare_cells
from tui.picture.cells import HALVES, SEXTANTS
from tui.picture.geometry import FIT, Area, Projection, View
from tui.picture.kitty import DIACRITICS
from tui.picture.kitty_layer import KittyLayer, KittyPicture, prepare_kitty
from tui.picture.layer import Closer, Layer, Prepared
from tui.picture.look import PLAIN, Look
from tui.picture.sixel_layer import SixelLayer, SixelPicture, prepare_sixel
from tui.terminal import Terminal

BEHIND = (96, 96, 96)
"""What shows through transparent pixels: neither black nor white drawings vanish on it."""


def prepare(
    image: Image.Image,
    size: tuple[int, int],
    terminal: Terminal,
    view: View = FIT,
    *,
    look: Look = PLAIN,
    closer: Closer | None = None,
) -> Prepared:
    """Scales and encodes an upright image for a canvas of `size` (columns, rows).

    `closer` is asked for the shown part where more pixels are shown than the image has. Raises OSError or
    ValueError if the image cannot be decoded.
    """
    graphics = terminal.graphics
    if graphics == "kitty" and max(size) > len(DIACRITICS):
        graphics = "cells"
    if graphics == "cells":
        glyphs = SEXTANTS if terminal.sextants else HALVES
        area = cell_area(*size, terminal.cell_width, terminal.cell_height, glyphs)
    else:
        area = Area(*size, terminal.cell_width, terminal.cell_height)
    opaque = _opaque(image)
    projection = Projection(opaque.width, opaque.height, area, view)
    shown = look.applied(_close(opaque, projection, closer) or _scaled(opaque, projection))
    payload: KittyPicture | SixelPicture | CellPicture
    if graphics == "kitty":
        payload = prepare_kitty(shown, projection, in_tmux=terminal.client is not None)
    elif graphics == "sixel":
        payload = prepare_sixel(shown)
    else:
        payload = prepare_cells(shown, glyphs)
    return Prepared(image, size, projection, payload, terminal, look, closer)


def layer_of(prepared: Prepared) -> Layer:
    """A new layer that can load what was prepared."""
    if isinstance(prepared.payload, KittyPicture):
        return KittyLayer()
    return CellLayer() if isinstance(prepared.payload, CellPicture) else SixelLayer()


def _opaque(image: Image.Image) -> Image.Image:
    """The image in RGB, transparent parts over grey."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        behind = Image.new("RGBA", image.size, (*BEHIND, 255))
        return Image.alpha_composite(behind, image.convert("RGBA")).convert("RGB")
    if image.mode.startswith("I"):
        # Sixteen bits a pixel: conversion would clip everything above 255 to white.
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _close(image: Image.Image, projection: Projection, closer: Closer | None) -> Image.Image | None:
    """Exactly the shown pixels from somewhere finer; None where the image is fine enough."""
    if closer is None or projection.full_width <= image.width:
        return None
    left, top, right, bottom = projection.crop
    crop = (left / image.width, top / image.height, right / image.width, bottom / image.height)
    return closer(crop, (projection.width, projection.height))


def _scaled(image: Image.Image, projection: Projection) -> Image.Image:
    """Exactly the shown pixels."""
    shrinks = projection.full_width < image.width
    filter = Image.Resampling.LANCZOS if shrinks else Image.Resampling.BICUBIC
    size = (projection.width, projection.height)
    return image.resize(size, filter, box=projection.crop, reducing_gap=3.0 if shrinks else None)
