"""Foreign inputs: which input of the project a source means, by content, by place, by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from store import adding, inputs, media, sql
from store.errors import NotFound, Refused
from store.formats import Skipped, Statement
from store.tables import Input, User


class ForeignInputs:
    """The inputs that an imported source speaks of. Its files are looked for in one folder and below."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._became: dict[str, int] = {}
        """Path in the source → input, of the files that were added."""
        self._by_stem: dict[str, list[int]] | None = None
        self._last: tuple[tuple[str | None, str], int | None] | None = None
        """What was found last: statements on one input come together."""

    def sizes(self, path: str) -> tuple[int, int]:
        """Width and height of a picture of the source. Raises Refused where it is unknown."""
        file = self._beside(path)
        row = None if file is None else sql.find(Input, path=inputs.stored(file), deleted=False)
        row = row or (self._named(path) if file is None else None)
        if row is not None and row.width:
            return int(row.width), int(row.height)
        if file is not None:
            info = media.probe(file)
            if info.width:
                return info.width, info.height
        raise Refused(f"the size of {path} is unknown: it is neither in the project nor beside the source")

    def add(self, actor: User, statements: Iterable[Statement | Skipped]) -> adding.Report:
        """Add the files of the source that the project does not have."""
        wanted: dict[Path, str] = {}
        before: tuple[str | None, str] | None = None
        for statement in statements:
            if isinstance(statement, Skipped) or before == (before := (statement.sha256, statement.path)):
                continue
            file = None if self._by_content(statement) else self._beside(statement.path)
            if file is not None:
                wanted[file] = statement.path
        report = adding.add(actor, list(wanted)) if wanted else adding.Report()
        same = dict(report.duplicates)
        for file, path in wanted.items():
            row = sql.find(Input, path=inputs.stored(same.get(file, file)), deleted=False)
            if row is not None:
                self._became[path] = int(row.id)
        return report

    def find(self, statement: Statement) -> int | None:
        """The id of the input that a statement is about, None where the project has none such."""
        named = (statement.sha256, statement.path)
        if self._last is None or self._last[0] != named:
            self._last = (named, self._find(statement))
        return self._last[1]

    def _find(self, statement: Statement) -> int | None:
        row = self._by_content(statement)
        if row is not None:
            return int(row.id)
        if statement.path in self._became:
            return self._became[statement.path]
        row = sql.find(Input, path=statement.path, deleted=False) or self._named(statement.path)
        return None if row is None else int(row.id)

    def _by_content(self, statement: Statement) -> Input | None:
        if statement.sha256 is None:
            return None
        try:
            return sql.find(Input, sha256=bytes.fromhex(statement.sha256), deleted=False)
        except ValueError:
            raise Refused(f"{statement.where}: sha256 must be 64 hex digits") from None

    def _beside(self, path: str) -> Path | None:
        """The file of the source's folder; neither `..` nor a link may lead out of it."""
        try:
            file = Path(os.path.realpath(self._folder / path))
            return file if path and file.is_relative_to(self._folder) and file.is_file() else None
        except (ValueError, OSError):
            return None

    def _named(self, path: str) -> Input | None:
        """The only input whose path ends like this one, whose suffix may be missing. Raises NotFound where
        several do: which one is meant nobody can know."""
        wanted = PurePosixPath(path.replace("\\", "/"))
        if self._by_stem is None:
            self._by_stem = {}
            live: Any = Input.select(Input.id, Input.path).where(Input.deleted == False)
            for key, known in live.tuples().iterator():
                self._by_stem.setdefault(PurePosixPath(known).stem, []).append(key)
        found = self._ending(wanted, self._by_stem.get(wanted.stem, ()))
        if len(found) > 1:
            raise NotFound(f"several inputs are called {path}: {found[0].path}, {found[1].path}")
        return found[0] if found else None

    def _ending(self, wanted: PurePosixPath, ids: Iterable[int]) -> list[Input]:
        rows = [sql.find(Input, id=key, deleted=False) for key in ids]
        alike = [row for row in rows if row is not None and _is_called(str(row.path), wanted)]
        # The more of the path agrees the better; a name alone must be the only one.
        for depth in range(len(wanted.parts), 1, -1):
            best = [row for row in alike if _tail(str(row.path), depth) == _tail(str(wanted), depth)]
            if best:
                return best
        return alike


def _is_called(path: str, wanted: PurePosixPath) -> bool:
    known = PurePosixPath(path)
    return known.stem == wanted.stem and wanted.suffix.lower() in ("", known.suffix.lower())


def _tail(path: str, parts: int) -> tuple[str, ...]:
    known = PurePosixPath(path)
    return (*known.parts[-parts:-1], known.stem)
