"""Adding: files found on disk, looked at, and kept as inputs by the hash of their content."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peewee import chunked

from store import database, datasets, media, rights, workflow_runs
from store.errors import Refused
from store.history import Recorder
from store.inputs import absolute, stored
from store.long_steps import LongStep
from store.names import clean
from store.tables import Dataset, Input, User
from store.values import Role

CHUNK = 500
"""Inputs a transaction: short enough for the other writers, long enough for the disk."""

OnProgress = Callable[[int, int], None]
"""Told how many of how many files have been looked at."""


@dataclass
class Report:
    """What became of the files that were to be added; every path is absolute."""

    added: list[Path] = field(default_factory=list)
    here: list[Path] = field(default_factory=list)
    """In the project already, unchanged."""
    changed: list[Path] = field(default_factory=list)
    """In the project already, with other content than before, which is what they have now."""
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    """(new, old): the content was known under a path where nothing is any more."""
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)
    """(file, input of the same content)."""
    broken: list[tuple[Path, str]] = field(default_factory=list)
    """(file, one sentence why it cannot be an input)."""
    ignored: int = 0
    """Files in the folders that are neither pictures nor texts."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file to add and what one look at it said."""

    path: Path
    modified_at: int
    info: media.MediaInfo


def add(
    actor: User,
    paths: Sequence[Path],
    dataset: str | None = None,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Report:
    """Add files, and what lies in folders and the folders below them, to the project.

    Hidden files and symbolic links inside a folder are passed over; a link that is named itself is
    followed. `dataset` is made when it does not exist; what is in the project already joins it too.
    For owners and leads. Files that cannot be inputs go to the report, the rest goes on.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    name = None if dataset is None else clean(dataset, "a dataset's name")
    report = Report()
    files = list(_walk(paths, report))
    adding = LongStep(actor, "add inputs")
    for some in chunked(_looked_at(files, report, on_progress), CHUNK):
        chunk = [file for file in some if file is not None]
        if chunk:
            _insert_or_say(adding, chunk, name, report)
    return report


def _insert_or_say(adding: LongStep, chunk: list[_File], dataset: str | None, report: Report) -> None:
    """Write one chunk; where that fails, as on a full disk, what was written before stays and is told."""
    kept = len(report.added)
    try:
        _insert(adding, chunk, dataset, report)
    except Refused as error:
        stays = f"{kept} inputs were added before that and stay" if kept else "nothing was added"
        raise type(error)(f"{error} ({stays})") from error


def _walk(paths: Iterable[Path], report: Report) -> Iterator[Path]:
    """The files to look at, by name, each once; what cannot be read is reported."""
    seen: set[Path] = set()
    for given in paths:
        top = Path(os.path.realpath(given))
        if not top.exists():
            report.broken.append((top, "There is no such file or folder."))
            continue
        found = _below(top, report) if top.is_dir() else iter([top])
        for path in found:
            if path not in seen:
                seen.add(path)
                yield path


def _below(folder: Path, report: Report) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        report.broken.append((folder, f"The folder cannot be read: {error.strerror}."))
        return
    for entry in ordered:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), report)
        elif Path(entry.name).suffix.lower() in media.EXTENSIONS:
            yield Path(entry.path)
        else:
            report.ignored += 1


def _looked_at(files: Sequence[Path], report: Report, on_progress: OnProgress) -> Iterator[_File | None]:
    """What threads found in each file, in the order of `files`; None for one that is broken or known."""
    known = _unchanged(files)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), "probe") as pool:
        running: deque[tuple[Path, Future[_File] | None]] = deque()
        waiting, done = iter(files), 0
        try:
            while True:
                while len(running) < 32 and (path := next(waiting, None)) is not None:
                    running.append((path, None if path in known else pool.submit(_look, path)))
                if not running:
                    return
                yield _result(*running.popleft(), report, known)
                done += 1
                on_progress(done, len(files))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _result(
    path: Path, future: Future[_File] | None, report: Report, known: dict[Path, _File]
) -> _File | None:
    if future is None:
        return known[path]
    try:
        return future.result()
    except media.MediaError as error:
        report.broken.append((path, str(error)))
        return None


def _look(path: Path) -> _File:
    info = media.probe(path)
    try:
        return _File(path, path.stat().st_mtime_ns // 1_000_000, info)
    except OSError as error:
        raise media.MediaError(f"The file cannot be read: {error.strerror}.") from None


def _unchanged(files: Sequence[Path]) -> dict[Path, _File]:
    """The files that are inputs with the size and time of change they had: no need to read them again."""
    found = {}
    for some in chunked(files, CHUNK):
        by_stored = {stored(path): path for path in some}
        for row in Input.select().where(Input.path.in_(list(by_stored)), Input.deleted == False):
            path = by_stored[row.path]
            try:
                now_is = path.stat()
            except OSError:
                continue
            if (now_is.st_size, now_is.st_mtime_ns // 1_000_000) == (row.size, row.modified_at):
                info = media.MediaInfo(row.media, row.sha256, row.size, row.width, row.height, "")
                found[path] = _File(path, row.modified_at, info)
    return found


def _insert(adding: LongStep, chunk: list[_File], dataset: str | None, report: Report) -> None:
    """Write one chunk in one transaction."""
    with adding.part() as recorder:
        by_path = {row.path: row for row in _rows(Input.path, [stored(file.path) for file in chunk])}
        same = _rows(Input.sha256, [file.info.sha256 for file in chunk])
        by_content = {bytes(row.sha256): row for row in same if not row.deleted}
        before = len(report.added)
        rows = [_put(recorder, file, by_path, by_content, report) for file in chunk]
        added = set(report.added[before:])
        workflow_runs.run_on_added([row.id for row in rows if absolute(row) in added])
        if dataset is not None:
            made = Dataset.get_or_none(Dataset.name == dataset, Dataset.deleted == False)
            made = made or datasets.create(recorder, dataset)
            datasets.add_inputs(recorder, made, [row.id for row in rows])


def _rows(column: Any, values: list[Any]) -> list[Input]:
    return list(Input.select().where(column.in_(values)))


def _put(
    recorder: Recorder,
    file: _File,
    by_path: dict[str, Input],
    by_content: dict[bytes, Input],
    report: Report,
) -> Input:
    """The input that a file is, made if it is new; the maps know the rows of this chunk."""
    row = by_path.get(stored(file.path))
    twin = by_content.get(file.info.sha256)
    if row is not None and not row.deleted:
        return _known(recorder, row, file, report)
    if twin is not None and absolute(twin).exists():
        report.duplicates.append((file.path, absolute(twin)))
        return twin
    if twin is not None and row is None:
        report.moved.append((file.path, absolute(twin)))
        return recorder.update(twin, path=stored(file.path), modified_at=file.modified_at, error=None)
    report.added.append(file.path)
    if row is not None:
        row = recorder.update(row, deleted=False, **_columns(file))
    else:
        path = stored(file.path)
        row = recorder.insert(Input, path=path, added_at=database.now(), metadata={}, **_columns(file))
    by_path[row.path] = by_content[file.info.sha256] = row
    return row


def _known(recorder: Recorder, row: Input, file: _File, report: Report) -> Input:
    if bytes(row.sha256) != file.info.sha256:
        report.changed.append(file.path)
        return recorder.update(row, **_columns(file))
    report.here.append(file.path)
    if row.modified_at != file.modified_at:
        # Only saves reading the file again next time: no change that anybody made.
        Input.update(modified_at=file.modified_at).where(Input.id == row.id).execute()
    return row


def _columns(file: _File) -> dict[str, Any]:
    info = file.info
    return {
        "media": info.media,
        "sha256": info.sha256,
        "size": info.size,
        "width": info.width,
        "height": info.height,
        "modified_at": file.modified_at,
        "error": None,
    }
