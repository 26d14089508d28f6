"""The log as one SQLite file per nation and night: write-ahead log, full sync, group commit, one file left after closing.

Only writing lives here; ``reading`` opens a file read-only and checks it. A commit that fails kills the store for good:
after a failed sync the kernel may have dropped the dirty pages and report success the second time (Rebello et al., "Can
Applications Recover from fsync Failures?", USENIX ATC 2020), so the file is never retried. The caller opens a new store.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

from tocsin.adapters.store.port import (
    BUFFER_CAP_BYTES,
    BUFFER_CAP_RECORDS,
    Record,
    StoreFailed,
    chain_hash,
    check_order,
    encode_record,
)
from tocsin.adapters.store.reading import TABLE_SQL, Tail, read_schema, read_tail, require_log
from tocsin.errors import OperatorFault

BUSY_TIMEOUT_S: Final = 1.0  # readers never block a writer in WAL mode; a second writer shows as an error after this time
CHECKPOINT_PAGES: Final = 8_192  # 32 MiB of 4 KiB pages: folding the WAL costs further syncs, so not in the middle of a night
OWNER_ONLY: Final = 0o600  # plots of national sensors are in it
INSERT_SQL: Final = "INSERT INTO records(position, record, hash) VALUES (?, ?, ?)"


class SqliteLog:
    """A log open for appending. Made by ``create`` or ``resume``; one caller at a time, from any thread.

    What ``commit`` has returned for survives a killed process and, as far as the disk keeps its word, a power cut.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, tail: Tail) -> None:
        self.path = path
        self._connection = connection
        self._durable = tail.position
        self._position = tail.position
        self._last_hash = tail.hash
        self._last_kind = tail.kind
        self._waiting: list[tuple[int, bytes, bytes]] = []
        self._waiting_bytes = 0
        self._failure: str | None = None
        self._closed = False

    def append(self, records: tuple[Record, ...]) -> int:
        """See ``port.Store.append``."""
        self._require_alive()
        for record in records:
            check_order(self._last_kind, record)
            data = encode_record(record)
            self._position += 1
            self._last_hash = chain_hash(self._last_hash, self._position, data)
            self._last_kind = record.kind
            self._waiting.append((self._position, data, self._last_hash))
            self._waiting_bytes += len(data)
            if len(self._waiting) >= BUFFER_CAP_RECORDS or self._waiting_bytes >= BUFFER_CAP_BYTES:
                self.commit()
        return self._position

    def commit(self) -> int:
        """See ``port.Store.commit``."""
        self._require_alive()
        if not self._waiting:
            return self._durable
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT_SQL, self._waiting)
            self._connection.execute("COMMIT")
        except sqlite3.Error as problem:
            self._fail(problem)
        self._durable = self._position
        self._waiting.clear()
        self._waiting_bytes = 0
        return self._durable

    def close(self) -> None:
        """See ``port.Store.close``. Folds the write-ahead log into the file, so that one file remains.

        Raises ``StoreFailed`` if it cannot, for example while another program reads the log: nothing is lost then, but the
        file and its ``-wal`` belong together. A dead store is left as it is: not one more byte is written to its file.
        """
        if self._closed or self._failure is not None:
            return
        self.commit()
        self._closed = True
        with closing(self._connection):
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                (mode,) = self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            except sqlite3.Error as problem:
                raise StoreFailed(self._not_folded(str(problem))) from problem
        if mode != "delete":
            raise StoreFailed(self._not_folded(f"journal mode stays {mode!r}"))

    def _fail(self, problem: sqlite3.Error) -> None:
        """Mark the store dead and raise. The connection stays open: closing it would write to the file once more.

        This is the hook for opening a new segment on a second path. Python 3.11 cannot tell SQLite to leave the file alone
        when the process ends; from 3.12 on it is told.
        """
        self._failure = str(problem)
        if sys.version_info >= (3, 12):
            self._connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003 - sqlite3's signature
        raise StoreFailed(self._dead_text()) from problem

    def _require_alive(self) -> None:
        if self._failure is not None:
            raise StoreFailed(self._dead_text())
        if self._closed:
            raise StoreFailed(f"{self.path}: expected an open log, but it was closed; resume it or open a new one")

    def _dead_text(self) -> str:
        return (
            f"{self.path}: expected records {self._durable + 1} to {self._position} to reach the disk, came: {self._failure}; "
            f"all up to {self._durable} are safe, open a new log on another path"
        )

    def _not_folded(self, came: str) -> str:
        return f"{self.path}: expected one file after closing, came: {came}; all records are on disk, keep it and its -wal together"


def create(path: Path) -> SqliteLog:
    """Make a new, empty log. Raises ``OperatorFault`` if anything is there already or the place cannot be written."""
    for taken in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")):
        if taken.exists():
            raise OperatorFault(f"{taken}: expected a free path for a new log, came an existing file; choose another folder or move it")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        return _open(path)
    except (OSError, sqlite3.Error) as problem:
        raise OperatorFault(f"{path}: expected a place where a log can be written, came: {problem}; choose another folder") from problem


def resume(path: Path) -> SqliteLog:
    """Open an existing log, closed or left by a crash, and append on after its last record.

    Only the last record is checked against its hash here; ``reading.verify`` checks all. Raises ``OperatorFault`` if the
    file is no log or its end is damaged.
    """
    if not path.is_file():
        raise OperatorFault(f"{path}: expected an existing log to go on with, came none; create a new one")
    try:
        return _open(path)
    except (OSError, sqlite3.Error) as problem:
        raise OperatorFault(f"{path}: expected a log to go on with, came: {problem}; start a new one and keep this for audit") from problem


def _open(path: Path) -> SqliteLog:
    """Open for writing with write-ahead log and full sync. An empty file (a crash right after it was made) becomes a log."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        schema = read_schema(connection)
        if schema:
            require_log(connection)
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"journal mode {mode} where wal was expected")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if not schema:
            connection.execute(TABLE_SQL)
        tail = read_tail(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return SqliteLog(path, connection, tail)
