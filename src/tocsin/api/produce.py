"""Play a night and leave its files: logs, plots, sensors, truth, tracks, events. What people read of it is made elsewhere."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from tocsin.adapters.follow import follower
from tocsin.adapters.formats.events import event_line
from tocsin.adapters.formats.plots import plot_line
from tocsin.adapters.formats.sensors import sensors_toml
from tocsin.adapters.formats.tracks import track_line
from tocsin.adapters.records import decode_head
from tocsin.adapters.replay import ReplayReport
from tocsin.adapters.store.port import Store
from tocsin.adapters.store.reading import read
from tocsin.api.night import Listener, Pace, Plan, play_night
from tocsin.api.ships import Moved, Tracked, elsewhere, picture_elsewhere, share, track_elsewhere
from tocsin.errors import OperatorFault, TocsinError
from tocsin.evaluation.record import NightRecord
from tocsin.geography import load_zones
from tocsin.messages.plot import Plot
from tocsin.sim.night import Night, truth_rows

OUR_FILES = ("report.html", "summary.json", "tracks.jsonl", "events.jsonl", "plots.jsonl", "sensors.toml", "truth.jsonl")


def prepare_folder(out: Path, nations: tuple[str, ...]) -> None:
    """Make the folder ready: files of an earlier exercise or test go, anything else stays; a live log is never touched."""
    for nation in nations:
        _refuse_live(out / f"log-{nation}.db")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in (*OUR_FILES, *(f"log-{nation}.db{suffix}" for nation in nations for suffix in ("", "-wal", "-shm", "-journal"))):
            (out / name).unlink(missing_ok=True)
    except OSError as problem:
        text = f"{out}: expected a folder to write to, came: {problem.strerror}; choose another with --out"
        raise OperatorFault(text, exit_code=2) from problem


def _refuse_live(log: Path) -> None:
    if not log.exists():
        return
    try:
        _, record = next(read(log))
        world: str = decode_head(record.body).config.world
    except (TocsinError, StopIteration):
        world = "unreadable"
    if world not in ("exercise", "test"):
        text = f"{log}: expected no log or one of an exercise, found one of world {world!r}; choose another folder with --out"
        raise OperatorFault(text, exit_code=2)


def produce(plan: Plan, night: Night, out: Path, pace: Pace, listen: Listener, follow: Callable[[str, Store], Store]) -> NightRecord:
    """Play the night and write everything but the report and the summary into ``out``."""
    (out / "sensors.toml").write_text(sensors_toml(plan.sensors), encoding="utf-8")
    with ExitStack() as stack:
        plots = stack.enter_context((out / "plots.jsonl").open("wb"))
        record = play_night(plan, night, load_zones(), pace=pace, listen=listen, keep=_plot_writer(plots), follow=follow)
        with (out / "truth.jsonl").open("wb") as truth:
            truth.writelines(msgspec.json.encode(row) + b"\n" for row in truth_rows(night))
    first = record.nations[plan.coalition.nations[0].nation]
    with (out / "tracks.jsonl").open("wb") as tracks:
        tracks.writelines(track_line(track) for track in first.fused)
    with (out / "events.jsonl").open("wb") as events:
        events.writelines(event_line(event) for event in first.joint_events)
    return record


def _plot_writer(stream: BinaryIO) -> Callable[[Plot], None]:
    def write(plot: Plot) -> None:
        stream.write(plot_line(plot))

    return write


class After(msgspec.Struct, frozen=True, kw_only=True):
    """What is worked out beside and after the night."""

    moved: tuple[Moved, ...]
    replays: dict[str, ReplayReport]


def produce_all(plan: Plan, night: Night, out: Path, pace: Pace, listen: Listener, after: Callable[[], None]) -> tuple[NightRecord, After]:
    """Play the night on this core; on another the logs are replayed as they grow and the other placings are tracked.

    ``after`` is called between the night and what follows it.
    """
    with follower() as beside, _uncollected():
        beside.start(track_elsewhere, elsewhere(plan))
        record = produce(plan, night, out, pace, listen, beside.follow)
        after()
        shared = [share(placing, record) for placing in cast("tuple[Tracked, ...]", beside.result())]
        there, here = shared[::2], shared[1::2]
        for task in there:
            beside.start(picture_elsewhere, task)
        moved = [picture_elsewhere(task) for task in here]
        moved += [cast("Moved", beside.result()) for _ in there]
        reports = beside.reports({nation: out / f"log-{nation}.db" for nation in record.nations})
    order = [task.tracked.task.plan.configuration for task in shared]
    return record, After(moved=tuple(sorted(moved, key=lambda done: order.index(done.configuration))), replays=reports)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the cycle collector back: a night keeps what it makes or drops it by reference count; looking took a tenth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
