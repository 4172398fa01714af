"""Label settings: how a person wants to label a task, kept from one time to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tui.hotkeys import KEYS


@dataclass(frozen=True)
class LabelSettings:
    """One user's, for one task."""

    assists: bool = True
    """Whether suggestions are shown."""
    model: str | None = None
    """The name of the model whose suggestions are shown; None for the task's own."""
    low: float = 0.0
    high: float = 1.0
    """The scores from which and up to which suggestions are shown."""
    folded: tuple[str, ...] = ()
    """Categories that are out of sight."""
    hotkeys: Mapping[str, str] = field(default_factory=dict)
    """Key ("1" … "0", "'1" … "'0") → the concept that it is for."""

    def within(self, low: float, high: float) -> LabelSettings:
        """The same with another range, which is brought into 0..1 and in order."""
        low = min(max(round(low, 4), 0.0), 1.0)
        return replace(self, low=low, high=min(max(round(high, 4), low), 1.0))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` understands."""
        return {**asdict(self), "folded": list(self.folded), "hotkeys": dict(self.hotkeys)}

    @classmethod
    def from_json(cls, data: Any, otherwise: LabelSettings) -> LabelSettings:
        """Kept settings; `otherwise` for whatever is missing or is none."""
        if not isinstance(data, dict):
            return otherwise
        made = replace(
            otherwise,
            assists=bool(data.get("assists", otherwise.assists)),
            model=data["model"] if isinstance(data.get("model"), str) else None,
            folded=tuple(str(name) for name in data.get("folded") or ()),
            hotkeys={k: str(v) for k, v in (data.get("hotkeys") or {}).items() if k in KEYS},
        )
        low, high = data.get("low"), data.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float):
            made = made.within(low, high)
        return made
