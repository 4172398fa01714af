"""A workflow's graph: nodes in an order in which they can be run. Valid at birth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from store.errors import Refused
from store.graphs.flow import SOURCE, Flow, joined
from store.graphs.nodes import (
    AnnotationWriter,
    ConceptMapper,
    ConceptThresholder,
    ImageCrop,
    ModelNode,
    Node,
    RandomSample,
    refuse_repeated,
)
from store.names import did_you_mean

MOST_NODES = 100

Concepts = Mapping[str, Sequence[str]]
"""Model node (id) → what its model can say."""

Relations = Mapping[str, Mapping[str, str]]
"""Relation → (what a model says → what is said for it)."""


@dataclass(frozen=True)
class Graph:
    """A workflow. Raises Refused, with the line of the fault, for what cannot be run."""

    id: str
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not any(isinstance(node, ModelNode) for node in self.nodes):
            raise Refused(f"the workflow '{self.id}' has no model: add a node with a model_id")
        if len(self.nodes) > MOST_NODES:
            raise Refused(f"line {self.nodes[MOST_NODES].line}: a workflow has at most {MOST_NODES} nodes")
        refuse_repeated([(node.id, node.line) for node in self.nodes])
        self._check_inputs()
        object.__setattr__(self, "nodes", tuple(_ordered(self.nodes)))

    def _check_inputs(self) -> None:
        known = [node.id for node in self.nodes]
        for node in self.nodes:
            for wanted in node.inputs:
                if wanted not in known:
                    raise Refused(
                        f"line {node.line}: '{node.id}' gets its input from '{wanted}', which is no node"
                        + did_you_mean(wanted, known)
                    )
            if not node.inputs and not isinstance(node, ModelNode | RandomSample):
                raise Refused(
                    f"line {node.line}: '{node.id}' gets nothing: name the node before it in node_inputs"
                )

    def __iter__(self) -> Iterator[Node]:
        """Every node behind all that it gets something from."""
        return iter(self.nodes)

    @property
    def models(self) -> tuple[ModelNode, ...]:
        """The nodes that need a model, in the order in which they run."""
        return tuple(node for node in self.nodes if isinstance(node, ModelNode))

    @property
    def writers(self) -> tuple[AnnotationWriter, ...]:
        """The nodes that write annotations."""
        return tuple(node for node in self.nodes if isinstance(node, AnnotationWriter))

    @property
    def ends(self) -> tuple[Node, ...]:
        """The nodes that nothing comes behind: what they pass on is what the workflow says."""
        used = {wanted for node in self.nodes for wanted in node.inputs}
        return tuple(node for node in self.nodes if node.id not in used)

    def incoming(self, node: Node, passed: Mapping[str, Flow]) -> Flow:
        """What a node gets, of what those before it passed on."""
        return joined(tuple(passed[wanted] for wanted in node.inputs)) if node.inputs else SOURCE

    def said(self, passed: Mapping[str, Flow]) -> Flow:
        """What the workflow says of an input, once every node has passed on what it does."""
        return joined(tuple(passed[node.id] for node in self.ends))

    def arriving(self, known: Concepts, related: Relations) -> dict[str, list[str]]:
        """The concepts that can reach each node (id); `known`: what each model node (id) can say."""
        return {node: list(names) for node, (names, _) in self._reach(known, related).items()}

    def concepts(self, known: Concepts, related: Relations) -> list[str]:
        """What the workflow can say or write, in its models' order."""
        reach = self._reach(known, related)
        telling = [*self.ends, *self.writers]
        return list(dict.fromkeys(name for node in telling for name in reach[node.id][1]))

    def _reach(
        self, known: Concepts, related: Relations
    ) -> dict[str, tuple[dict[str, None], dict[str, None]]]:
        """By node: the concepts that arrive there, and those that can leave it."""
        reach: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
        for node in self.nodes:
            arriving = dict.fromkeys(name for wanted in node.inputs for name in reach[wanted][1])
            reach[node.id] = arriving, _leaving(node, arriving, known, related)
        return reach


def _leaving(node: Node, arriving: dict[str, None], known: Concepts, related: Relations) -> dict[str, None]:
    match node:
        case ModelNode():
            return dict.fromkeys(known[node.id])
        case ConceptThresholder():
            return {name: None for name in arriving if name in node.values}
        case ConceptMapper():
            names = related.get(node.relation, {})
            return dict.fromkeys(names.get(name, name) for name in arriving)
        case ImageCrop():
            return {}
    return arriving


def _ordered(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes, each behind its inputs, otherwise as they stand. Raises Refused for a circle."""
    waiting = list(nodes)
    done: set[str] = set()
    while waiting:
        ready = next((node for node in waiting if done.issuperset(node.inputs)), None)
        if ready is None:
            names = ", ".join(f"'{node.id}'" for node in waiting)
            raise Refused(f"line {waiting[0].line}: these nodes wait for each other in a circle: {names}")
        waiting.remove(ready)
        done.add(ready.id)
        yield ready
