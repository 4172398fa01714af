"""ONNX files as bytes: writing graphs of a few nodes, and finding what hides in other people's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7
"""Element types by their numbers in onnx.proto3."""

Field = tuple[int, int | bytes | str]


class GraphError(ValueError):
    """Bytes that are not an ONNX file, or one that reaches outside itself."""


@dataclass(frozen=True)
class Node:
    """One operator of the standard set, without attributes."""

    operator: str
    inputs: Sequence[str]
    outputs: Sequence[str]


@dataclass(frozen=True)
class Value:
    """An input or output of a graph; a text in `shape` is a free dimension."""

    name: str
    element: int
    shape: Sequence[int | str]


@dataclass(frozen=True)
class Constant:
    """A tensor of float32 that stands in the file: `data` is its numbers, little-endian, row by row."""

    name: str
    shape: Sequence[int]
    data: bytes


def model(
    nodes: Sequence[Node],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: Sequence[Constant] = (),
) -> bytes:
    """An ONNX file of operator set 17. Field numbers are those of onnx.proto3."""
    graph = _message(
        *((1, _node(node)) for node in nodes),
        (2, "graph"),
        *((5, _constant(constant)) for constant in constants),
        *((11, _value(value)) for value in inputs),
        *((12, _value(value)) for value in outputs),
    )
    return _message((1, 8), (7, graph), (8, _message((1, ""), (2, 17))))


def _node(node: Node) -> bytes:
    names: list[Field] = [(1, name) for name in node.inputs]
    names += [(2, name) for name in node.outputs]
    return _message(*names, (4, node.operator))


def _constant(constant: Constant) -> bytes:
    sizes: list[Field] = [(1, size) for size in constant.shape]
    return _message(*sizes, (2, FLOAT), (8, constant.name), (9, constant.data))


def _value(value: Value) -> bytes:
    sizes = [_message((2 if isinstance(size, str) else 1, size)) for size in value.shape]
    tensor = _message((1, value.element), (2, _message(*((1, size) for size in sizes))))
    return _message((1, value.name), (2, _message((1, tensor))))


def _message(*fields: Field) -> bytes:
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | 2) + _varint(len(data)) + data
    return bytes(out)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


# Where tensors can stand: (message, field) → the message inside. Repeated or split messages are all visited.
INSIDE = {
    ("model", 7): "graph",
    ("model", 20): "training",
    ("model", 25): "function",
    ("training", 1): "graph",
    ("training", 2): "graph",
    ("function", 7): "node",
    ("function", 11): "attribute",
    ("graph", 1): "node",
    ("graph", 5): "tensor",
    ("graph", 15): "sparse",
    ("node", 5): "attribute",
    ("attribute", 5): "tensor",
    ("attribute", 6): "graph",
    ("attribute", 10): "tensor",
    ("attribute", 11): "graph",
    ("attribute", 22): "sparse",
    ("attribute", 23): "sparse",
    ("sparse", 1): "tensor",
    ("sparse", 2): "tensor",
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14
MAX_DEPTH = 64


def refuse_external_data(data: bytes) -> None:
    """Raise GraphError when a tensor's weights stand outside the file (a path, or an address in memory).

    The file is walked without a protobuf library and without copying, in less than 10 ms for those that
    ship.
    """
    view = memoryview(data)
    waiting = [("model", 0, len(data), 0)]
    while waiting:
        message, start, end, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise GraphError("its graphs are nested too deeply")
        for number, value, first, last in _fields(view, start, end):
            if message == "tensor" and (number == EXTERNAL_DATA or (number == DATA_LOCATION and value)):
                raise GraphError("its weights lie in another file; save it as one file")
            inside = INSIDE.get((message, number))
            if inside:
                waiting.append((inside, first, last, depth + 1))


def _fields(view: memoryview, place: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, varint value or 0, first, last) of each field; the last two bound the bytes of a message."""
    while place < end:
        tag, place = _read_varint(view, place, end)
        kind, value, first = tag & 7, 0, place
        if kind == 0:
            value, place = _read_varint(view, place, end)
        elif kind == 2:
            length, first = _read_varint(view, place, end)
            place = first + length
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        else:
            raise GraphError("it is not an ONNX file")
        if place > end:
            raise GraphError("it is not an ONNX file, or it is cut off")
        yield tag >> 3, value, first, place


def _read_varint(view: memoryview, place: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while place < end and shift < 70:
        byte = view[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value & (1 << 64) - 1, place
        shift += 7
    raise GraphError("it is not an ONNX file, or it is cut off")
