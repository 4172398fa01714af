"""Consensus: which statements of several labelers on one input agree."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from store.values import Box, Region, RegionKind, Status


@dataclass(frozen=True, slots=True)
class Statement:
    """One labeler's annotation: its id, who made it, what it says and where."""

    id: int
    labeler: int
    says: Hashable
    region: Region | None


def quorum(agree: int, share: float | None, labelers: int) -> int:
    """How many of `labelers` must agree: `agree`, or the `share` of them (0..1) rounded up; at least one.

    A share that is a whole number of labelers but for the last bits of its fraction is that number.
    """
    return agree if share is None else max(1, math.ceil(round(share * labelers, 9)))


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1 (Jaccard index)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


def same_place(a: Region | None, b: Region | None, least: float) -> bool:
    """Whether two statements are about one place: boxes overlap by `least`, spans are equal."""
    if a is None or b is None or a.kind is RegionKind.SPAN or b.kind is RegionKind.SPAN:
        return a == b
    bounds = a.bounds, b.bounds
    return bounds[0] is not None and bounds[1] is not None and overlap(bounds[0], bounds[1]) >= least


def decide(
    statements: Sequence[Statement], *, agree: int, still_to_come: int, least: float
) -> dict[int, Status]:
    """The status of each statement by its id.

    SUCCESS when `agree` labelers say the same in the same place (regions: boxes overlap by `least`),
    AWAITING_REVIEW when the `still_to_come` labelers cannot make it so any more, else
    AWAITING_CONSENSUS_REVIEW.
    """
    groups: list[list[Statement]] = []
    for statement in sorted(statements, key=lambda s: s.id):
        for group in groups:
            first = group[0]
            if (
                first.says == statement.says
                and all(other.labeler != statement.labeler for other in group)
                and same_place(first.region, statement.region, least)
            ):
                group.append(statement)
                break
        else:
            groups.append([statement])
    return {statement.id: _fate(len(group), agree, still_to_come) for group in groups for statement in group}


def _fate(said_by: int, agree: int, still_to_come: int) -> Status:
    if said_by >= agree:
        return Status.SUCCESS
    if said_by + still_to_come >= agree:
        return Status.AWAITING_CONSENSUS_REVIEW
    return Status.AWAITING_REVIEW
