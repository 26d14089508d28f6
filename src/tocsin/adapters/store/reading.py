"""Reading and checking a log, read-only: every hash on the way, every kind of damage named, hostile files included.

``read`` stops at the first thing that is wrong; ``verify`` goes on and tells which of two neighbours was changed. What no
chain can show is a tail cut off a log that was never closed, or a whole log rewritten: co-signed checkpoints are for that.
"""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from tocsin.adapters.store.port import FIRST_PREVIOUS, HASH_BYTES, RECORD_CAP_BYTES, RECORD_KINDS, Problem, Record, chain_hash
from tocsin.errors import OperatorFault

TABLE_SQL: Final = "CREATE TABLE records(position INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL)"
PROBLEM_CAP: Final = 1_000  # after so many the file is not worth more words; bounds the answer to a hostile file
INTEGRITY_CAP: Final = 10  # lines of SQLite's own check that are repeated
ROWS_SQL: Final = "SELECT position, CAST(typeof(record) AS BLOB), record, CAST(typeof(hash) AS BLOB), hash FROM records ORDER BY position"
SCHEMA_CAP: Final = 4  # a log has one object; more than these need not be listed

Row = tuple[int, bytes, bytes]  # position, record, hash


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a log, from which it goes on."""

    position: int
    hash: bytes
    kind: str | None


def read(path: Path) -> Iterator[tuple[int, Record]]:
    """Yield (position, record) in order, each one checked against its hash before it is given out.

    Works on a finished log, on one that a crash left and on one that is being written. Raises ``OperatorFault`` (exit 3) at the
    first damage; everything yielded before is sound.
    """
    previous = FIRST_PREVIOUS
    expected = 1
    try:
        with closing(open_read_only(path)) as connection:
            require_log(connection)
            for (position, record, stored), wrong_types in _rows(connection):
                if wrong_types:
                    raise OperatorFault(f"{path}: {wrong_types}; use an undamaged copy")
                if position != expected:
                    raise OperatorFault(f"{path}: {_gap_text(expected, position)}; use an undamaged copy")
                if chain_hash(previous, position, record) != stored:
                    raise OperatorFault(f"{path}: {_name(position, record)}: its bytes do not match its hash; use an undamaged copy")
                yield position, _decode_or_fault(path, position, record)
                previous = stored
                expected += 1
    except (sqlite3.Error, OSError) as problem:
        raise OperatorFault(f"{path}: expected a readable log up to its end, came: {problem} (after record {expected - 1})") from problem


def verify(path: Path, *, closed: bool = True) -> tuple[Problem, ...]:
    """Return everything that is wrong with a log, at most ``PROBLEM_CAP`` entries; an empty tuple means that it is whole.

    Never raises for what a file may hold. ``closed``: also expect the record that ends a session (code "not-closed"
    otherwise); without it a cut tail cannot be told from a crash.
    """
    checker = _Checker(closed=closed)
    try:
        with closing(open_read_only(path)) as connection:
            require_log(connection)
            checker.check_pages(connection)
            for row, wrong_types in _rows(connection):
                checker.check_row(row)
                checker.check_types(row, wrong_types)
                if len(checker.problems) >= PROBLEM_CAP:
                    break
            else:
                checker.finish()
    except (sqlite3.Error, OSError) as problem:
        checker.damaged_file(problem)
    return tuple(checker.problems[:PROBLEM_CAP])


def last_hash(path: Path) -> bytes:
    """Return the stored hash of a log's last record; OperatorFault if it cannot be read."""
    try:
        with closing(open_read_only(path)) as connection:
            return read_tail(connection).hash
    except (sqlite3.Error, OSError) as problem:
        raise OperatorFault(f"{path}: expected a readable log, came: {problem}") from problem


def verify_rows(rows: tuple[Row, ...], *, closed: bool = True) -> tuple[Problem, ...]:
    """``verify`` for rows that are already in memory."""
    checker = _Checker(closed=closed)
    for row in rows:
        checker.check_row(row)
    checker.finish()
    return tuple(checker.problems[:PROBLEM_CAP])


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a log so that nothing in it or beside it is changed. Raises ``OSError`` or ``sqlite3.Error``.

    A finished log is opened as immutable. One with a write-ahead log beside it is read through that, for which SQLite may
    make its shared-memory index file (``-shm``) next to it.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path}: expected a log file, came something that is no regular file")
    mode = "mode=ro" if _has_journal(path) else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None, check_same_thread=False)
    connection.text_factory = bytes  # never fail on text that is no UTF-8
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, RECORD_CAP_BYTES + HASH_BYTES + 1024)  # 1024: row header
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def require_log(connection: sqlite3.Connection) -> None:
    """Raise ``sqlite3.DatabaseError`` unless the file holds exactly our table; looked up before anything in it can run."""
    if not is_log(read_schema(connection)):
        raise sqlite3.DatabaseError("this is no log: expected the one table 'records' in it and nothing else")


def is_log(schema: tuple[str, ...]) -> bool:
    """True when the schema is that of a log."""
    return schema == (TABLE_SQL,)


def read_schema(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the defining statements of the file's first few objects."""
    rows = connection.execute("SELECT type, name, tbl_name, CAST(sql AS BLOB) FROM sqlite_master LIMIT ?", (SCHEMA_CAP,)).fetchall()
    return tuple(bytes(sql or b"").decode("utf-8", "replace") for _type, _name, _table, sql in rows)


def read_tail(connection: sqlite3.Connection) -> Tail:
    """Return the last record's position, hash and kind; raise ``sqlite3.DatabaseError`` if it does not match its hash."""
    rows = connection.execute(ROWS_SQL + " DESC LIMIT 2").fetchall()
    if not rows:
        return Tail(position=0, hash=FIRST_PREVIOUS, kind=None)
    position, record, stored = rows[0][0], _as_bytes(rows[0][2]), _as_bytes(rows[0][4])
    previous = _as_bytes(rows[1][4]) if len(rows) > 1 else FIRST_PREVIOUS
    if chain_hash(previous, position, record) != stored:
        raise sqlite3.DatabaseError(f"{_name(position, record)}: its bytes do not match its hash")
    return Tail(position=position, hash=stored, kind=_kind(record))


class _Checker:
    """Goes along the chain once. Of two neighbours that do not fit it says which one was changed, by trying both ways on."""

    def __init__(self, *, closed: bool) -> None:
        self.problems: list[Problem] = []
        self._closed = closed
        self._next = 1
        self._previous: bytes | None = FIRST_PREVIOUS  # None: unknown, the record before is missing
        self._otherwise: bytes | None = None  # what the last record's hash should have been, while it is in doubt
        self._doubtful: tuple[int, str | None] | None = None
        self._last_kind: str | None = None

    def check_pages(self, connection: sqlite3.Connection) -> None:
        """Let SQLite check its own pages, so that damage between the records is seen as well."""
        for (line,) in connection.execute(f"PRAGMA integrity_check({INTEGRITY_CAP})"):
            text = bytes(line).decode("utf-8", "replace")
            if text != "ok":
                self._add(None, None, "file-damaged", f"the file's pages are damaged: {text}")

    def check_row(self, row: Row) -> None:
        """Check one row against what came before it."""
        position, record, stored = row
        decoded = _decode(record)
        kind = decoded.kind if decoded is not None else _kind_seen(record)
        if position < self._next:  # stands outside the chain: the chain goes on as if it were not there
            text = f"record {position} ({kind or 'unreadable'}): expected record {self._next} here; an extra or misplaced row"
            self._add(position, kind, "extra", text)
            return
        if position > self._next:
            self._settle(stored_was_right=True)
            self._add(self._next, None, "missing", _gap_text(self._next, position))
            self._previous = None
        self._check_hash(position, record, stored, kind)
        self._check_content(position, kind, readable=decoded is not None)
        self._next = position + 1
        self._last_kind = kind

    def check_types(self, row: Row, wrong_types: str) -> None:
        """Note columns that hold no bytes."""
        if wrong_types:
            self._add(row[0], _kind(row[1]), "wrong-type", wrong_types)

    def finish(self) -> None:
        """Settle what is still in doubt and look at the end."""
        self._settle(stored_was_right=True)
        unreadable = self._last_kind is None and self._next > 1  # already named; it may be the close
        if self._closed and self._last_kind != "close" and not unreadable:
            last = self._next - 1
            text = f'expected a record of kind "close" at the end, came none after record {last}: a crash, or records were cut off'
            self._add(None, None, "not-closed", text)

    def damaged_file(self, problem: Exception) -> None:
        """Note that the file could not be read on."""
        self._settle(stored_was_right=True)
        self._add(None, None, "file-damaged", f"the file cannot be read after record {self._next - 1}: {problem}")

    def _check_hash(self, position: int, record: bytes, stored: bytes, kind: str | None) -> None:
        if self._previous is None:  # after a gap nothing proves this record; the chain goes on from it
            self._previous = stored
            return
        if chain_hash(self._previous, position, record) == stored:
            self._settle(stored_was_right=True)
            self._previous = stored
            return
        if self._otherwise is not None and chain_hash(self._otherwise, position, record) == stored:
            self._settle(stored_was_right=False)
            self._previous = stored
            return
        self._settle(stored_was_right=True)
        self._doubtful = (position, kind)
        self._otherwise = chain_hash(self._previous, position, record)
        self._previous = stored

    def _settle(self, *, stored_was_right: bool) -> None:
        if self._doubtful is None:
            return
        position, kind = self._doubtful
        name = f"record {position} ({kind or 'unreadable'})"
        if stored_was_right:
            self._add(position, kind, "bytes-changed", f"{name}: its bytes do not match its hash")
        else:
            self._add(position, kind, "hash-changed", f"{name}: its hash was changed, the next record still fits its bytes")
        self._doubtful = None
        self._otherwise = None

    def _check_content(self, position: int, kind: str | None, *, readable: bool) -> None:
        damaged = self._doubtful is not None and self._doubtful[0] == position
        if not damaged and not readable:
            self._add(position, kind, "malformed", f"record {position} ({kind or 'unreadable'}): its hash fits, but it is no record")
        starts = position == 1 or (self._last_kind == "close" and position == self._next)
        if starts and kind not in {"head", None}:
            what = "the first record" if position == 1 else "the record after a close"
            text = f'record {position} ({kind}): expected {what} to be of kind "head"; an extra or rewritten row'
            self._add(position, kind, "no-head", text)

    def _add(self, position: int | None, kind: str | None, code: str, text: str) -> None:
        self.problems.append(Problem(position=position, kind=kind, code=code, text=text))


def _has_journal(path: Path) -> bool:
    """True when a write-ahead log or rollback journal with content lies beside the file."""
    beside = (path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))
    return any(journal.is_file() and journal.stat().st_size > 0 for journal in beside)


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[Row, str]]:
    """Yield each row with what is wrong with its column types ("" if nothing)."""
    for position, record_type, record, hash_type, stored in connection.execute(ROWS_SQL):
        types = (bytes(record_type), bytes(hash_type))
        if types == (b"blob", b"blob"):
            yield (position, record, stored), ""
        else:
            names = " and ".join(each.decode() for each in types)
            row = (position, _as_bytes(record), _as_bytes(stored))
            yield row, f"{_name(position, row[1])}: expected bytes in both columns, came {names}"


def _as_bytes(value: object) -> bytes:
    """Return what can be compared of a value of another type."""
    return value if isinstance(value, bytes) else b""


_decoder: Final = msgspec.msgpack.Decoder(Record)


def _decode(record: bytes) -> Record | None:
    try:
        return _decoder.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _decode_or_fault(path: Path, position: int, record: bytes) -> Record:
    decoded = _decode(record)
    if decoded is None:
        raise OperatorFault(f"{path}: {_name(position, record)}: its hash fits, but it is no record; was it written by another program?")
    return decoded


def _kind(record: bytes) -> str | None:
    """Return the kind, also of damaged bytes where it can still be seen."""
    decoded = _decode(record)
    return decoded.kind if decoded is not None else _kind_seen(record)


def _kind_seen(record: bytes) -> str | None:
    """Return the kind that damaged bytes still show."""
    for kind in RECORD_KINDS:
        if b"\xa4kind" + bytes([0xA0 + len(kind)]) + kind.encode() in record:  # MessagePack: fixstr 4 "kind", fixstr n
            return kind
    return None


def _name(position: int, record: bytes) -> str:
    return f"record {position} ({_kind(record) or 'unreadable'})"


def _gap_text(expected: int, position: int) -> str:
    if position < expected:
        return f"expected record {expected}, came record {position}: an extra or misplaced row"
    missing = f"record {expected} is" if position == expected + 1 else f"records {expected} to {position - 1} are"
    return f"expected record {expected}, came record {position}: {missing} missing"
