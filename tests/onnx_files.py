"""ONNX files whose outputs are known beforehand, written by the `onnx` package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def saying(
    outputs: Mapping[str, np.ndarray],
    takes: Sequence[int | str] = (1, 3, 64, 64),
    name: str = "images",
    element: int = TensorProto.FLOAT,
    metadata: Mapping[str, str] | None = None,
    others: Mapping[str, Sequence[int | str]] | None = None,
    free: bool = False,
) -> bytes:
    """A model that says the same of every picture. With `free` the first size of its outputs is the number of
    pictures, each of which is told the first row."""
    nodes, values = [], []
    if free:
        nodes.append(helper.make_node("Shape", [name], ["count"], start=0, end=1))
    for key, array in outputs.items():
        shape = list(array.shape)
        tensor = numpy_helper.from_array(array, key)
        if free:
            shape = ["N", *shape[1:]]
            nodes.append(helper.make_node("Constant", [], [f"{key}_row"], value=tensor))
            rest = numpy_helper.from_array(np.array(array.shape[1:], np.int64))
            nodes.append(helper.make_node("Constant", [], [f"{key}_rest"], value=rest))
            nodes.append(helper.make_node("Concat", ["count", f"{key}_rest"], [f"{key}_shape"], axis=0))
            nodes.append(helper.make_node("Expand", [f"{key}_row", f"{key}_shape"], [key]))
        else:
            nodes.append(helper.make_node("Constant", [], [key], value=tensor))
        values.append(helper.make_tensor_value_info(key, tensor.data_type, shape))
    inputs = [helper.make_tensor_value_info(name, element, list(takes))]
    for other, shape in (others or {}).items():
        inputs.append(helper.make_tensor_value_info(other, TensorProto.INT64, list(shape)))
    graph = helper.make_graph(nodes, "known", inputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    return bytes(model.SerializeToString())


def named(names: Sequence[str]) -> str:
    """Concept names as Ultralytics writes them into a file's metadata."""
    return str(dict(enumerate(names)))


__all__ = ["TensorProto", "named", "onnx", "saying"]
