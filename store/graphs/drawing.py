"""A graph drawn as text: each node behind those it gets something from, branches to the right."""

from __future__ import annotations

from collections.abc import Mapping

from store.graphs.graph import Graph
from store.graphs.nodes import Node


def draw(graph: Graph, notes: Mapping[str, str] | None = None) -> list[str]:
    """The lines of a drawing. A node with several inputs hangs below the first and names the others;
    `notes` are put behind the nodes (ids), such as how much each passed on."""
    below: dict[str, list[Node]] = {}
    for node in graph:
        below.setdefault(node.inputs[0] if node.inputs else "", []).append(node)
    lines: list[str] = []
    for top in below.get("", []):
        lines.append(_told(top, notes))
        _hang(top, "", below, notes, lines)
    return lines


def _hang(
    node: Node,
    indent: str,
    below: Mapping[str, list[Node]],
    notes: Mapping[str, str] | None,
    lines: list[str],
) -> None:
    children = below.get(node.id, [])
    for child in children:
        last = child is children[-1]
        lines.append(f"{indent}{'└' if last else '├'}─▶ {_told(child, notes)}")
        _hang(child, f"{indent}{' ' if last else '│'}   ", below, notes, lines)


def _told(node: Node, notes: Mapping[str, str] | None) -> str:
    others = f"  (and from {', '.join(node.inputs[1:])})" if len(node.inputs) > 1 else ""
    note = f"  · {notes[node.id]}" if notes and node.id in notes else ""
    return f"{node.id}  [{node.summary()}]{others}{note}"
