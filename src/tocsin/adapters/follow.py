"""One process beside this one: it replays logs while they are being written, and does other work that is handed to it.

Each record goes to the follower as it is appended. At the end the log on disk is read and must be whole, and its last chained
hash must be that of the records that were followed: then what was replayed is what is on disk, byte for byte.
"""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import TypeVar, cast

from msgspec import Struct, structs

from tocsin.adapters.replay import PROBLEMS_MAX, Replay, ReplayReport, damaged_report
from tocsin.adapters.store.port import FIRST_PREVIOUS, Record, Store, chain_hash, encode_record
from tocsin.adapters.store.reading import last_hash, verify
from tocsin.errors import OurFault, TocsinError
from tocsin.geography import Zones, load_zones
from tocsin.messages.basics import Nation

ANSWER_S_MAX = 600  # the follower lags by seconds; after ten minutes it is gone and the caller must know

Task = TypeVar("Task")


class Appended(Struct, frozen=True):
    """Records that a nation's log has just got."""

    nation: Nation
    records: tuple[Record, ...]


class Work(Struct, frozen=True):
    """A call to make; function at module level, argument and result picklable."""

    function: Callable[..., object]
    argument: object


class FollowedStore:
    """A store that also hands every appended record to the follower."""

    def __init__(self, store: Store, nation: Nation, inbox: "Queue[Appended | Work | None]") -> None:
        self._store = store
        self._nation = nation
        self._inbox = inbox

    def append(self, records: tuple[Record, ...]) -> int:
        """See ``port.Store.append``."""
        position = self._store.append(records)
        self._inbox.put(Appended(self._nation, records))
        return position

    def commit(self) -> int:
        """See ``port.Store.commit``."""
        return self._store.commit()

    def close(self) -> None:
        """See ``port.Store.close``."""
        self._store.close()


class Follower:
    """Handle of the following process; made by ``follower``."""

    def __init__(self, inbox: "Queue[Appended | Work | None]", answers: "Queue[object]", process: BaseProcess) -> None:
        self._process = process
        self._inbox = inbox
        self._answers = answers

    def follow(self, nation: Nation, store: Store) -> Store:
        """Return the store to write through from its first record on."""
        return FollowedStore(store, nation, self._inbox)

    def start(self, function: Callable[[Task], object], argument: Task) -> None:
        """Hand over work; it is done in the order in which it and the records came."""
        self._inbox.put(Work(function, argument))

    def result(self) -> object:
        """Wait for the result of the oldest work whose result was not asked for yet."""
        for _ in range(ANSWER_S_MAX):
            try:
                return self._answers.get(timeout=1.0)
            except Empty:
                if not self._process.is_alive():
                    break
        text = "the process beside this one ended or hangs before it answered: no replay and no other placings; run again"
        raise OurFault(text)

    def reports(self, logs: dict[Nation, Path]) -> dict[Nation, ReplayReport]:
        """After every log is closed and every result taken: return each one's replay, checked against the file."""
        self._inbox.put(None)
        found = cast("dict[Nation, tuple[ReplayReport, bytes]]", self.result())
        return {nation: _against_disk(path, *found[nation]) for nation, path in logs.items()}


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
    """Hold the other process; it ends with the block, whatever happens."""
    context = get_context("spawn")
    inbox: Queue[Appended | Work | None] = context.Queue()
    answers: Queue[object] = context.Queue()
    process = context.Process(target=_run, args=(inbox, answers), daemon=True)
    process.start()
    try:
        yield Follower(inbox, answers, process)
    finally:
        inbox.cancel_join_thread()
        process.terminate()
        process.join()


def _run(inbox: "Queue[Appended | Work | None]", answers: "Queue[object]") -> None:
    """Do what comes until None: replay records nation by nation, do work; then answer with the replays."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    gc.disable()  # a process of one night: nothing here dies by cycles
    played: dict[Nation, _Followed] = {}
    while (item := inbox.get()) is not None:
        if isinstance(item, Work):
            answers.put(item.function(item.argument))
            continue
        followed = played.setdefault(item.nation, _Followed())
        for record in item.records:
            followed.record(record)
    answers.put({nation: (followed.report(), followed.hash) for nation, followed in played.items()})


class _Followed:
    """One log: its replay and its chain so far."""

    def __init__(self) -> None:
        self._replay = Replay(_zones())
        self._position = 0
        self._fault: str | None = None
        self.hash = FIRST_PREVIOUS

    def record(self, record: Record) -> None:
        """Take the next record."""
        self._position += 1
        self.hash = chain_hash(self.hash, self._position, encode_record(record))
        try:
            self._replay.record(self._position, record)
        except TocsinError as problem:
            self._fault = self._fault or str(problem)

    def report(self) -> ReplayReport:
        """Return the replay's report, with what stopped it if anything did."""
        report = self._replay.report()
        return report if self._fault is None else structs.replace(report, problems=(self._fault, *report.problems))


@lru_cache(maxsize=1)
def _zones() -> Zones:
    return load_zones()
