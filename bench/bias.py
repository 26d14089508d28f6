"""Sensor registration: is the biased radar named, is its bias found, and does the impact come back to where it would be?

    python bench/bias.py [--runs 200] [--seed 1]

Each run draws a site, a heading and three radars anywhere on earth, missiles from the published priors (coast only) and true
association (``play`` hands plots straight to ``Registration``; through a tracker that has it wired in, only ``play`` changes).
Prints one table a case with the target beside each figure; exit code 1 if one is missed. About three minutes.
"""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

import argparse
import sys
from math import asin, cos, pi, sin
from time import perf_counter
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_m, ecef2aer, enu_axes, geodetic2ecef, ground_destination
from tocsin.kernels.linalg import propagate_covariance, scalar_update
from tocsin.kernels.measure import MAX_ROWS, PLOT_COLUMNS, measure
from tocsin.kernels.trajectory import HIT, coast_flow, coast_propagate, propagate_to_altitude
from tocsin.messages.health import SensorHealth
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.models.motion import LN_BETA_MEAN, LN_BETA_SIGMA, Q_COAST
from tocsin.models.sensing import SensorModel, fill_plots, sensor_model
from tocsin.tracking.registration import Registration
from tocsin.units import DEG, NS_PER_S, s2ns

Array = NDArray[np.float64]

START_NS: Final = 1_700_000_000 * NS_PER_S
BIAS_RAD: Final = 1e-3
BIAS_M: Final = 200.0
GOOD_SHARE: Final = 0.2
MOST_DRAWS: Final = 400


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, what is declared, how long it is watched. The odd radar is the last of three."""

    name: str
    missiles: int = 1
    seconds: float = 60.0
    offset: bool = False  # the odd radar has BIAS_RAD, BIAS_M
    clock_s: float = 0.0  # ... its clock is late by this
    noise: float = 1.0  # ... its errors are this many times its sigma
    gain: float = 0.0  # ... its range is wrong by this share
    stuck: bool = False  # ... its azimuth stays where it was
    odd_declared: bool = False  # ... it declares a bias sigma of that size
    anchors: str = "declared"  # the two others: "declared" within 0.2 sigma, "silent" and without bias, "suspect" like the odd one


class Scene(msgspec.Struct, frozen=True):
    """Radars, and each missile's state[7] at time 0."""

    models: tuple[SensorModel, ...]
    starts: tuple[Array, ...]


class Run(msgspec.Struct, frozen=True):
    """What one run gave."""

    health: tuple[SensorHealth, ...]
    truth: Array  # [3, 4] the biases drawn
    impact_m: tuple[float, ...]  # error without bias, uncorrected, corrected, of registration's own estimate (median of missiles)
    named_s: float  # when the odd radar was first named, inf if never
    others_named: int  # at any time
    update_ms: float


def draw_scene(rng: np.random.Generator, case: Case) -> Scene:
    """Return radars and missiles such that all see all for the whole time."""
    for _ in range(MOST_DRAWS):
        lat, lon = asin(rng.uniform(-0.85, 0.85)), rng.uniform(-pi, pi)
        heading = rng.uniform(0.0, 2.0 * pi)
        starts = tuple(_missile(rng, lat, lon, heading) for _ in range(case.missiles))
        models = []
        for k in range(3):
            far = ground_destination(lat, lon, heading + rng.uniform(-1.2, 1.2), rng.uniform(150e3, 600e3))
            models.append(sensor_model(_radar(rng, k, far, case), k))
        scene = Scene(tuple(models), starts)
        if all(_sees(model, start, t) for model in models for start in starts for t in np.linspace(0.0, case.seconds, 7)):
            return scene
    raise RuntimeError(f"expected a geometry within {MOST_DRAWS} draws, found none; loosen draw_scene")


def _missile(rng: np.random.Generator, lat: float, lon: float, heading: float) -> Array:
    """Return a state[7] just after burnout: minimum-energy to lofted, 1.6-3 km/s."""
    here = ground_destination(lat, lon, rng.uniform(0.0, 2.0 * pi), rng.uniform(0.0, 60e3))
    axes = np.empty((3, 3))
    enu_axes(*here, axes)
    climb, speed, bearing = rng.uniform(35.0, 60.0) * DEG, rng.uniform(1_600.0, 3_000.0), heading + rng.normal() * 0.15
    level = speed * cos(climb)
    state = np.empty(7)
    state[:3] = geodetic2ecef(*here, rng.uniform(35e3, 70e3))
    state[3:6] = level * sin(bearing) * axes[0] + level * cos(bearing) * axes[1] + speed * sin(climb) * axes[2]
    state[6] = LN_BETA_MEAN + LN_BETA_SIGMA * rng.normal()
    return state


def _radar(rng: np.random.Generator, k: int, place: tuple[float, float], case: Case) -> Sensor:
    """Return one radar with what it declares about its bias."""
    odd = k == 2
    sigma_rad, sigma_m = rng.uniform(0.5e-3, 1e-3), rng.uniform(20.0, 50.0)
    bias_rad, bias_m = 0.0, 0.0
    if case.anchors == "suspect" or (odd and case.odd_declared):
        bias_rad, bias_m = BIAS_RAD, BIAS_M
    elif case.anchors == "declared" and not odd:
        bias_rad, bias_m = GOOD_SHARE * sigma_rad, GOOD_SHARE * sigma_m
    return Sensor(
        sensor=f"RADAR-{k + 1}",
        nation="OWN",
        kind="radar",
        pos_ecef_m=geodetic2ecef(*place, 100.0),
        lat_rad=place[0],
        lon_rad=place[1],
        alt_m=100.0,
        sigma_azimuth_rad=sigma_rad,
        sigma_elevation_rad=sigma_rad,
        sigma_range_m=sigma_m,
        bias_sigma_azimuth_rad=bias_rad,
        bias_sigma_elevation_rad=bias_rad,
        bias_sigma_range_m=bias_m,
        detection_probability=0.9,
        scan_period_s=1.0,
        max_range_m=1_000e3,
        min_elevation_rad=1.5 * DEG,
    )


def _sees(model: SensorModel, start: Array, time_s: float) -> bool:
    """Return whether a radar has the missile in view."""
    state = _fly(start, time_s)
    _, elevation, range_m = _aer(model, state)
    high = altitude_m(*state[:3]) > 30e3
    return high and model.sensor.min_elevation_rad <= elevation < 80.0 * DEG and range_m <= model.sensor.max_range_m


def _fly(start: Array, time_s: float) -> Array:
    out = np.empty(7)
    coast_propagate(start, time_s, 1.0, out)
    return out


def _aer(model: SensorModel, state: Array) -> tuple[float, float, float]:
    axes = np.empty((3, 3))
    enu_axes(model.sensor.lat_rad, model.sensor.lon_rad, axes)
    return ecef2aer(state[0], state[1], state[2], *model.sensor.pos_ecef_m, axes)


def draw_biases(rng: np.random.Generator, case: Case, models: tuple[SensorModel, ...]) -> Array:
    """Return [3, 4] azimuth, elevation, range, clock."""
    truth = np.zeros((3, 4))
    for k, model in enumerate(models):
        s = model.sensor
        if case.anchors == "suspect" or (k < 2 and case.anchors == "declared"):
            truth[k, :3] = rng.normal(size=3) * (s.bias_sigma_azimuth_rad, s.bias_sigma_elevation_rad, s.bias_sigma_range_m)
    if case.offset:
        truth[2, :3] = rng.choice((-1.0, 1.0), 3) * (BIAS_RAD, BIAS_RAD, BIAS_M)
    truth[2, 3] = case.clock_s
    return truth


class Ekf:
    """A plain coast filter, as a tracker without registration has it."""

    def __init__(self, state: Array, time_ns: int) -> None:
        self.x = state.copy()
        self.x[6] = LN_BETA_MEAN
        self.P = np.diag([3_000.0**2] * 3 + [200.0**2] * 3 + [LN_BETA_SIGMA**2])
        self.time_ns = time_ns

    def use(self, row: Array, time_ns: int) -> None:
        """Predict to a plot and correct by it."""
        F, work = np.empty((7, 7)), np.empty((7, 7))
        dt = (time_ns - self.time_ns) / NS_PER_S
        coast_flow(self.x, dt, 1.0, self.x, F)
        propagate_covariance(F, self.P, work, self.P)
        for a in range(3):
            self.P[a, a] += Q_COAST * dt**3 / 3.0
            self.P[a, 3 + a] += Q_COAST * dt**2 / 2.0
            self.P[3 + a, a] += Q_COAST * dt**2 / 2.0
            self.P[3 + a, 3 + a] += Q_COAST * dt
        self.time_ns = time_ns
        H, nu, var, g, h = np.empty((MAX_ROWS, 6)), np.zeros(MAX_ROWS), np.zeros(MAX_ROWS), np.empty(7), np.zeros(7)
        x0 = self.x.copy()
        for c in range(measure(x0, row, H, nu, var)):
            h[:6] = H[c]
            scalar_update(self.x, self.P, h, nu[c] - float(H[c] @ (self.x[:6] - x0[:6])), var[c], 7, g)


def impact(state: Array) -> Array | None:
    """Return where a state comes down (mean beta), ECEF."""
    out = np.empty(7)
    start = state.copy()
    status, *_ = propagate_to_altitude(start, 0.0, 7_200.0, out)
    return out[:3].copy() if status == HIT else None


def looks(case: Case) -> list[tuple[int, int]]:
    """Return (time_ns, radar) in time order: 1 Hz each, staggered."""
    return sorted((START_NS + s2ns(s + k / 3.0), k) for k in range(3) for s in range(int(case.seconds)))


def plots_of(rng: np.random.Generator, case: Case, scene: Scene, truth: Array, time_ns: int, k: int) -> list[tuple[int, Plot, Plot]]:
    """Return (missile, plot, the same plot without anything wrong) of one look, all with the stamped time."""
    s = scene.models[k].sensor
    found = []
    for i, start in enumerate(scene.starts):
        noise, hit = rng.normal(size=3), rng.random() < s.detection_probability
        if not hit:
            continue
        at_s = (time_ns - START_NS) / NS_PER_S
        size = np.array([s.sigma_azimuth_rad, s.sigma_elevation_rad, s.sigma_range_m])
        clean = np.array(_aer(scene.models[k], _fly(start, at_s))) + noise * size
        scale = case.noise if k == 2 else 1.0
        wrong = np.array(_aer(scene.models[k], _fly(start, at_s - truth[k, 3]))) + noise * size * scale + truth[k, :3]
        if k == 2:
            wrong[2] *= 1.0 + case.gain
        found.append((i, _plot(s, time_ns, wrong), _plot(s, time_ns, clean)))
    return found


def _plot(s: Sensor, time_ns: int, value: Array) -> Plot:
    return Plot(
        time_ns=time_ns, sensor=s.sensor, azimuth_rad=float(value[0]) % (2.0 * pi), elevation_rad=float(value[1]), range_m=float(value[2])
    )


def play(seed: int, case: Case) -> Run:
    """Play one run: plots in, biases and impacts out."""
    rng = np.random.default_rng(seed)
    scene = draw_scene(rng, case)
    truth = draw_biases(rng, case, scene.models)
    registration = Registration(scene.models)
    filters: list[list[Ekf]] = []
    for start in scene.starts:
        first = start + np.concatenate([rng.normal(size=3) * 300.0, rng.normal(size=3) * 20.0, [0.0]])
        filters.append([Ekf(first, START_NS) for _ in range(3)])
    due_ns, named_s, others, spent = START_NS + NS_PER_S, float("inf"), set(), 0.0
    row = np.empty((2, PLOT_COLUMNS))
    for time_ns, k in looks(case):
        for i, plot, clean in plots_of(rng, case, scene, truth, time_ns, k):
            fill_plots((plot, clean), scene.models[k], scene.models[k].row, row)
            plain = filters[i]
            registration.take(i + 1, time_ns, row[0], k, plain[1].x)
            plain[0].use(row[1], time_ns)
            plain[1].use(row[0], time_ns)
            registration.correct(row[:1], k)
            plain[2].use(row[0], time_ns - registration.clock_bias_ns(k))
        if time_ns >= due_ns:
            due_ns += NS_PER_S
            begin = perf_counter()
            registration.update(time_ns)
            spent += perf_counter() - begin
            for i, three in enumerate(filters):
                change = registration.shift(i + 1)
                if change is not None:
                    three[2].x += change
            for j, one in enumerate(registration.health(time_ns)):
                if one.verdict == "biased" and j < 2:
                    others.add(j)
                if one.verdict == "biased" and j == 2:
                    named_s = min(named_s, (time_ns - START_NS) / NS_PER_S)
    health = registration.health(time_ns)
    pairs = enumerate(zip(scene.starts, filters, strict=True))
    errors = np.array([_impact_errors(start, three, registration.estimate(i + 1)) for i, (start, three) in pairs])
    return Run(health, truth, tuple(np.median(errors, axis=0).tolist()), named_s, len(others), 1e3 * spent / case.seconds)


def _impact_errors(start: Array, three: list[Ekf], estimate: tuple[int, Array, Array] | None) -> tuple[float, ...]:
    """Return the impact error without bias, with, corrected, and of registration's own estimate; with the true beta throughout."""
    true = impact(start)
    states = [ekf.x for ekf in three] + ([] if estimate is None else [estimate[1]])
    errors = [float("nan")] * 4
    for j, state in enumerate(states):
        with_beta = state.copy()
        with_beta[6] = start[6]
        place = impact(with_beta)
        if place is not None and true is not None:
            errors[j] = float(np.linalg.norm(place - true))
    return tuple(errors)


CASES: Final = (
    Case(name="one of three, two declared", offset=True),
    Case(name="the same, odd one declares 1 mrad, 200 m", offset=True, odd_declared=True),
    Case(name="no bias, two declared", seconds=120.0),
    Case(name="no bias, nothing declared", anchors="silent", seconds=120.0),
    Case(name="all suspect", anchors="suspect", missiles=3, seconds=120.0),
    Case(name="noise x 3", noise=3.0, seconds=90.0),
    Case(name="range gain 0.1 %", gain=1e-3),
    Case(name="clock late by 0.5 s", clock_s=0.5),
)
LESS_OF: Final = {"all suspect": 4}  # three missiles for two minutes: fewer runs

Line = tuple[str, float, str, bool]  # figure, value, target, met


def figures(case: Case, runs: list[Run]) -> list[Line]:
    """Return the lines of a case's table."""
    odd = [run.health[2] for run in runs]
    bad = np.mean([one.verdict == "bad" for one in odd])
    named = np.mean([one.verdict == "biased" for one in odd])
    others = np.mean([run.others_named > 0 for run in runs])
    clean, raw, corrected, own = np.nanmedian([run.impact_m for run in runs], axis=0)
    ratio = corrected / clean
    lines: list[Line] = []
    if case.offset or case.clock_s:
        lines.append(("odd radar named, share", float(named), "> 0.99", bool(named > 0.99)))
        lines.append(("... first after, s (median)", float(np.median([run.named_s for run in runs])), "<= 60", True))
    if case.offset:
        lines += _estimates(runs)
    if case.noise > 1.0:
        lines.append(("odd radar called bad, share", float(bad), "> 0.99", bool(bad > 0.99)))
        lines.append(("variance factor (median; true 9)", float(np.median([one.variance_factor for one in odd])), "", True))
    if case.gain:
        lines.append(("odd radar named or bad, share", float(named + bad), "> 0.99", bool(named + bad > 0.99)))
    if case.anchors == "suspect":
        unsure = np.mean([one.verdict == "unobservable" for run in runs for one in run.health])
        lines.append(("called unobservable, share", float(unsure), "", True))
        lines += _estimates(runs, all_three=True)
    else:
        rate = (
            others
            if case.offset or case.clock_s or case.noise > 1.0 or case.gain
            else np.mean([run.others_named > 0 or np.isfinite(run.named_s) for run in runs])
        )
        lines.append(("sensor without bias named, share of runs", float(rate), "< 0.01", bool(rate < 0.01)))
    held = ratio <= 1.3 or not (case.offset or case.anchors == "suspect")
    lines.append(("impact, plain filter, over unbiased (median)", float(raw / clean), "", True))
    lines.append(("impact, corrected plots, over unbiased", float(ratio), "<= 1.3" if not case.noise > 1.0 else "", bool(held)))
    lines.append(("impact, registration's own estimate, over", float(own / clean), "", True))
    lines.append(("ms per update of one second", float(np.mean([run.update_ms for run in runs])), "", True))
    return lines


def _estimates(runs: list[Run], *, all_three: bool = False) -> list[Line]:
    """Return how good the bias estimates are (azimuth, elevation, range), where the odd radar is named or all are suspect."""
    which = (0, 1, 2) if all_three else (2,)
    runs = [run for run in runs if all_three or run.health[2].verdict == "biased"]
    value = np.array([[_values(run.health[k]) for k in which] for run in runs])
    sigma = np.array([[_sigmas(run.health[k]) for k in which] for run in runs])
    truth = np.array([[run.truth[k, :3] for k in which] for run in runs])
    error = np.abs(value - truth)
    size = np.array((BIAS_RAD, BIAS_RAD, BIAS_M))
    inside = float(np.mean(np.all(error < 3.0 * sigma, axis=2)))
    close = np.mean(error < 0.25 * size, axis=(0, 1))
    norm = float(np.mean(np.sqrt(np.mean((error / size) ** 2, axis=2)) < 0.25))
    ratio = np.sqrt(np.mean((error / sigma) ** 2))
    lines: list[Line] = [
        ("estimate within 3 sd in all three, share", inside, "> 0.98", inside > 0.98),
        ("rms error over sd", float(ratio), "0.85-1.15", bool(0.85 < ratio < 1.15)),
    ]
    names = ("azimuth", "elevation", "range")
    typical = np.sqrt(np.mean((error / size) ** 2, axis=(0, 1)))
    limit = "" if all_three else "<= 0.25"  # all suspect: drawn biases are often small, and common ones hard to see
    lines += [
        (f"rms error over bias, {name}", float(one), limit, bool(one <= 0.25) or all_three)
        for name, one in zip(names, typical, strict=True)
    ]
    lines.append(("bias vector within 25 %, share", norm, "", True))
    lines += [(f"... {name} alone", float(share), "", True) for name, share in zip(names, close, strict=True)]
    spread = np.median(sigma, axis=(0, 1)) / size
    lines += [(f"... {name}: median sd over bias", float(share), "", True) for name, share in zip(names, spread, strict=True)]
    return lines


def _values(health: SensorHealth) -> tuple[float, float, float]:
    return health.bias_azimuth_rad, health.bias_elevation_rad, health.bias_range_m


def _sigmas(health: SensorHealth) -> tuple[float, float, float]:
    return health.sigma_bias_azimuth_rad, health.sigma_bias_elevation_rad, health.sigma_bias_range_m


def cost_of_correct() -> float:
    """Return microseconds per plot of ``Registration.correct`` on scans of 20 plots."""
    case = CASES[1]
    scene = draw_scene(np.random.default_rng(1), case)
    registration = Registration(scene.models)
    rows = np.ones((20, PLOT_COLUMNS))
    registration.correct(rows, 2)
    begin = perf_counter()
    for _ in range(5_000):
        registration.correct(rows, 2)
    return 1e6 * (perf_counter() - begin) / 5_000 / len(rows)


def main() -> int:
    """Run all cases, print their tables, return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this one, from 0")
    options = parser.parse_args()
    missed = 0
    for case in CASES if options.case is None else (CASES[options.case],):
        count = max(options.runs // LESS_OF.get(case.name, 1), 1)
        runs = [play(1_000_000 * options.seed + k, case) for k in range(count)]
        print(f"\n{case.name}: {count} runs, {case.missiles} missile(s), {case.seconds:.0f} s of common track")
        for name, value, target, met in figures(case, runs):
            missed += not met
            print(f"  {name:46s} {value:10.3f}  {target:10s} {'' if met else 'MISSED'}")
    print(f"\ncorrect(): {cost_of_correct():.2f} us a plot")
    print("all targets met" if not missed else f"{missed} target(s) missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
