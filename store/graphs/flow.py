"""Flow: what passes along the edges of a workflow for one input."""

from __future__ import annotations

from dataclasses import dataclass, replace

from store.values import Box, Region, RegionKind

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """A concept that a model says of an input, with the score as the model gave it, and where."""

    concept: str
    score: float
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A part of an input that a model looks at. Both boxes are fractions 0..1 of the upright input."""

    box: Box = WHOLE
    """The pixels that are cut out."""
    subject: Region | None = None
    """What the part was cut out for: a finding of the whole part is a finding of this region."""

    def place(self, finding: Finding) -> Finding:
        """A finding in this part's own coordinates, as one of the input."""
        if finding.region is None:
            return replace(finding, region=self.subject)
        return replace(finding, region=_within(finding.region, self.box))


@dataclass(frozen=True, slots=True)
class Flow:
    """What a node passes on: what was found so far, and what a model behind it would look at.

    Without views the input ends here: a model behind the node is not run.
    """

    findings: tuple[Finding, ...] = ()
    views: tuple[View, ...] = ()


SOURCE = Flow(views=(View(),))
"""What a node without inputs gets: the input itself, with nothing found yet."""


def joined(flows: tuple[Flow, ...]) -> Flow:
    """What a node behind several others gets: all that they pass on, each thing once, in their order."""
    findings = dict.fromkeys(finding for flow in flows for finding in flow.findings)
    views = dict.fromkeys(view for flow in flows for view in flow.views)
    return Flow(tuple(findings), tuple(views))


def _within(region: Region, part: Box) -> Region:
    """A region of a part of the input, as one of the whole input; a span stays as it is."""
    left, top, right, bottom = part
    width, height = right - left, bottom - top

    def across(x: float) -> float:
        return min(1.0, left + x * width)

    def down(y: float) -> float:
        return min(1.0, top + y * height)

    if region.box is not None:
        x0, y0, x1, y1 = region.box
        return Region.from_box(across(x0), down(y0), across(x1), down(y1))
    if region.kind is RegionKind.POLYGON:
        return Region.from_rings([[(across(x), down(y)) for x, y in ring] for ring in region.rings])
    return region
