"""A model file that somebody offers: what it takes and gives, found out by running it once on nothing."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from engine.device import CPU_PROVIDER
from engine.graph import GraphError, refuse_external_data
from engine.session import PADDING_MASK
from store.errors import Refused
from store.printable import printable

MOST_BYTES = 2 << 30
"""What one protobuf message can hold."""
MOST_SIDE = 4096
MOST_TEXT = 4 << 20
PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How PyTorch's files begin: they run code when they are opened."""
TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32", "tensor(float16)": "float16"}


@dataclass(frozen=True)
class Offered:
    """A file whose graph takes one picture."""

    data: bytes
    takes: str
    """The name of the input for pictures."""
    shape: tuple[int | str | None, ...]
    """Of that input as the graph tells it: what is no number is free."""
    dtype: str
    layout: str
    """`NCHW` or `NHWC`."""
    size: int | None
    """The side of the pictures; None where it is free."""
    metadata: Mapping[str, str]
    config: Mapping[str, Any]
    """What lies beside it as config.json, as Hugging Face writes it."""
    preprocessor: Mapping[str, Any]
    """What lies beside it as preprocessor_config.json."""

    def outputs(self, size: int) -> dict[str, np.ndarray]:
        """What it gives for one grey picture of this side. Raises Refused when it cannot run."""
        session = _session(self.data)
        feeds = {}
        for value in session.get_inputs():
            free = 1 if value.name == self.takes else size
            shape = [n if isinstance(n, int) else free for n in value.shape]
            if value.name == self.takes:
                side = slice(-2, None) if self.layout == "NCHW" else slice(-3, -1)
                shape[-3 if self.layout == "NCHW" else -1] = 3
                shape[side] = [size, size]
                feeds[value.name] = np.full(shape, 127 if self.dtype == "uint8" else 0.5, self.dtype)
            else:
                feeds[value.name] = np.ones([1, *shape[1:]], np.int64)
        names = [value.name for value in session.get_outputs()]
        try:
            return dict(zip(names, session.run(None, feeds), strict=True))
        except Exception as error:  # onnxruntime's errors share no other ancestor
            raise Refused(f"it does not run on a picture of {size} × {size}: {_line(error)}") from None


def read(path: Path) -> Offered:
    """What lies in a file. Raises Refused for what is no ONNX file, reaches outside itself, or takes no
    picture."""
    data = _bytes(path)
    try:
        refuse_external_data(data)
    except GraphError as error:
        raise Refused(f"{printable(path.name)}: {error}") from None
    session = _session(data)
    inputs = {str(value.name): value for value in session.get_inputs() if value.name != PADDING_MASK}
    if len(inputs) != 1:
        listed = printable(", ".join(inputs))
        raise Refused(f"it takes {listed}: only models that take one picture can be added")
    ((name, value),) = inputs.items()
    if value.type not in TYPES:
        raise Refused(f"it takes {printable(value.type)}: pictures are uint8, float32 or float16")
    layout, size = _picture(value.shape)
    return Offered(
        data,
        name,
        tuple(value.shape),
        TYPES[value.type],
        layout,
        size,
        dict(session.get_modelmeta().custom_metadata_map),
        _json_beside(path, "config.json"),
        _json_beside(path, "preprocessor_config.json"),
    )


def _bytes(path: Path) -> bytes:
    name = printable(path.name)
    try:
        if not path.is_file():
            raise Refused(f"{name} is not there, or is no file")
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{name} is larger than 2 GiB, the most that one ONNX file can be")
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror}") from None
    if data.startswith(PICKLES):
        raise Refused(f"{name} is a Python pickle or an archive, which is never opened: export it as ONNX")
    return data


def _session(data: bytes) -> Any:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(data, options, providers=[CPU_PROVIDER])
    except Exception as error:  # see Offered.outputs
        raise Refused(f"it is no ONNX file that can be run: {_line(error)}") from None


def _picture(shape: list[int | str | None]) -> tuple[str, int | None]:
    """Order of the axes, and the side where it is fixed."""
    told = printable(str(shape))
    if len(shape) not in (3, 4):
        raise Refused(f"it takes {told}: a picture has a height, a width and 3 colours")
    if shape[-1] == 3:
        layout, sides = "NHWC", shape[-3:-1]
    elif shape[-3] == 3 or not isinstance(shape[-3], int):
        layout, sides = "NCHW", shape[-2:]
    else:
        raise Refused(f"it takes {told}: pictures have 3 colours")
    fixed = [side for side in sides if isinstance(side, int)]
    if not fixed:
        return layout, None
    if len(fixed) == 2 and fixed[0] != fixed[1]:
        raise Refused(f"it takes pictures of {fixed[1]} × {fixed[0]}: export it for square ones")
    if not 1 <= fixed[0] <= MOST_SIDE:
        raise Refused(f"it takes pictures of {fixed[0]} pixels a side: {MOST_SIDE} are the most")
    return layout, fixed[0]


def _json_beside(path: Path, name: str) -> dict[str, Any]:
    """The JSON object of that name in the file's folder, or the one above (`onnx/model.onnx`)."""
    for folder in (path.parent, path.parent.parent):
        try:
            if (folder / name).stat().st_size <= MOST_TEXT:
                found = json.loads((folder / name).read_text("utf-8"))
                return found if isinstance(found, dict) else {}
        except (OSError, ValueError, RecursionError):
            continue
    return {}


def names_in(text: str) -> tuple[str, ...]:
    """Names as Ultralytics writes them, `{0: 'cat', 1: 'dog'}` or a list; none when it is something else."""
    if len(text) > MOST_TEXT:
        return ()
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ()
    return in_order(found)


def in_order(found: Any) -> tuple[str, ...]:
    """Names of a list, or of an object whose keys are their numbers; none when it is something else."""
    if isinstance(found, dict):
        try:
            numbered = {int(key): name for key, name in found.items()}
        except (TypeError, ValueError):
            return ()
        found = [numbered.get(number) for number in range(len(numbered))]
    if not isinstance(found, list | tuple) or not all(isinstance(name, str) for name in found):
        return ()
    return tuple(printable(name).strip() or f"concept {number}" for number, name in enumerate(found))


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0])[:200].rstrip(". ")
