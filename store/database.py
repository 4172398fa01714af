"""The project's database: found, made, opened, written. One store per process.

SQLite in WAL mode. Every write is one `BEGIN IMMEDIATE` transaction behind an advisory file lock.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import peewee
from peewee import SqliteDatabase

from store import migrations
from store.errors import NotFound, Refused
from store.tables import ProjectInfo, Table, User, database
from store.values import Role

STORE_NAME = "winnow.db"
APPLICATION_ID = 0x574E4F57
"""Marks a SQLite file as Winnow's ("WNOW")."""

# 3.7.0 to 3.51.2 can corrupt a WAL database when a write and a checkpoint meet.
SAFE_SQLITE = (3, 51, 3)

PATIENCE = 5.0
"""Seconds that a write waits for the others."""

_DRIVER: Any = vars(peewee)["sqlite3"]
"""The SQLite library that peewee took; many rows at once go past peewee, and errors then come as its own."""

_path: Path | None = None
_read_only = False
_mine = threading.local()


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def locate(explicit: str | None = None) -> Path:
    """The store to use: the given one, `$WINNOW_STORE`, or winnow.db here or in the nearest parent.

    Raises NotFound when there is none.
    """
    named = explicit or os.environ.get("WINNOW_STORE")
    if named:
        path = Path(named).expanduser()
        path = path / STORE_NAME if path.is_dir() else path
        if not path.exists():
            raise NotFound(f"there is no store at {path}: make one with 'winnow init'")
        return path.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / STORE_NAME).is_file():
            return folder / STORE_NAME
    raise NotFound("no winnow.db here or in any parent folder: make a project with 'winnow init'")


def create(folder: Path, owner: str) -> Path:
    """Make a project in `folder` (made if missing), owned by the user `owner`; returns the store's path.

    The file appears whole or not at all. Raises Refused when there is one already.
    """
    path = folder.expanduser().resolve() / STORE_NAME
    if path.exists():
        raise Refused(f"{path} is there already")
    making = path.with_name(f".{STORE_NAME}.{os.getpid()}.new")
    with _sentences(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _connect(making, "FULL", journal="delete")
            migrations.upgrade(database.obj)
            ProjectInfo.create(uid=uuid.uuid4().hex, name=path.parent.name, created_at=now())
            User.create(name=owner, role=Role.OWNER, created_at=now())
            database.execute_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            database.close()
            os.link(making, path)
        finally:
            making.unlink(missing_ok=True)
    return path


def connect(path: Path, *, synchronous: str = "FULL") -> None:
    """Open the store at `path` for this process, upgrading its schema when it is older.

    `synchronous` is FULL for people's decisions and NORMAL for the engine's chunks: NORMAL may lose
    the last commits to a power cut, never to a crash. Where the folder cannot be written, such as on a
    read-only mount, the store is open to be read. Raises Refused for anything but a store that this
    version understands.
    """
    global _path, _read_only
    _check_header(path)
    _read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    with _sentences(path):
        if _read_only:
            _connect_to_read(path)
        else:
            _connect(path, synchronous, journal="wal")
        if migrations.is_older(database.obj, path):
            if _read_only:
                raise Refused(f"{path} is an older version's and cannot be upgraded here: copy it elsewhere")
            with _queue(path):
                migrations.back_up_and_upgrade(database.obj, path)
    _path = path.resolve()


def _connect_to_read(path: Path) -> None:
    """Nobody can write beside us in a folder that cannot be written, unless it is somebody else's: what they
    have not brought into the file itself yet lies in the WAL, which needs locks to be read."""
    close()
    _forget_lock()
    wal = Path(f"{path}-wal")
    how = "mode=ro" if wal.exists() and wal.stat().st_size else "immutable=1"
    pragmas = {"busy_timeout": 5000, "cache_size": -16_000, "temp_store": "memory"}
    database.initialize(SqliteDatabase(f"{path.resolve().as_uri()}?{how}", pragmas=pragmas, uri=True))
    database.connect()


def _connect(path: Path, synchronous: str, journal: str) -> None:
    if database.obj is not None and not database.is_closed():
        database.close()
    _forget_lock()
    pragmas = {
        "journal_mode": journal,
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "synchronous": synchronous,
        "cache_size": -16_000,
        "temp_store": "memory",
    }
    database.initialize(SqliteDatabase(str(path), pragmas=pragmas, lock_type="IMMEDIATE"))
    database.connect()


def _check_header(path: Path) -> None:
    """A foreign file is refused before SQLite touches it: switching it to WAL would change it."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        raise NotFound(f"there is no store at {path}: make one with 'winnow init'") from None
    except OSError as error:
        raise Refused(f"the store {path} cannot be read: {error.strerror}") from None
    marked = int.from_bytes(header[68:72], "big") == APPLICATION_ID
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0") or not marked:
        raise Refused(f"{path} is not a Winnow store")


def path() -> Path:
    """The open store's file."""
    if _path is None:
        raise Refused("no store is open")
    return _path


def root() -> Path:
    """The project's folder: inputs below it are kept by their relative path."""
    return path().parent


def reading_note() -> str | None:
    """A sentence where the open store can only be read; None where it can be written."""
    return f"{root()} cannot be written: the store is open to be read only" if _read_only else None


def require_writable() -> None:
    """Raises Refused where the open store can only be read."""
    if _read_only:
        raise Refused(f"{path()}: {_SENTENCES['readonly']}")


def close() -> None:
    """Close this thread's connection."""
    if database.obj is not None and not database.is_closed():
        database.close()


def data_version() -> int:
    """Changes whenever another connection has committed; costs about 10 µs."""
    return int(database.execute_sql("PRAGMA data_version").fetchone()[0])


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library in use."""
    return tuple(SqliteDatabase.server_version)


def sqlite_warning() -> str | None:
    """A sentence when this SQLite is one that can corrupt a store; None when it is safe."""
    version = sqlite_version()
    if version >= SAFE_SQLITE:
        return None
    shown = ".".join(map(str, version))
    return (
        f"SQLite {shown} can corrupt a store that several processes write: install pysqlite3 0.6.1 or newer"
    )


@contextmanager
def write() -> Iterator[None]:
    """One transaction, all or nothing. Nested uses join the outer one. Raises Refused for a full or
    read-only disk; then nothing of it was written."""
    if database.in_transaction():
        yield
        return
    require_writable()
    with _sentences(path()), _queue(path()), database.atomic("IMMEDIATE"):
        yield


@contextmanager
def _queue(store: Path) -> Iterator[None]:
    """Writers wait in the kernel's fair queue instead of in SQLite's random back-off: with 32 of them that
    is a fourth of the time for the slowest."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    lock: BinaryIO | None = getattr(_mine, "lock", None)
    if lock is None:
        # Not the store itself: closing a second descriptor of it would drop SQLite's own locks.
        # A file object of this thread's: it is closed when the thread is gone.
        lock = _mine.lock = Path(f"{store}-lock").open("ab")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _line_up(lock, store)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _line_up(lock: BinaryIO, store: Path) -> None:
    """Wait in the queue, but not for ever: a process that is stopped while it writes would stop everybody
    without a word. Nothing ends a wait in the kernel, so a thread of its own waits, and is left behind with
    its file when it takes too long."""
    import fcntl

    taken = threading.Event()

    def wait() -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)
        taken.set()

    threading.Thread(target=wait, daemon=True, name="writers' queue").start()
    if not taken.wait(PATIENCE):
        _mine.lock = None
        raise Refused(f"{store}: {_SENTENCES['locked']}")


def _forget_lock() -> None:
    lock: BinaryIO | None = getattr(_mine, "lock", None)
    if lock is not None:
        lock.close()
        _mine.lock = None


@contextmanager
def _sentences(store: Path) -> Iterator[None]:
    """Turns what SQLite and the file system say into one sentence."""
    try:
        yield
    except (peewee.DatabaseError, _DRIVER.DatabaseError) as error:
        if isinstance(error, peewee.IntegrityError | _DRIVER.IntegrityError):
            raise
        # On a full disk SQLite rolls back by itself; peewee's own rollback then fails on top of it.
        said = " ".join(map(str, _behind(error)))
        for sign, sentence in _SENTENCES.items():
            if sign in said:
                raise Refused(f"{store}: {sentence}") from error
        raise
    except PermissionError as error:
        raise Refused(f"{error.filename or store}: no permission to write here") from error
    except OSError as error:
        raise Refused(f"{error.filename or store}: {error.strerror or error}") from error


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


_SENTENCES = {
    "readonly": "the store is read-only here, so nothing can be changed",
    "disk is full": "the disk is full: nothing of this step was written; make room and try again",
    "disk I/O": "the disk failed while reading or writing; nothing of this step was kept",
    "unable to open": "the store cannot be opened; is the folder writable?",
    "not a database": "this is not a Winnow store",
    "malformed": "the store is damaged; restore a backup",
    "locked": "another program has held the store for over 5 seconds; nothing was written, try again",
}


def count(table: type[Table]) -> int:
    """How many rows a table has."""
    return int(table.select().count())
