"""Figures of tracks: set distances, accuracy by phase, consistency, what sort of object they were taken for. Events are elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.evaluation.flights import PHASES, TrueFlight
from tocsin.evaluation.intervals import Figure, absent, grouped_mean, grouped_median, rate, share
from tocsin.evaluation.quantiles import anees_limits, chi2_quantile
from tocsin.evaluation.score import TrackScore, in_windows, set_distances
from tocsin.evaluation.sights import Sight
from tocsin.units import NS_PER_S, seconds_between

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Window = tuple[int, int] | None

BLOCK_S: Final = 60  # seconds resampled together for the interval of a mean over time: longer than errors stay alike
SETTLED_S: Final = 20  # after burnout: the filter has forgotten the boost
FIXED_S: Final = {"boost": (-15, -10, -5), "coast": (10, 20, 30, 60, 120, 240)}  # seconds from burnout at which consistency is tested
FIXED_REENTRY_S: Final = (2, 5, 10)  # seconds from coming down through 60 km
HALF_SECOND_S: Final = 0.5  # pairs stand at whole seconds: the nearest one counts
STATE: Final = 6
SHARE_LEVEL: Final = 0.95  # chi-square level whose share is counted
NO_PLOTS: Final = "needs --plots and --sensors"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that belong together. ``grid``: names are "one: other" and print as a table with the first, or second, as rows."""

    title: str
    figures: tuple[Figure, ...]
    grid: Literal["", "first", "second"] = ""
    note: str = ""


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How often what was true (rows) was taken for what (columns)."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """What is scored against what. ``windows``: seconds in which each flight counts; ``sights``: empty where no plots are given."""

    score: TrackScore
    windows: tuple[Window, ...]
    sights: tuple[Sight | None, ...]
    hours: float
    cutoff_m: float

    @property
    def flights(self) -> tuple[TrueFlight, ...]:
        """The true objects."""
        return self.score.flights


def set_section(scene: Scene) -> Section:
    """Return how well the set of tracks matches the set of missiles in sight."""
    table = set_distances(scene.score, scene.windows, scene.cutoff_m)
    blocks = table["second"].astype(np.int64) // BLOCK_S
    gospa, half = table["gospa_m"], 0.5 * scene.cutoff_m * scene.cutoff_m
    of = f"blocks of {BLOCK_S} s"
    figures = [
        grouped_mean("GOSPA, mean", gospa, blocks, "m", of=of),
        grouped_mean("GOSPA, root mean square", gospa * gospa, blocks, "m", of=of, root=True),
        grouped_mean("  its localisation part", table["localisation_m2"], blocks, "m", of=of, root=True),
        grouped_mean("  its missed part", half * table["missed"], blocks, "m", of=of, root=True),
        grouped_mean("  its false part", half * table["false"], blocks, "m", of=of, root=True),
        grouped_mean("OSPA, mean", table["ospa_m"], blocks, "m", of=of),
        *_following(scene),
    ]
    in_sight = (
        "from a missile's first to its last plot"
        if scene.sights
        else "from its first paired second to its last update, as no plots were given"
    )
    return Section(
        title=f"Tracks against missiles in sight (cutoff {scene.cutoff_m / 1000.0:g} km, order 2)",
        figures=tuple(figures),
        note=f"A missile counts {in_sight}. Squares of GOSPA's parts add up to the square of its root mean square.",
    )


def _following(scene: Scene) -> list[Figure]:
    """Return completeness, switches, duplicates, false tracks and delays."""
    score, pairs = scene.score, scene.score.pairs
    inside = in_windows(score, scene.windows)
    missiles = [index for index, flight in enumerate(scene.flights) if flight.group == "missile"]
    wanted = {index: window[1] - window[0] + 1 for index in missiles if (window := scene.windows[index]) is not None}
    total = sum(wanted.values())
    followed = np.bincount(pairs.flight[inside], minlength=len(scene.flights))
    groups = np.array(list(wanted), dtype=np.int64)
    shares = np.array([100.0 * followed[index] / max(seconds, 1) for index, seconds in wanted.items()])
    complete = grouped_mean("completeness: share of seconds in sight with a track", shares, groups, "%")
    if total:
        complete = msgspec.structs.replace(complete, value=100.0 * float(followed[groups].sum()) / total)
    seen = [index for index in missiles if not scene.sights or scene.sights[index] is not None]
    never = [index for index in seen if not (pairs.flight == index).any()]
    switches = sum(_switches(scene, index, inside) for index in missiles)
    false = [name for name, tale in score.tracks.items() if tale.claims_missile and not tale.votes and not tale.near]
    others = sum(1 for tale in score.tracks.values() if tale.kinds and not tale.claims_missile and not tale.votes and not tale.parent)
    return [
        complete,
        share("missiles never tracked", len(never), len(seen), "missiles", _list(scene, never)),
        Figure(name="identity switches", value=float(switches), n=len(wanted), of="flights"),
        Figure(name="duplicate tracks, track seconds", value=float(score.duplicate_seconds), n=len(score.tracks), of="tracks", unit="s"),
        rate("false missile tracks (near nothing that flies)", len(false), scene.hours, ", ".join(false[:5])),
        Figure(
            name="other confirmed tracks with no truth", value=float(others), n=len(score.tracks), of="tracks", note="they claim no missile"
        ),
        *_delays(scene, missiles),
    ]


def _list(scene: Scene, indices: Sequence[int]) -> str:
    """Return the first few names."""
    return ", ".join(scene.flights[index].name for index in indices[:5]) + (" ..." if len(indices) > 5 else "")


def _switches(scene: Scene, index: int, inside: Bools) -> int:
    """Return how often the track paired with a flight was another than before."""
    pairs = scene.score.pairs
    tracks = pairs.track[inside & (pairs.flight == index)]
    return int((tracks[1:] != tracks[:-1]).sum())


def _delays(scene: Scene, missiles: Sequence[int]) -> list[Figure]:
    """Return the times from lift-off, and from the first plot, to the first confirmed line."""
    pairs = scene.score.pairs
    from_launch, from_plot, scans, tracked, sighted = [], [], [], [], []
    for index in missiles:
        mine = np.flatnonzero(pairs.flight == index)
        if mine.size == 0:
            continue
        tale = scene.score.tracks[scene.score.names[int(pairs.track[mine[0]])]]
        confirmed_ns = tale.confirmed_ns if tale.confirmed_ns is not None else int(pairs.second[mine[0]]) * NS_PER_S
        first_ns = scene.flights[index].first_ns
        if first_ns is not None:
            tracked.append(index)
            from_launch.append(seconds_between(confirmed_ns, first_ns))
        sight = scene.sights[index] if scene.sights else None
        if sight is not None:
            sighted.append(index)
            from_plot.append(seconds_between(confirmed_ns, sight.first_ns))
            scans.append(from_plot[-1] / sight.period_s)
    of_launch, of_plot = np.array(tracked, dtype=np.int64), np.array(sighted, dtype=np.int64)
    found = [grouped_mean("lift-off to confirmed track, mean", np.array(from_launch), of_launch, "s")]
    if not scene.sights:
        return [*found, absent("first plot to confirmed track, mean", NO_PLOTS)]
    return [
        *found,
        grouped_mean("first plot to confirmed track, mean", np.array(from_plot), of_plot, "s"),
        grouped_median("first plot to confirmed track, median", np.array(from_plot), of_plot, "s"),
        grouped_mean("  in scans of the sensor that saw it first, mean", np.array(scans), of_plot, "scans"),
    ]


def phase_section(scene: Scene) -> Section:
    """Return the errors of position and velocity by phase."""
    pairs = scene.score.pairs
    figures: list[Figure] = []
    for name, chosen in phase_masks(scene):
        flight = pairs.flight[chosen]
        if flight.size == 0:
            figures.append(absent(f"{name}: position, root mean square", "no such time in the files"))
            continue
        pos2, vel2 = pairs.pos2_m2[chosen], pairs.vel2_m2ps2[chosen]
        figures += [
            grouped_mean(f"{name}: position, root mean square", pos2, flight, "m", root=True),
            grouped_median(f"{name}: position, median", np.sqrt(pos2), flight, "m"),
            grouped_mean(f"{name}: velocity, root mean square", vel2, flight, "m/s", root=True),
            grouped_median(f"{name}: velocity, median", np.sqrt(vel2), flight, "m/s"),
        ]
    return Section(
        title="Accuracy by phase, at whole seconds",
        figures=tuple(figures),
        grid="first",
        note="Boost: until burnout. Re-entry: descending below 60 km. Intervals resample flights.",
    )


def phase_masks(scene: Scene) -> list[tuple[str, Bools]]:
    """Return which pairs are of which phase, all together first."""
    pairs = scene.score.pairs
    inside = in_windows(scene.score, scene.windows)
    since_s = seconds_from_burnout(scene)
    coast = inside & (pairs.phase == PHASES.index("coast"))
    masks = [("all", inside)] + [(phase, inside & (pairs.phase == number)) for number, phase in enumerate(PHASES)]
    masks.insert(3, (f"coast > {SETTLED_S} s after burnout", coast & (since_s > SETTLED_S)))
    return [(name, mask) for name, mask in masks if name != "manoeuvre" or mask.any()]


def seconds_from_burnout(scene: Scene) -> Array:
    """Return the time of each pair after its flight's burnout, NaN where that is unknown."""
    return _seconds_from(scene, [flight.burnout_ns for flight in scene.flights])


def _seconds_from(scene: Scene, zero_ns: Sequence[int | None]) -> Array:
    """Return the time of each pair after a time of its flight, NaN where that is None."""
    zero_s = np.array([np.nan if time_ns is None else time_ns / NS_PER_S for time_ns in zero_ns])
    found: Array = scene.score.pairs.second - zero_s[scene.score.pairs.flight] if zero_s.size else np.empty(0)
    return found


def consistency_sections(scene: Scene) -> list[Section]:
    """Return the normalised errors by phase over whole seconds, and at fixed epochs over flights."""
    pairs = scene.score.pairs
    seconds: list[Figure] = []
    for name, chosen in phase_masks(scene):
        for label, values, dimension in (("state", pairs.nees, STATE), ("position", pairs.nees_pos, 3), ("velocity", pairs.nees_vel, 3)):
            seconds.append(_anees(f"{name}: {label}", values[chosen], pairs.flight[chosen], dimension))
        good = chosen & np.isfinite(pairs.nees)
        inside = pairs.nees[good] <= chi2_quantile(SHARE_LEVEL, STATE)
        seconds.append(grouped_mean(f"{name}: states inside 95 %", 100.0 * inside.astype(np.float64), pairs.flight[good], "%"))
    band = "[a .. b]: where the mean over so many independent flights lies with 95 % for an honest filter (chi-square)"
    title = "Consistency (ANEES: normalised squared error over its dimension; 1 if covariances are honest)"
    return [
        Section(
            title=f"{title}, at whole seconds",
            figures=(*seconds, absent("NIS", "needs innovations, and track files hold none")),
            grid="first",
            note=f"{band}; seconds of one flight are not independent, so it supposes one value per flight.",
        ),
        Section(title=f"{title}, at fixed epochs", figures=tuple(_epochs(scene)), grid="first", note=f"One value per flight. {band}."),
    ]


def _epochs(scene: Scene) -> list[Figure]:
    """Return the consistency at fixed times from burnout and from the descent through 60 km."""
    since_s = seconds_from_burnout(scene)
    entry_s = _seconds_from(scene, [flight.reentry_ns for flight in scene.flights])
    figures: list[Figure] = []
    for phase, epochs in FIXED_S.items():
        for epoch_s in epochs:
            at = (scene.score.pairs.phase == PHASES.index(phase)) & (np.abs(since_s - epoch_s) <= HALF_SECOND_S)
            figures += _fixed(scene, f"{phase}, burnout {epoch_s:+d} s", at)
    for epoch_s in FIXED_REENTRY_S:
        figures += _fixed(scene, f"re-entry, 60 km {epoch_s:+d} s", np.abs(entry_s - epoch_s) <= HALF_SECOND_S)
    return figures


def _anees(name: str, values: Array, flight: NDArray[np.int64], dimension: int) -> Figure:
    """Return the mean of normalised errors over the dimension, with the band that an honest filter keeps."""
    good = np.isfinite(values)
    if not good.any():
        return absent(name, "no such time in the files, or no usable covariance")
    figure = grouped_mean(name, values[good] / dimension, flight[good], "")
    bad = int((~good).sum())
    return msgspec.structs.replace(
        figure, accept=anees_limits(figure.n, dimension), note=f"{bad} covariances not positive definite were left out" if bad else ""
    )


def _fixed(scene: Scene, name: str, at: Bools) -> list[Figure]:
    """Return the normalised errors at one epoch, one value a flight."""
    pairs = scene.score.pairs
    chosen = np.flatnonzero(at & in_windows(scene.score, scene.windows))
    _, first = np.unique(pairs.flight[chosen], return_index=True)
    chosen = chosen[first]
    flight = pairs.flight[chosen]
    return [
        _anees(f"{name}: state", pairs.nees[chosen], flight, STATE),
        _anees(f"{name}: position", pairs.nees_pos[chosen], flight, 3),
        _anees(f"{name}: velocity", pairs.nees_vel[chosen], flight, 3),
    ]


def kind_table(scene: Scene) -> Confusion:
    """Return what confirmed tracks of each sort of object were taken for, by what they said longest."""
    rows: dict[str, dict[str, int]] = {}
    for tale in scene.score.tracks.values():
        if not tale.kinds:
            continue
        said = "part of another" if tale.parent else max(tale.kinds, key=lambda kind: (tale.kinds[kind], kind))
        true = "nothing" if tale.flight is None else scene.flights[tale.flight].group
        row = rows.setdefault(true, {})
        row[said] = row.get(said, 0) + 1
    columns = tuple(sorted({said for row in rows.values() for said in row}))
    return Confusion(
        title="Kinds: true object of each confirmed track (rows), what the track said longest (columns)",
        columns=columns,
        rows={true: tuple(row.get(said, 0) for said in columns) for true, row in sorted(rows.items())},
    )
