"""Nodes: what can stand in a workflow. Each kind is a value, valid at birth, and one pure function."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from store.errors import Refused
from store.graphs.flow import Finding, Flow, View
from store.values import Region, RegionKind, Status

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
    "EQUAL": operator.eq,
}
"""Clarifai's concept_threshold_type. All of them compare the number as it is stored; none is true of NaN."""

RELATIONS = ("synonym", "hypernym", "hyponym")


@dataclass(frozen=True)
class Surroundings:
    """What nodes may know beside what they are passed."""

    seed: str = ""
    """What tells the input from others, such as the hash of its content: chance is drawn from it."""
    related: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Relation → (what a model says → what the project's people say for it)."""


@dataclass(frozen=True)
class Node:
    """A place in a workflow: its name, its line in the file, and the nodes that it gets something from."""

    id: str
    line: int
    inputs: tuple[str, ...]
    kind: ClassVar[str] = ""
    """The `model_type_id` of an operator; "" for a model."""

    def summary(self) -> str:
        """What it does, in a few words for drawings."""
        raise NotImplementedError


@dataclass(frozen=True)
class ModelNode(Node):
    """A registered model, which looks at the views that it is passed."""

    model: str = ""
    version: int | None = None
    """The model's version; the newest if none."""

    def summary(self) -> str:
        """The model's name, and its version where one is asked for."""
        return self.model if self.version is None else f"{self.model}, version {self.version}"


@dataclass(frozen=True)
class Operator(Node):
    """A node that needs no model."""

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """What it passes on of what it gets."""
        raise NotImplementedError


@dataclass(frozen=True)
class ConceptThresholder(Operator):
    """Passes on the findings of its concepts whose score compares as wanted; all others end here."""

    comparison: str = "GREATER_THAN"
    values: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Concept → the score it is compared with."""
    kind: ClassVar[str] = "concept-thresholder"

    def passes(self, finding: Finding) -> bool:
        """Whether a finding goes through."""
        value = self.values.get(finding.concept)
        return value is not None and COMPARISONS[self.comparison](finding.score, value)

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """Where nothing is left, the input ends here."""
        kept = tuple(finding for finding in flow.findings if self.passes(finding))
        return Flow(kept, flow.views if kept else ())

    def summary(self) -> str:
        """`> 0.9` and the concepts, with the value by each where they differ."""
        signs = {"GREATER_THAN": ">", "GREATER_THAN_OR_EQUAL": "≥", "LESS_THAN": "<"}
        sign = signs.get(self.comparison, "≤" if self.comparison == "LESS_THAN_OR_EQUAL" else "=")
        if len(set(self.values.values())) == 1:
            return f"{', '.join(self.values)} {sign} {next(iter(self.values.values())):g}"
        return ", ".join(f"{concept} {sign} {value:g}" for concept, value in self.values.items())


@dataclass(frozen=True)
class RegionThresholder(ConceptThresholder):
    """The same for findings of regions; what is said of the whole input ends here."""

    kind: ClassVar[str] = "region-thresholder"

    def passes(self, finding: Finding) -> bool:
        """Whether a finding goes through."""
        return finding.region is not None and super().passes(finding)


@dataclass(frozen=True)
class AnnotationWriter(Operator):
    """Writes what it gets as annotations, and passes it on."""

    status: Status = Status.SUCCESS
    user: str | None = None
    """The name of the user whose annotations they become; the workflow's own annotator if none."""
    kind: ClassVar[str] = "annotation-writer"

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """All of it; writing is for whoever runs the workflow."""
        return flow

    def summary(self) -> str:
        """The status, and as whom."""
        return f"write {self.status.title}" + (f" as {self.user}" if self.user else "")


@dataclass(frozen=True)
class RandomSample(Operator):
    """Passes on a fraction of the inputs. Which ones depends on the input and the node alone, so that running
    it again chooses the same."""

    keep: float = 1.0
    kind: ClassVar[str] = "random-sample"

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """All or nothing of what it gets."""
        digest = hashlib.blake2b(f"{self.id}:{around.seed}".encode(), digest_size=8).digest()
        chance = int.from_bytes(digest, "big") / 2**64
        return flow if chance < self.keep else Flow()

    def summary(self) -> str:
        """The share that stays."""
        return f"keep {self.keep:.0%} of the inputs"


@dataclass(frozen=True)
class ConceptMapper(Operator):
    """Says the related concept for each one that has it; the others stay as they are."""

    relation: str = "synonym"
    kind: ClassVar[str] = "concept-synonym-mapper"

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """Of two that become the same finding, the higher score stays."""
        names = around.related.get(self.relation, {})
        best: dict[tuple[str, Region | None], Finding] = {}
        for finding in flow.findings:
            mapped = replace(finding, concept=names.get(finding.concept, finding.concept))
            known = best.get((mapped.concept, mapped.region))
            if known is None or mapped.score > known.score:
                best[mapped.concept, mapped.region] = mapped
        return Flow(tuple(best.values()), flow.views)

    def summary(self) -> str:
        """The relation it follows."""
        return f"say the {self.relation}"


@dataclass(frozen=True)
class ImageCrop(Operator):
    """Cuts out the regions that were found, for a second model to look at one by one."""

    margin: float = 1.0
    """Sides of what is cut out as a multiple of the region's bounds, about their middle, within the input."""
    kind: ClassVar[str] = "image-crop"

    def apply(self, flow: Flow, around: Surroundings) -> Flow:
        """One view for each different region; what was found before stays on its own way."""
        regions = dict.fromkeys(finding.region for finding in flow.findings if finding.region is not None)
        return Flow((), tuple(self._view(region) for region in regions if region.kind is not RegionKind.SPAN))

    def _view(self, region: Region) -> View:
        bounds = region.bounds
        assert bounds is not None
        x0, y0, x1, y1 = bounds
        more_x, more_y = (x1 - x0) * (self.margin - 1) / 2, (y1 - y0) * (self.margin - 1) / 2
        box = (max(0.0, x0 - more_x), max(0.0, y0 - more_y), min(1.0, x1 + more_x), min(1.0, y1 + more_y))
        return View(box, region)

    def summary(self) -> str:
        """That it crops, and how generously."""
        return "crop each region" + (f", margin {self.margin:g}" if self.margin != 1 else "")


def refuse_repeated(ids: list[tuple[str, int]]) -> None:
    """Raise Refused at the second of two nodes with one id. Each is (id, line)."""
    seen: dict[str, int] = {}
    for name, line in ids:
        if name in seen:
            raise Refused(f"line {line}: there is a node '{name}' on line {seen[name]} already: rename one")
        seen[name] = line
