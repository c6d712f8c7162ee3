"""Open a store by its address, or say in plain words why that cannot be."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.contract import Store, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs"}
    | {"fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "beegfs", "ocfs2", "gfs2"}
)
BUSY_MS = 5000

REMEDIES = {
    "readonly database": "the file cannot be written; give this user write access to it and to its folder",
    "not a database": "the file is not an SQLite database; name another file or move this one away",
    "malformed": "the file is damaged; restore it from a backup",
    "disk is full": "the disk is full; free some space",
    "unable to open database file": "the file cannot be opened; check that its folder exists and may be written",
    "database is locked": "another process has been writing for long; end it, or use PostgreSQL for several processes",
}


def open_store(url: str) -> Store:
    """The store at ``sqlite:///path``, ``postgresql://...`` or ``memory:``; raises ``Unavailable``."""
    if url == "memory:":
        from store.memory import MemoryStore

        return MemoryStore()
    if url.startswith("sqlite:///"):
        return open_sqlite(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        return _open_postgresql(url)
    raise Unavailable(f"{url!r} is no database address; use sqlite:///path/to/file, postgresql://host/name or memory:")


def open_sqlite(path: Path) -> Store:
    """The store in a file of this host; raises ``Unavailable`` with the remedy."""
    from sqlalchemy import create_engine, event

    from store.sql import SqlStore

    check_file(path, Path("/proc/self/mountinfo"))
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return _opened(engine, SqlStore, f"{path}")


def _open_postgresql(url: str) -> Store:
    from sqlalchemy import create_engine, make_url

    from store.sql import SqlStore

    address = make_url(url).set(drivername="postgresql+psycopg")
    options = "-c synchronous_commit=on -c idle_in_transaction_session_timeout=1000 -c lock_timeout=5000"
    try:
        engine = create_engine(address, connect_args={"options": options, "connect_timeout": 2}, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise Unavailable("the PostgreSQL driver is missing; install callwright[postgres]") from error
    return _opened(engine, SqlStore, address.render_as_string(hide_password=True))


def _opened(engine: Engine, make: Any, name: str) -> Store:  # the class is imported lazily
    def explain(error: BaseException) -> str:
        return f"{name}: {remedy(error)}"

    try:
        store: Store = make(engine, explain)
    except Exception:
        engine.dispose()
        raise
    return store


def remedy(error: BaseException) -> str:
    """A database error in the operator's words."""
    original = str(getattr(error, "orig", None) or error).strip()
    for sign, words in REMEDIES.items():
        if sign in original:
            return words
    return original.splitlines()[0] if original else type(error).__name__


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not before the first INSERT
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Any) -> None:  # sqlalchemy's event signature
    connection.exec_driver_sql(connection.get_execution_options().get("callwright_begin", "BEGIN"))


def check_file(path: Path, mounts: Path) -> None:
    """Refuse a place where SQLite cannot keep its promise; ``mounts`` is a ``mountinfo`` file."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise Unavailable(f"{folder} is no folder; create it (mkdir -p) or name another file")
    if path.is_dir():
        raise Unavailable(f"{path} is a folder; name a file in it")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise Unavailable(f"{path}: {REMEDIES['readonly database']}")
    kind = file_system(folder.resolve(), mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise Unavailable(
            f"{path} lies on a network file system ({kind}), where SQLite cannot lock safely; "
            "use a local disk, or PostgreSQL"
        )


def file_system(folder: Path, mounts: Path) -> str:
    """The type of the file system that holds ``folder``, empty when it cannot be told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = Path(fields.split()[4].replace("\\040", " "))
        depth = len(point.parts)
        if depth >= best and folder.is_relative_to(point):
            best, kind = depth, rest.split()[0]
    return kind
