"""Replay logs in another process while they are being written: the proof is ready soon after the night is over.

Each record goes to the follower as it is appended. At the end the log on disk is read and must be whole, and its last chained
hash must be that of the records that were followed: then what was replayed is what is on disk, byte for byte.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

from msgspec import structs

from tocsin.adapters.replay import PROBLEMS_MAX, Replay, ReplayReport, damaged_report
from tocsin.adapters.store.port import FIRST_PREVIOUS, Record, Store, chain_hash, encode_record
from tocsin.adapters.store.reading import last_hash, verify
from tocsin.errors import TocsinError
from tocsin.geography import load_zones
from tocsin.messages.basics import Nation

ANSWER_S_MAX = 600.0  # the follower lags by seconds; after ten minutes it is gone and the caller must know

Batch = tuple[Nation, tuple[Record, ...]]
Answer = dict[Nation, tuple[ReplayReport, bytes]]


class FollowedStore:
    """A store that also hands every appended record to the follower."""

    def __init__(self, store: Store, nation: Nation, records: "Queue[Batch | None]") -> None:
        self._store = store
        self._nation = nation
        self._records = records

    def append(self, records: tuple[Record, ...]) -> int:
        """See ``port.Store.append``."""
        position = self._store.append(records)
        self._records.put((self._nation, records))
        return position

    def commit(self) -> int:
        """See ``port.Store.commit``."""
        return self._store.commit()

    def close(self) -> None:
        """See ``port.Store.close``."""
        self._store.close()


class Follower:
    """Handle of the following process; made by ``follower``."""

    def __init__(self, records: "Queue[Batch | None]", answers: "Queue[Answer]") -> None:
        self._records = records
        self._answers = answers

    def follow(self, nation: Nation, store: Store) -> Store:
        """Return the store to write through from its first record on."""
        return FollowedStore(store, nation, self._records)

    def reports(self, logs: dict[Nation, Path]) -> dict[Nation, ReplayReport]:
        """After every log is closed: return each one's replay, checked against the file."""
        self._records.put(None)
        answer = self._answers.get(timeout=ANSWER_S_MAX)
        return {nation: _against_disk(path, *answer[nation]) for nation, path in logs.items()}


def _against_disk(path: Path, report: ReplayReport, followed_hash: bytes) -> ReplayReport:
    damaged = verify(path)
    if damaged:
        return damaged_report(damaged)
    if last_hash(path) == followed_hash:
        return report
    text = f"{path}: the log on disk ends with another hash than the records that were replayed"
    return structs.replace(report, problems=(*report.problems[: PROBLEMS_MAX - 1], text))


@contextmanager
def follower() -> Iterator[Follower]:
    """Hold a following process; it ends with the block, whatever happens."""
    context = get_context("spawn")
    records: Queue[Batch | None] = context.Queue()
    answers: Queue[Answer] = context.Queue()
    process = context.Process(target=_run, args=(records, answers), daemon=True)
    process.start()
    try:
        yield Follower(records, answers)
    finally:
        records.cancel_join_thread()
        process.terminate()
        process.join()


def _run(records: "Queue[Batch | None]", answers: "Queue[Answer]") -> None:
    """Replay whatever comes, nation by nation, until None; then answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    zones = load_zones()
    played: dict[Nation, Replay] = {}
    ends: dict[Nation, tuple[int, bytes]] = {}
    faults: dict[Nation, str] = {}
    while (batch := records.get()) is not None:
        nation, appended = batch
        replay = played.setdefault(nation, Replay(zones))
        for record in appended:
            position, previous = ends.get(nation, (0, FIRST_PREVIOUS))
            ends[nation] = (position + 1, chain_hash(previous, position + 1, encode_record(record)))
            try:
                replay.record(position + 1, record)
            except TocsinError as problem:
                faults.setdefault(nation, str(problem))
    answers.put({nation: (_report(replay, faults.get(nation)), ends[nation][1]) for nation, replay in played.items()})


def _report(replay: Replay, fault: str | None) -> ReplayReport:
    report = replay.report()
    if fault is None:
        return report
    return structs.replace(report, problems=(fault, *report.problems))
