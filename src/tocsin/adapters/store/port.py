"""What a log is, whatever keeps it: its records, their kinds, the hash chain and the port that the driver writes through.

No file and no database here: ``sqlite`` keeps records on disk, ``memory`` is the fake, ``reading`` checks and reads.
"""

from hashlib import sha256
from typing import Final, Literal, Protocol, get_args

import msgspec

from tocsin.errors import OurFault, TocsinError

RecordKind = Literal["head", "scan", "envelope-in", "sealed", "denied", "command", "tick", "output", "note", "close"]
"""Closed list. ``head`` opens every session (build, configuration), ``close`` ends it; all others lie between the two."""

RECORD_KINDS: Final[tuple[str, ...]] = get_args(RecordKind)

HASH_BYTES: Final = 32  # SHA-256
FIRST_PREVIOUS: Final = bytes(HASH_BYTES)  # what record 1 chains from
RECORD_CAP_BYTES: Final = 16 * 1024 * 1024  # 500 times the largest envelope (32 KiB); bounds what a hostile file makes a reader hold
BUFFER_CAP_RECORDS: Final = 10_000  # some minutes of a busy night; more unsaved than this and append commits by itself
BUFFER_CAP_BYTES: Final = 16 * 1024 * 1024  # the same bound in bytes, so that memory stays flat whatever the bodies are


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One input or output of the node with both clocks (integer nanoseconds); ``body`` is the caller's own encoding."""

    kind: RecordKind
    utc_ns: int
    mono_ns: int
    body: bytes


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with a log. ``position`` and ``kind`` name the record; None where it concerns the file."""

    position: int | None
    kind: str | None
    code: str  # kebab-case, stable: "bytes-changed", "hash-changed", "missing", ...
    text: str  # one line: what was expected, what came, what to do


class StoreFailed(TocsinError):
    """The log could not be made durable. The store is dead: it is never retried, open another file on another path."""


class Store(Protocol):
    """Append-only log of one nation and one night. One caller at a time; positions count from 1 without gaps."""

    def append(self, records: tuple[Record, ...]) -> int:
        """Buffer records (no disk unless the buffer is full) and return the position of the last record appended so far.

        Raises ``StoreFailed`` once the store is dead and ``OurFault`` for a record that breaks the order of kinds or the size cap.
        """
        ...

    def commit(self) -> int:
        """Make everything appended durable in one transaction; return the last durable position. Raises ``StoreFailed``."""
        ...

    def close(self) -> None:
        """Commit, then leave a finished log. A second call does nothing. Raises ``StoreFailed``."""
        ...


_encoder: Final = msgspec.msgpack.Encoder()


def encode_record(record: Record) -> bytes:
    """Return the record's MessagePack bytes (a map with the field names, so that an auditor needs no schema)."""
    data = _encoder.encode(record)
    if len(data) > RECORD_CAP_BYTES:
        raise OurFault(f"expected a record of at most {RECORD_CAP_BYTES} bytes, came {len(data)} ({record.kind}); split its body")
    return data


def chain_hash(previous: bytes, position: int, record: bytes) -> bytes:
    """Return SHA-256(previous hash || position as 8 bytes big endian || record)."""
    return sha256(previous + position.to_bytes(8, "big") + record).digest()


def check_order(previous_kind: str | None, record: Record) -> None:
    """Raise ``OurFault`` unless the record may follow: a head first and after each close, any kind of the list elsewhere."""
    if record.kind not in RECORD_KINDS:
        raise OurFault(f"expected a record kind of {', '.join(RECORD_KINDS)}, came {record.kind!r}")
    if previous_kind in {None, "close"} and record.kind != "head":
        where = "an empty log" if previous_kind is None else "a closed session"
        raise OurFault(f'expected a record of kind "head" after {where}, came {record.kind!r}; write the head first')
