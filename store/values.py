"""The values that rows are made of: statuses, kinds and regions. Valid at birth."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from store.errors import Refused

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Status(IntEnum):
    """Where an annotation or an assignment stands. Names and codes are those of the Clarifai API."""

    SUCCESS = 24150
    PENDING = 24151
    AWAITING_REVIEW = 24157
    REVIEW_DENIED = 24158
    AWAITING_CONSENSUS_REVIEW = 24159

    @property
    def title(self) -> str:
        """The status as the screen shows it: "Awaiting Review"."""
        return self.name.replace("_", " ").title()


class Role(StrEnum):
    """What a user is in the project, from the most to the least allowed."""

    OWNER = "owner"
    LEAD = "lead"
    LABELER = "labeler"
    VIEWER = "viewer"
    MODEL = "model"
    """Not a person: the annotator that a model's annotations carry."""


class Side(StrEnum):
    """What a user is in a task."""

    LABEL = "label"
    REVIEW = "review"


class Verdict(StrEnum):
    """What a reviewer says of an assignment."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request-changes"
    REJECT = "reject"


class TaskType(StrEnum):
    """What a task asks of its labelers."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    SEGMENTATION = "segmentation"
    TEXT = "text"

    @property
    def media(self) -> str:
        """The media of the inputs that such a task deals out; others of its dataset are passed over."""
        return "text" if self is TaskType.TEXT else "image"


class Strategy(StrEnum):
    """How the inputs of a task reach its labelers."""

    PARTITIONED = "partitioned"
    DYNAMIC = "dynamic"
    FULL = "full"


class ReviewStrategy(StrEnum):
    """What happens to an annotation after it was submitted."""

    NONE = "none"
    MANUAL = "manual"
    CONSENSUS = "consensus"


class JobState(StrEnum):
    """Where a job of the engine stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RegionKind(IntEnum):
    """Which shape a region has; the number is what the database keeps."""

    WHOLE = 0
    BOX = 1
    POLYGON = 2
    SPAN = 3


@dataclass(frozen=True, slots=True)
class Region:
    """Where on an input: a box, a polygon (an outer ring, then its holes) or a text span.

    Coordinates are fractions 0..1 of the upright image, x to the right, y down. A span is
    [start, end) in characters. The whole input is no region: `None`.
    """

    kind: RegionKind
    box: Box | None = None
    rings: tuple[tuple[Point, ...], ...] = ()
    span: tuple[int, int] | None = None

    @classmethod
    def from_box(cls, x0: float, y0: float, x1: float, y1: float) -> Region:
        """A box by two corners in any order. Raises Refused outside 0..1 or without an area."""
        left, right = sorted((float(x0), float(x1)))
        top, bottom = sorted((float(y0), float(y1)))
        if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0):
            raise Refused(f"a box needs 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1, not {[x0, y0, x1, y1]}")
        return cls(RegionKind.BOX, box=(left, top, right, bottom))

    @classmethod
    def from_rings(cls, rings: Sequence[Sequence[Point]]) -> Region:
        """A polygon: the outer ring first, holes after it. Raises Refused for fewer than 3 points."""
        made = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in rings)
        if not made or any(len(ring) < 3 for ring in made):
            raise Refused("a polygon needs at least 3 points in each ring")
        if not all(0.0 <= v <= 1.0 for ring in made for point in ring for v in point):
            raise Refused("a polygon's points must lie between 0 and 1")
        return cls(RegionKind.POLYGON, rings=made)

    @classmethod
    def from_span(cls, start: int, end: int) -> Region:
        """A stretch of a text, [start, end) in characters. Raises Refused when empty or negative."""
        if not 0 <= start < end:
            raise Refused(f"a span needs 0 <= start < end, not {[start, end]}")
        return cls(RegionKind.SPAN, span=(int(start), int(end)))

    @property
    def bounds(self) -> Box | None:
        """The smallest box around the region; None for a span."""
        if self.kind is RegionKind.POLYGON:
            xs = [x for x, _ in self.rings[0]]
            ys = [y for _, y in self.rings[0]]
            return min(xs), min(ys), max(xs), max(ys)
        return self.box

    def pack(self) -> bytes:
        """The region as the database keeps it: little-endian doubles (box, rings) or 64-bit integers."""
        if self.box is not None:
            return struct.pack("<4d", *self.box)
        if self.span is not None:
            return struct.pack("<2q", *self.span)
        parts = [struct.pack("<I", len(self.rings))]
        for ring in self.rings:
            flat = [v for point in ring for v in point]
            parts.append(struct.pack(f"<I{len(flat)}d", len(ring), *flat))
        return b"".join(parts)

    @classmethod
    def unpack(cls, kind: int, data: bytes) -> Region | None:
        """The inverse of `pack`; None for the whole input."""
        match RegionKind(kind):
            case RegionKind.WHOLE:
                return None
            case RegionKind.BOX:
                return cls(RegionKind.BOX, box=struct.unpack("<4d", data))
            case RegionKind.SPAN:
                return cls(RegionKind.SPAN, span=struct.unpack("<2q", data))
        (count,) = struct.unpack_from("<I", data)
        offset, rings = 4, []
        for _ in range(count):
            (length,) = struct.unpack_from("<I", data, offset)
            flat = struct.unpack_from(f"<{2 * length}d", data, offset + 4)
            rings.append(tuple(zip(flat[::2], flat[1::2], strict=True)))
            offset += 4 + 16 * length
        return cls(RegionKind.POLYGON, rings=tuple(rings))

    def to_json(self) -> dict[str, Any]:
        """`{"box": […]}`, `{"polygon": [[x, y], …]}` (with `holes` if any) or `{"span": [start, end]}`."""
        if self.box is not None:
            return {"box": list(self.box)}
        if self.span is not None:
            return {"span": list(self.span)}
        outer, *holes = ([list(point) for point in ring] for ring in self.rings)
        return {"polygon": outer, "holes": holes} if holes else {"polygon": outer}

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Region | None:
        """The inverse of `to_json`. Raises Refused for any other shape."""
        try:
            match data:
                case None:
                    return None
                case {"box": [x0, y0, x1, y1]}:
                    return cls.from_box(x0, y0, x1, y1)
                case {"span": [start, end]}:
                    return cls.from_span(start, end)
                case {"polygon": outer}:
                    return cls.from_rings([outer, *data.get("holes", [])])
        except (TypeError, ValueError) as error:
            raise Refused(f"not a region: {error}") from None
        raise Refused('a region is null, {"box": […]}, {"polygon": […]} or {"span": […]}')


def region_columns(region: Region | None) -> tuple[int, bytes, int]:
    """(region_kind, region, region_key) as an annotation keeps them; the key makes equal regions unique."""
    if region is None:
        return RegionKind.WHOLE, b"", 0
    packed = region.pack()
    digest = hashlib.blake2b(bytes([region.kind]) + packed, digest_size=8).digest()
    return region.kind, packed, int.from_bytes(digest, "little", signed=True)
