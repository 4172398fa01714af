"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from store import database
from store.tables import Input, User

# CI looks at the same examples every time, so that a change is not blamed for what it did not do; people's
# runs look for new ones.
settings.register_profile(
    "winnow",
    derandomize=bool(os.environ.get("CI")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("winnow")


@dataclass
class Project:
    """A fresh project and the person who owns it."""

    folder: Path
    store: Path
    owner: User

    def add_inputs(self, count: int) -> list[int]:
        """Rows of images without files, for tests that never open one; returns their ids."""
        known = Input.select().count()
        return [
            Input.create(
                path=f"{known + n:06}.jpg",
                media="image",
                sha256=(known + n).to_bytes(32, "big"),
                size=1,
                width=640,
                height=480,
                modified_at=0,
                added_at=0,
            ).id
            for n in range(count)
        ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project owned by olga, open in this process; nothing of the machine's own settings is seen."""
    for name in [name for name in os.environ if name.startswith("WINNOW_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "project"
    store = database.create(folder, "olga")
    database.connect(store)
    yield Project(folder, store, User.get(User.name == "olga"))
    database.close()
