"""The keys of the region editor; while a region is drawn or changed they go before the screen's."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _way(name: str, keys: str, far: str, across: int, down: int) -> list[BindingType]:
    return [
        Binding(keys, f"shift({across},{down})", f"One pixel {name}", id=f"edit.{name}", show=False),
        Binding(far, f"stride({across},{down})", f"A step {name}", id=f"edit.{name}_far", show=False),
    ]


EDITING: list[BindingType] = [
    *_way("left", "h,left", "H,shift+left", -1, 0),
    *_way("down", "j,down", "J,shift+down", 0, 1),
    *_way("up", "k,up", "K,shift+up", 0, -1),
    *_way("right", "l,right", "L,shift+right", 1, 0),
    Binding("space", "place", "Place", id="edit.place"),
    Binding("enter", "finish", "Finish", id="edit.finish"),
    Binding("tab", "pick(1)", "Next part", id="edit.next_part"),
    Binding("shift+tab", "pick(-1)", "Previous part", id="edit.previous_part", show=False),
    Binding("i", "insert_point", "Insert a point", id="edit.insert_point", show=False),
    Binding("d,delete", "delete_point", "Delete the point", id="edit.delete_point", show=False),
    Binding("c", "cycle", "Next region here", id="edit.cycle", show=False),
    Binding("u,backspace", "take_back", "Undo", id="edit.undo"),
    Binding("ctrl+r", "do_again", "Redo", id="edit.redo", show=False),
    Binding("right_square_bracket", "change_step(1)", "Larger step", id="edit.larger_step", show=False),
    Binding("left_square_bracket", "change_step(-1)", "Smaller step", id="edit.smaller_step", show=False),
    Binding("escape", "cancel", "Cancel", id="edit.cancel"),
]


def drawing(scope: str) -> list[BindingType]:
    """A viewer's bindings that begin to draw or change a region, and copy regions."""
    return [
        Binding("b", "draw('box')", "Box", id=f"{scope}.box"),
        Binding("p", "draw('polygon')", "Polygon", id=f"{scope}.polygon", show=False),
        Binding("E", "edit_region", "Edit the region", id=f"{scope}.edit_region", show=False),
        Binding("y", "copy(False)", "Copy the region to the next input", id=f"{scope}.copy", show=False),
        Binding("Y", "copy(True)", "Copy my regions to the next input", id=f"{scope}.copy_all", show=False),
    ]


def looking(scope: str) -> list[BindingType]:
    """A viewer's bindings that look at another part of the picture, or otherwise at it.

    Panning takes the arrows with shift: alone they go to other inputs, and with ctrl desktops and tmux
    take some of them. While a region is worked on the view follows the crosshair.
    """
    return [
        Binding("plus", "zoom(1)", "Zoom in", id=f"{scope}.zoom_in", show=False),
        Binding("minus", "zoom(-1)", "Zoom out", id=f"{scope}.zoom_out", show=False),
        Binding("equals_sign", "one_to_one", "One pixel to one", id=f"{scope}.one_to_one", show=False),
        Binding("underscore", "fit", "Fit the picture", id=f"{scope}.fit", show=False),
        Binding("shift+left", "pan(-1,0)", "Look to the left", id=f"{scope}.pan_left", show=False),
        Binding("shift+down", "pan(0,1)", "Look further down", id=f"{scope}.pan_down", show=False),
        Binding("shift+up", "pan(0,-1)", "Look further up", id=f"{scope}.pan_up", show=False),
        Binding("shift+right", "pan(1,0)", "Look to the right", id=f"{scope}.pan_right", show=False),
        Binding("B", "adjust", "Brightness, contrast…", id=f"{scope}.adjust", show=False),
    ]
