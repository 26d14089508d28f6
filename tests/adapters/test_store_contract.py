"""The contract of a log, run on the SQLite file and on its fake in memory."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from tocsin.adapters.store import port
from tocsin.adapters.store.memory import MemoryLog
from tocsin.adapters.store.port import Record, RecordKind, Store, StoreFailed, chain_hash
from tocsin.adapters.store.reading import ROWS_SQL, open_read_only, read, verify_rows
from tocsin.adapters.store.sqlite import SqliteLog, create
from tocsin.errors import OurFault


class Bench(Protocol):
    """A store under test, what is durable in it, and a way to make its next commit fail."""

    store: Store

    def rows(self) -> tuple[tuple[int, bytes, bytes], ...]: ...
    def break_disk(self) -> None: ...
    def stop(self) -> None: ...


class MemoryBench:
    def __init__(self) -> None:
        self.store = MemoryLog()

    def rows(self) -> tuple[tuple[int, bytes, bytes], ...]:
        return tuple(self.store.rows)

    def break_disk(self) -> None:
        self.store.fail_next_commit = True

    def stop(self) -> None:
        """Nothing is open."""


class SqliteBench:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: SqliteLog = create(path)

    def rows(self) -> tuple[tuple[int, bytes, bytes], ...]:
        with closing(open_read_only(self.path)) as connection:
            return tuple((row[0], row[2], row[4]) for row in connection.execute(ROWS_SQL))

    def break_disk(self) -> None:
        """No page more: SQLite reports a full disk."""
        self.store._connection.execute("PRAGMA max_page_count = 1")

    def stop(self) -> None:
        """Close what a dead store leaves open on purpose."""
        self.store._connection.close()


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made: Bench = MemoryBench() if request.param == "memory" else SqliteBench(tmp_path / "log.db")
    yield made
    made.stop()


def record(kind: RecordKind = "scan", body: bytes = b"body", time_ns: int = 7) -> Record:
    return Record(kind=kind, utc_ns=time_ns, mono_ns=-time_ns, body=body)


def test_positions_count_from_one_and_a_commit_returns_the_last(bench: Bench) -> None:
    assert bench.store.append((record("head"), record())) == 2
    assert bench.store.append((record(),)) == 3
    assert bench.store.commit() == 3


def test_what_was_appended_is_not_durable_before_the_commit(bench: Bench) -> None:
    bench.store.append((record("head"),))
    assert bench.rows() == ()
    bench.store.commit()
    assert len(bench.rows()) == 1


def test_appending_nothing_and_committing_nothing_is_harmless(bench: Bench) -> None:
    assert bench.store.append(()) == 0
    assert bench.store.commit() == 0


def test_each_hash_chains_the_previous_hash_the_position_and_the_bytes(bench: Bench) -> None:
    bench.store.append((record("head"), record(body=b"a"), record(body=b"b")))
    bench.store.commit()
    previous = bytes(32)
    for position, data, stored in bench.rows():
        assert stored == chain_hash(previous, position, data)
        previous = stored
    assert verify_rows(bench.rows(), closed=False) == ()


def test_the_chain_hash_is_sha256_of_the_three_parts() -> None:
    """Value from coreutils: ``(head -c 39 /dev/zero; printf '\\001abc') | sha256sum``."""
    assert chain_hash(bytes(32), 1, b"abc").hex() == "328976acf07e9b1c4a8967f2d63902c9a724235b6363ac83087246ad84cd222a"


def test_the_first_record_must_be_a_head(bench: Bench) -> None:
    with pytest.raises(OurFault, match='expected a record of kind "head" after an empty log'):
        bench.store.append((record("scan"),))


def test_after_a_close_only_a_head_may_follow(bench: Bench) -> None:
    bench.store.append((record("head"), record("close")))
    with pytest.raises(OurFault, match="after a closed session"):
        bench.store.append((record("note"),))
    bench.store.append((record("head"),))
    assert bench.store.commit() == 3


def test_a_kind_outside_the_closed_list_is_refused(bench: Bench) -> None:
    with pytest.raises(OurFault, match="expected a record kind of head, scan"):
        bench.store.append((record("launch-codes"),))  # type: ignore[arg-type]


def test_a_record_over_the_size_cap_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "RECORD_CAP_BYTES", 100)
    bench.store.append((record("head"),))
    with pytest.raises(OurFault, match="at most 100 bytes"):
        bench.store.append((record(body=bytes(100)),))


def test_after_a_failed_commit_the_store_is_dead_for_good(bench: Bench) -> None:
    bench.store.append((record("head"),))
    bench.store.commit()
    bench.break_disk()
    bench.store.append(tuple(record(body=bytes(4_000)) for _ in range(20)))
    with pytest.raises(StoreFailed):
        bench.store.commit()
    calls: tuple[Callable[[], object], ...] = (bench.store.commit, lambda: bench.store.append((record(),)))
    for call in calls:
        with pytest.raises(StoreFailed, match="another path"):
            call()
    bench.store.close()
    assert len(bench.rows()) == 1


def test_closing_commits_and_a_second_close_does_nothing(bench: Bench) -> None:
    bench.store.append((record("head"), record("close")))
    bench.store.close()
    bench.store.close()
    assert verify_rows(bench.rows()) == ()
    with pytest.raises(StoreFailed, match="closed"):
        bench.store.append((record("head"),))


def test_the_fake_forgets_uncommitted_records_in_a_crash_and_goes_on_from_its_rows() -> None:
    log = MemoryLog()
    log.append((record("head"),))
    log.commit()
    log.append((record(body=b"lost"),))
    log.crash()
    again = MemoryLog(tuple(log.rows), last_kind="head")
    again.append((record("close"),))
    again.close()
    assert [row[0] for row in again.rows] == [1, 2]
    assert verify_rows(tuple(again.rows)) == ()


def test_the_file_gives_back_the_very_records(tmp_path: Path) -> None:
    written = (record("head", b""), record("scan", bytes(range(256)), 2**62), record("close", b"\xff" * 40_000, -1))
    log = create(tmp_path / "log.db")
    log.append(written)
    log.close()
    assert tuple(read(tmp_path / "log.db")) == tuple(enumerate(written, start=1))
