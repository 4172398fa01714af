"""Times: milliseconds since 1970 as people and scripts read them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(milliseconds: int) -> str:
    """ISO 8601 in UTC with milliseconds: "2026-11-21T03:33:00.125Z"."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(milliseconds: int) -> str:
    """Date and time of day where the reader is: "2026-11-21 04:33"."""
    return datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M")
