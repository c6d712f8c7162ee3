"""A store that cannot be opened says why and what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store import Document, Save, Unavailable, open_store
from store.opening import check_file, file_system

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
31 22 0:40 / /srv/share rw - nfs4 server:/share rw
32 31 0:41 / /srv/share/local rw - xfs /dev/sdb1 rw
"""


def refusal(url: str) -> str:
    with pytest.raises(Unavailable) as caught:
        open_store(url)
    return str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/none/x.db") == (
        f"{tmp_path}/none is no folder; create it (mkdir -p) or name another file"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}") == f"{tmp_path} is a folder; name a file in it"


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 100, encoding="utf-8")
    assert refusal(f"sqlite:///{path}") == (
        f"{path}: the file is not an SQLite database; name another file or move this one away"
    )
    assert path.read_text(encoding="utf-8").startswith("Dear customer")


def test_a_file_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    open_store(f"sqlite:///{path}").close()
    path.chmod(0o444)
    real = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: Path(p) != path and real(p, mode))  # root may write anything
    assert "give this user write access" in refusal(f"sqlite:///{path}")


def test_an_unknown_address_lists_the_known_ones() -> None:
    assert refusal("mysql://x") == (
        "'mysql://x' is no database address; use sqlite:///path/to/file, postgresql://host/name or memory:"
    )


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    assert "postgres" in refusal(f"postgresql://nobody:secret@/none?host={tmp_path}")
    assert "secret" not in refusal(f"postgresql://nobody:secret@/none?host={tmp_path}")


@pytest.mark.parametrize(
    ("folder", "kind"), [("/home/a", "ext4"), ("/srv/share/b", "nfs4"), ("/srv/share/local/c", "xfs"), ("/srv", "ext4")]
)
def test_the_deepest_mount_tells_the_file_system(folder: str, kind: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert file_system(Path(folder), mounts) == kind


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 22 0:40 / {tmp_path} rw - nfs4 s:/x rw\n", "utf-8")
    with pytest.raises(Unavailable, match=r"network file system \(nfs4\).*PostgreSQL"):
        check_file(tmp_path / "x.db", mounts)


def test_without_mount_information_the_file_is_taken(tmp_path: Path) -> None:
    check_file(tmp_path / "x.db", tmp_path / "none")


def test_importing_the_store_loads_no_database_library() -> None:
    code = "import sys, store; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_documents_of_the_first_version_stay_and_are_found_at_any_time(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store = open_store(url)
    store.commit(Save("k", "1", 0, 1, b"x", begun=10, ended=20)).result()
    store.close()
    with sqlite3.connect(tmp_path / "x.db") as database:  # as the first version left it
        database.execute("DROP INDEX documents_by_time")
        database.execute("ALTER TABLE documents DROP COLUMN begun")
        database.execute("ALTER TABLE documents DROP COLUMN ended")
        database.execute("UPDATE store_version SET version_num = '0001'")
    database.close()
    store = open_store(url)
    assert store.documents_in("k", 500, 600) == [Document("1", 1, b"x")]
    store.commit(Save("k", "1", 1, 2, b"y", begun=10, ended=20)).result()
    assert store.documents_in("k", 500, 600) == []
    store.close()


@pytest.mark.postgres
def test_a_migration_may_stand_still_for_longer_than_a_write(
    fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import Connection, text

    allowed: list[str] = []

    def look(connection: Connection, *_: object) -> None:
        allowed.append(connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one())

    monkeypatch.setattr("store.sql.install", look)
    store = open_store(fresh_postgres)
    with store.engine.begin() as connection:
        look(connection)
    store.close()
    assert allowed == ["1min", "1s"]


@pytest.mark.postgres
def test_reading_leaves_no_transaction_that_a_busy_reader_could_forget(fresh_postgres: str) -> None:
    from psycopg.pq import TransactionStatus
    from sqlalchemy import event

    store = open_store(fresh_postgres)
    left: list[TransactionStatus] = []

    @event.listens_for(store.engine, "after_cursor_execute")
    def _look(connection: Any, *_: object) -> None:
        left.append(connection.connection.dbapi_connection.info.transaction_status)

    store.read("a")
    store.load("kind", "1")
    assert left == [TransactionStatus.IDLE] * 2
    store.close()
