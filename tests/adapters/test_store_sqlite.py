"""The log file: one file left, crashes, damage of every kind, hostile files."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tocsin.adapters.store import sqlite as sqlite_store
from tocsin.adapters.store.port import Record, RecordKind, StoreFailed, chain_hash, encode_record
from tocsin.adapters.store.reading import PROBLEM_CAP, TABLE_SQL, read, verify
from tocsin.adapters.store.sqlite import create, resume
from tocsin.errors import OperatorFault

KINDS: tuple[RecordKind, ...] = ("head", "scan", "output", "sealed", "note", "tick", "envelope-in", "command", "denied", "close")


def record(kind: RecordKind, body: bytes = b"body") -> Record:
    return Record(kind=kind, utc_ns=1_693_406_352_000_000_000, mono_ns=5, body=body)


def night(rng: random.Random, size: int = 30) -> tuple[Record, ...]:
    """Return a head, records of every kind with random bodies (some on overflow pages), a close."""
    middle = [record(rng.choice(KINDS[1:-1]), rng.randbytes(rng.choice((3, 200, 6_000)))) for _ in range(size - 2)]
    return (record("head", b"head"), *middle, record("close", b""))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log-JPN.db"
    store = create(path)
    store.append(night(random.Random(1)))
    store.close()
    return path


def edit(path: Path, statement: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement, values)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def texts(path: Path) -> list[str]:
    return [problem.text for problem in verify(path)]


def kind_at(path: Path, wanted: int) -> str:
    return next(found.kind for position, found in read(path) if position == wanted)


# --- one file, going on, places -----------------------------------------------------------------------------------------


def test_a_closed_log_is_one_file_readable_by_its_owner_only(log: Path) -> None:
    assert names(log.parent) == [log.name]
    assert log.stat().st_mode & 0o777 == 0o600
    assert verify(log) == ()


def test_reading_and_checking_leave_file_and_folder_as_they_were(log: Path) -> None:
    before = log.read_bytes()
    log.chmod(0o400)
    assert verify(log) == ()
    assert len(list(read(log))) == 30
    assert log.read_bytes() == before
    assert names(log.parent) == [log.name]


def test_a_log_that_is_being_written_can_be_read_up_to_its_last_commit(tmp_path: Path) -> None:
    store = create(tmp_path / "log.db")
    store.append((record("head"), record("scan")))
    store.commit()
    store.append((record("note"),))
    assert [found.kind for _, found in read(tmp_path / "log.db")] == ["head", "scan"]
    assert verify(tmp_path / "log.db", closed=False) == ()
    store.close()


def test_a_resumed_log_goes_on_with_the_next_position_and_the_chain_holds(log: Path) -> None:
    again = resume(log)
    assert again.append((record("head"), record("scan"), record("close"))) == 33
    again.close()
    assert verify(log) == ()
    assert [position for position, _ in read(log)] == list(range(1, 34))
    assert names(log.parent) == [log.name]


def test_a_log_is_never_made_over_an_existing_file(log: Path) -> None:
    before = log.read_bytes()
    with pytest.raises(OperatorFault, match=r"log-JPN\.db: expected a free path"):
        create(log)
    assert log.read_bytes() == before


def test_a_folder_that_does_not_exist_is_an_operator_fault(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match=r"expected a place where a log can be written, came: .*No such file"):
        create(tmp_path / "absent" / "log.db")


def test_resuming_needs_a_log(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match="came none"):
        resume(tmp_path / "log.db")
    (tmp_path / "text.db").write_bytes(b"not a database, " * 100)
    with pytest.raises(OperatorFault, match="not a database"):
        resume(tmp_path / "text.db")
    edit(tmp_path / "other.db", "CREATE TABLE other(x)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(OperatorFault, match="this is no log"):
        resume(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_file_that_a_crash_left_empty_can_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.touch()
    store = resume(path)
    store.append((record("head"), record("close")))
    store.close()
    assert verify(path) == ()


def test_a_log_with_a_damaged_end_is_not_resumed(log: Path) -> None:
    edit(log, "UPDATE records SET record = ? WHERE position = 30", (encode_record(record("close", b"forged")),))
    with pytest.raises(OperatorFault, match=r"record 30 \(close\): its bytes do not match its hash"):
        resume(log)


def test_closing_under_a_reader_says_that_two_files_remain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "log.db"
    store = create(path)
    store.append((record("head"), record("close")))
    store.commit()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM records").fetchone()
        with pytest.raises(StoreFailed, match="all records are on disk, keep it and its -wal together"):
            store.close()
    assert verify(path) == ()


def test_a_buffer_beyond_its_bound_commits_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "BUFFER_CAP_RECORDS", 5)
    store = create(tmp_path / "log.db")
    store.append((record("head"), *(record("scan") for _ in range(3))))
    assert list(read(tmp_path / "log.db")) == []
    store.append((record("scan"), record("scan")))
    assert len(list(read(tmp_path / "log.db"))) == 5
    monkeypatch.setattr(sqlite_store, "BUFFER_CAP_BYTES", 100)
    store.append((record("scan", bytes(100)),))
    assert len(list(read(tmp_path / "log.db"))) == 7
    store.close()


def test_two_writers_of_one_log_do_not_mix_their_records(tmp_path: Path) -> None:
    first = create(tmp_path / "log.db")
    second = resume(tmp_path / "log.db")
    first.append((record("head"),))
    first.commit()
    second.append((record("head"),))
    with pytest.raises(StoreFailed, match="UNIQUE"):
        second.commit()
    second._connection.close()
    first.append((record("close"),))
    first.close()
    assert verify(tmp_path / "log.db") == ()


# --- damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_flipped_byte_of_a_record_or_hash_is_found_and_the_record_named(log: Path) -> None:
    """All columns lie contiguously in the file unless they spill to overflow pages; 200 seeded places among them."""
    whole = log.read_bytes()
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT position, record, hash FROM records").fetchall()
    places = []
    for position, data, stored in rows:
        for column, value in (("record", data), ("hash", stored)):
            start = whole.find(value)
            if start >= 0:
                places += [(start + offset, position, column) for offset in range(len(value))]
    assert {position for _, position, _ in places} == set(range(1, 31))
    for place, position, column in random.Random(2).sample(places, 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        log.write_bytes(damaged)
        found = verify(log)
        assert [problem.position for problem in found] == [position], (place, column, found)
        assert found[0].code in ("bytes-changed", "hash-changed")
        if position < 30:
            assert found[0].code == ("bytes-changed" if column == "record" else "hash-changed")
        with pytest.raises(OperatorFault, match="its bytes do not match its hash"):
            list(read(log))


def test_the_damaged_record_is_named_with_its_kind(log: Path) -> None:
    kind = kind_at(log, 17)
    edit(log, "UPDATE records SET record = CAST(substr(record, 1, length(record) - 1) || x'00' AS BLOB) WHERE position = 17")
    assert texts(log) == [f"record 17 ({kind}): its bytes do not match its hash"]
    with pytest.raises(OperatorFault, match=rf"log-JPN.db: record 17 \({kind}\): its bytes do not match its hash; use an undamaged copy"):
        list(read(log))


def test_what_comes_before_the_damage_is_read(log: Path) -> None:
    edit(log, "UPDATE records SET hash = zeroblob(32) WHERE position = 17")
    seen = []
    with pytest.raises(OperatorFault, match="record 17"):
        seen.extend(position for position, _ in read(log))
    assert seen == list(range(1, 17))


@pytest.mark.slow
def test_any_flipped_byte_of_the_file_is_found_or_changes_no_record(log: Path) -> None:
    whole = log.read_bytes()
    original = list(read(log))
    rng = random.Random(3)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        log.write_bytes(damaged)
        if verify(log) == ():
            assert list(read(log)) == original


def test_a_missing_record_is_named(log: Path) -> None:
    edit(log, "DELETE FROM records WHERE position BETWEEN 5 AND 6")
    assert texts(log) == ["expected record 5, came record 7: records 5 to 6 are missing"]


def test_a_missing_first_record_is_named(log: Path) -> None:
    edit(log, "DELETE FROM records WHERE position = 1")
    assert "expected record 1, came record 2: record 1 is missing" in texts(log)


def test_a_record_deleted_with_the_others_moved_up_breaks_the_chain(log: Path) -> None:
    edit(log, "DELETE FROM records WHERE position = 10")
    edit(log, "UPDATE records SET position = position - 1 WHERE position > 10")
    assert verify(log)[0].position == 10
    assert verify(log)[0].code == "bytes-changed"


def test_a_cut_tail_shows_because_the_log_has_no_close(log: Path) -> None:
    edit(log, "DELETE FROM records WHERE position > 20")
    assert [problem.code for problem in verify(log)] == ["not-closed"]
    assert "after record 20" in texts(log)[0]
    assert verify(log, closed=False) == ()


def test_a_rewritten_record_with_its_own_new_hash_breaks_the_next_link(log: Path) -> None:
    with closing(sqlite3.connect(log)) as connection:
        (previous,) = connection.execute("SELECT hash FROM records WHERE position = 11").fetchone()
    forged = encode_record(record("note", b"nothing happened"))
    edit(log, "UPDATE records SET record = ?, hash = ? WHERE position = 12", (forged, chain_hash(previous, 12, forged)))
    assert [problem.position for problem in verify(log)] == [13]


def test_an_extra_row_is_found_wherever_it_stands(log: Path) -> None:
    forged = encode_record(record("note"))
    with closing(sqlite3.connect(log)) as connection:
        (last,) = connection.execute("SELECT hash FROM records WHERE position = 30").fetchone()
    edit(log, "INSERT INTO records VALUES (31, ?, ?)", (forged, chain_hash(last, 31, forged)))
    assert texts(log)[0] == 'record 31 (note): expected the record after a close to be of kind "head"; an extra or rewritten row'
    edit(log, "DELETE FROM records WHERE position = 31")
    for position in (0, -5):
        edit(log, "INSERT INTO records VALUES (?, ?, zeroblob(32))", (position, forged))
        assert texts(log)[0] == f"record {position} (note): expected record 1 here; an extra or misplaced row"
        with pytest.raises(OperatorFault, match="an extra or misplaced row"):
            list(read(log))
        edit(log, "DELETE FROM records WHERE position = ?", (position,))
    assert verify(log) == ()


def test_bytes_that_are_no_record_are_named_although_their_hash_fits(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    create(path).close()
    edit(path, "INSERT INTO records VALUES (1, ?, ?)", (b"\xc1junk", chain_hash(bytes(32), 1, b"\xc1junk")))
    assert texts(path)[0] == "record 1 (unreadable): its hash fits, but it is no record"
    with pytest.raises(OperatorFault, match="its hash fits, but it is no record"):
        list(read(path))


@pytest.mark.parametrize("keep", [0, 1, 100, 4_096, 5_000, 20_000])
def test_a_truncated_file_is_a_problem_and_not_a_crash(log: Path, keep: int) -> None:
    os.truncate(log, keep)
    assert verify(log) != ()
    with pytest.raises(OperatorFault):
        list(read(log))


def test_hostile_files_are_problems_and_not_crashes(tmp_path: Path) -> None:
    statements = {
        "view": "CREATE VIEW records AS WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT x AS position FROM c",
        "columns": "CREATE TABLE records(position INTEGER PRIMARY KEY, record BLOB NOT NULL)",
        "generated": "CREATE TABLE records(position INTEGER PRIMARY KEY, record BLOB AS (zeroblob(900000000)), hash BLOB NOT NULL)",
    }
    for name, statement in statements.items():
        edit(tmp_path / name, statement)
        assert "this is no log" in texts(tmp_path / name)[0]
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe", "absent"):
        assert [problem.code for problem in verify(tmp_path / name)] == ["file-damaged"]
        with pytest.raises(OperatorFault):
            list(read(tmp_path / name))


def test_values_of_other_types_are_damage(log: Path) -> None:
    kind = kind_at(log, 4)
    edit(log, "UPDATE records SET record = CAST(record AS TEXT) WHERE position = 4")
    assert texts(log) == [f"record 4 ({kind}): expected bytes in both columns, came text and blob"]
    edit(log, "UPDATE records SET hash = 17 WHERE position = 4")
    assert f"record 4 ({kind}): expected bytes in both columns, came text and integer" in texts(log)
    with pytest.raises(OperatorFault, match="came text and integer"):
        list(read(log))


def test_a_record_too_large_to_hold_is_damage_and_is_not_read_into_memory(log: Path) -> None:
    edit(log, "UPDATE records SET record = zeroblob(18000000) WHERE position = 4")
    assert any("too big" in text for text in texts(log))


def test_extra_tables_beside_the_records_are_refused(log: Path) -> None:
    edit(log, "CREATE TABLE more(x)")
    assert texts(log) == ["the file cannot be read after record 0: this is no log: expected the one table 'records' in it and nothing else"]


def test_the_list_of_problems_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(TABLE_SQL)
        connection.executemany("INSERT INTO records VALUES (?, x'00', x'00')", ((position,) for position in range(1, 3_000)))
        connection.commit()
    assert len(verify(path)) == PROBLEM_CAP


# --- crashes --------------------------------------------------------------------------------------------------------------

WRITER = """
import os, random, signal, sys
from pathlib import Path
from tocsin.adapters.store.port import Record
from tocsin.adapters.store.sqlite import create, resume
path, seed, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
store = resume(path) if path.exists() else create(path)
if steps:
    left = [steps]
    def tick():
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    store._connection.set_progress_handler(tick, 1)
store.append((Record(kind="head", utc_ns=0, mono_ns=0, body=b""),))
while True:
    bodies = [rng.randbytes(rng.randrange(3_000)) for _ in range(rng.randrange(1, 9))]
    store.append(tuple(Record(kind="scan", utc_ns=0, mono_ns=0, body=body) for body in bodies))
    print(store.commit(), flush=True)
"""


def killed_writer(path: Path, seed: int, *, steps: int, acknowledgements: int) -> int:
    """Let a writer run until it is killed; return the last position that its commits acknowledged (0 for none).

    ``steps`` > 0: it kills itself inside SQLite after so many virtual machine steps; else it is killed from outside.
    """
    program = [sys.executable, "-c", WRITER, str(path), str(seed), str(steps)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if not steps and len(lines) == acknowledgements:
                process.kill()
        assert process.wait() == -signal.SIGKILL
    whole = [line for line in lines if line.endswith("\n")]
    return int(whole[-1]) if whole else 0


@pytest.mark.slow
def test_whatever_a_commit_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    """Sixteen kills on one log, half of them inside a transaction; each writer goes on where the one before was killed.

    A killed process loses no page that the kernel has; what a power cut does is for the simulated disk.
    """
    path = tmp_path / "log.db"
    rng = random.Random(4)
    kept = 0
    for seed in range(16):
        steps = rng.randrange(1, 4_000) if seed % 2 else 0
        acknowledged = killed_writer(path, seed, steps=steps, acknowledgements=rng.randrange(1, 40))
        before = kept
        kept = sum(1 for _ in read(path))
        assert kept >= max(acknowledged, before)
        assert verify(path, closed=False) == ()
    store = resume(path)
    store.append((record("head"), record("close")))
    store.close()
    assert names(tmp_path) == ["log.db"]
    assert verify(path) == ()
    assert kept > 300
