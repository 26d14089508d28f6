"""Registration: the nation's radars compared on common coasting targets, off the scan path; their biases, noise and health.

``take`` buffers raw plots of tracks that coast; ``update`` (about once a second) runs, per track, a coast filter of its own with
its sensitivity to all biases (``kernels.register``) and asks ``suspicion`` who is biased; ``correct`` takes the biases off
plots. A track's information counts only once its innovations look like a coast; else it is thrown away and begins anew.

Simplifications: biases are constant over FADE_S; infrared lines are left out (no thrust in coast); a radar that is alone on all
its targets can be found biased only against its own prior, and its noise is not judged there.
"""

from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.measure import COL_EXTRA, COL_SIGMA, COL_Z, plot_positions
from tocsin.kernels.register import (
    BIASES,
    CLOCK,
    JUDGED,
    OUTSIDE,
    SEEN_COLUMNS,
    SEEN_COUNT,
    SEEN_FACTOR,
    SEEN_NIS,
    SEEN_WEIGHT,
    STATES,
    bias_covariance,
    coast_with_bias,
    register_plot,
    take_off,
)
from tocsin.messages.basics import Note
from tocsin.messages.health import SensorFault, SensorHealth, SensorVerdict
from tocsin.models.motion import AIR_ERROR_TOP_M, LN_BETA_MEAN, LN_BETA_SIGMA, Q_COAST, Q_LN_BETA
from tocsin.models.sensing import SensorModel
from tocsin.tracking.suspicion import find, is_clock, narrowed, priors_of, solve
from tocsin.units import NS_PER_S, s2ns

Array = NDArray[np.float64]

MOST_SENSORS: Final = 32  # radars of one nation; the work per plot grows with their square
MOST_TARGETS: Final = 64  # coasting tracks followed at once: more teach nothing new and cost time
MOST_WAITING: Final = 8_192  # buffered plots; 2.6 MB
MOST_PER_UPDATE: Final = 2_000  # plots worked on per call: some 30 ms
FADE_S: Final = 3_600.0  # biases of a mast, a cable or a clock wander over hours; older evidence is worth less
START_SIGMA_M: Final = 5_000.0  # a target's first state only says where to linearise: wide against any bias, and against what
START_SIGMA_MPS: Final = 300.0  # ... the tracker knows when it says coast (30 m/s), so that its plots do not count twice
GATE: Final = 25.0  # 5 sigma: a plot of something else, not noise
LONGEST_GAP_S: Final = 30.0  # a target unseen for longer begins anew
SHIFT_AGE_S: Final = 15.0  # a younger target here depends on biases in another way than the tracker's, which knows more
LEAST_ALT_M: Final = 30_000.0  # lower, drag and its error rule the motion
LEAST_DESCENT_ALT_M: Final = 55_000.0  # descending below 50 km a flight may pull up (published priors)
TARGET_COUNT: Final = 9.0  # innovations of one sensor (three plots) before a target is judged
TARGET_RATIO: Final = 2.0  # ... and judged no coast if even its quietest sensor errs by more than this (in variance)
TARGET_SIGMAS: Final = 5.0  # ... beyond chance
MOST_RESTARTS: Final = 3  # then a track is no coast
WINDOW: Final = 60.0  # plots' worth over which a sensor's noise is judged
LEAST_WINDOW: Final = 12.0
NOISY: Final = 2.25  # variance times this (sigma times 1.5) is too noisy ...
QUIET: Final = 1.5  # ... until it is below this again
NOISE_SIGMAS: Final = 6.0  # 12 plots must err twice their sigma; chance does that once in a million looks
HEARD: Final = 20.0  # plots before a sensor may be named biased: its noise has been judged by then
LOOKS: Final = 100.0  # expected detections over which a sensor's sight is judged
LEAST_LOOKS: Final = 15.0
BLIND_SHARE: Final = 0.3  # fewer than this share of the expected detections: it no longer sees what it should
LEARNT: Final = 0.5  # sigma over prior sigma above which a suspect's bias counts as not observed


@dataclass(slots=True)
class _Target:
    """One coasting track: its filter, and what it says that has not been counted yet."""

    x: Array
    P: Array
    V: Array
    since_ns: int
    time_ns: int
    info: Array
    vector: Array
    seen: Array  # [sensors, 3, SEEN_COLUMNS]
    plots: Array  # [sensors]


class Registration:
    """State over time: what common targets said about one nation's radars. Deterministic in its inputs; owned by one tracker."""

    def __init__(self, models: tuple[SensorModel, ...]) -> None:
        """Take all sensors of the nation; the first MOST_SENSORS radars are registered, others are left as they are."""
        radars = [model for model in models if model.sensor.kind == "radar"][:MOST_SENSORS]
        self._radars = tuple(model.sensor for model in radars)
        self._place = {model.index: place for place, model in enumerate(radars)}
        k, n = len(radars), BIASES * len(radars)
        self._priors = priors_of(self._radars)
        self._info, self._vector = np.zeros((n, n)), np.zeros(n)
        self._gate_prior = self._priors.wide.copy()
        self._gate_b, self._gate_M = solve(self._info, self._vector, self._gate_prior)
        self._targets: dict[int, _Target] = {}
        self._waiting: list[tuple[int, int, int, Array, Array]] = []
        self._leaving: list[int] = []
        self._restarts: dict[int, int] = {}  # of tracks that did not look like a coast
        self._lost = 0
        self._window = np.zeros((k, JUDGED, SEEN_COLUMNS))
        self._factor = np.ones((k, JUDGED))
        self._looks = [[0.0, 0.0] for _ in range(k)]  # expected, came
        self._plots = np.zeros(k)
        self._faded_ns: int | None = None
        self._finding = find(self._info, self._vector, self._priors, (False,) * k, (False,) * k)
        self._shifts: dict[int, Array] = {}
        self._verdicts: list[tuple[SensorVerdict, SensorFault]] = [self._judge(place) for place in range(k)]

    # --- on the scan path: cheap -----------------------------------------------------------------------------------------

    def take(self, track_number: int, time_ns: int, plot_row: Array, sensor_index: int, state: Array) -> None:
        """Buffer a RAW radar plot (before ``correct``) with the plot's own time, of a track that coasts.

        state[>= 7]: the tracker's estimate at about that time; it says whether the flight is safely ballistic there,
        and starts the track's filter here.
        """
        place = self._place.get(sensor_index, -1)
        if place < 0 or self._restarts.get(track_number, 0) >= MOST_RESTARTS:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append((track_number, time_ns, place, plot_row.copy(), state[:STATES].copy()))

    def looked(self, sensor_index: int, chance: float, *, seen: bool) -> None:
        """Note that a sensor should have seen a confirmed track with this chance, and whether it did."""
        place = self._place.get(sensor_index, -1)
        if place >= 0:
            looks = self._looks[place]
            keep = 1.0 - chance / LOOKS if looks[0] > LOOKS else 1.0
            looks[0] = keep * looks[0] + chance
            looks[1] = keep * looks[1] + (1.0 if seen else 0.0)

    def drop(self, track_number: int) -> None:
        """Forget a track at the next update: closed, or no coast any more. What it said before counts."""
        self._leaving.append(track_number)

    def correct(self, rows: Array, sensor_index: int) -> None:
        """Take a radar's bias off rows[n, PLOT_COLUMNS] in place and add what is left of its variance to COL_EXTRA.

        Before any estimate the bias is zero and its variance the declared one, so gates allow for it. Sensors that declare no
        bias and are not suspected stay as they are. The clock is not corrected here: see ``clock_bias_ns``.
        """
        place = self._place.get(sensor_index, -1)
        if place < 0 or not rows.shape[0] or (self._finding.held[place] and self._factor[place].max() == 1.0):
            return
        first = BIASES * place
        variance = np.array([self._finding.used_cov[first + c, first + c] for c in range(JUDGED)])
        factor = self._factor[place]
        bias = self._finding.used_b[first : first + JUDGED]
        take_off(rows, COL_Z, COL_SIGMA, COL_EXTRA, bias, variance, factor)
        plot_positions(rows)

    def clock_bias_ns(self, sensor_index: int) -> int:
        """Return how much later a sensor stamps its plots than they are: subtract it from their times (0 unless known)."""
        place = self._place.get(sensor_index, -1)
        return 0 if place < 0 else s2ns(float(self._finding.used_b[BIASES * place + CLOCK]))

    # --- off the scan path -----------------------------------------------------------------------------------------------

    def update(self, now_ns: int) -> tuple[Note, ...]:
        """Work on what waits (at most MOST_PER_UPDATE plots), weigh it, judge the sensors; return notes of changed verdicts."""
        notes: list[Note] = []
        work, self._waiting = self._waiting[:MOST_PER_UPDATE], self._waiting[MOST_PER_UPDATE:]
        for number, time_ns, place, row, state in work:
            self._use(number, time_ns, place, row, state)
        for number in list(self._targets):
            self._count(number)
        waiting = {entry[0] for entry in self._waiting}
        for number in self._leaving:
            if number not in waiting:
                self._targets.pop(number, None)
                self._restarts.pop(number, None)
        self._leaving = [number for number in self._leaving if number in waiting]
        self._fade(now_ns)
        self._judge_noise()
        self._gate_b, self._gate_M = solve(self._info, self._vector, self._gate_prior)
        used_b = self._finding.used_b
        heard = tuple(count >= HEARD for count in self._plots.tolist())
        self._finding = find(self._info, self._vector, self._priors, self._finding.named, heard)
        change = self._finding.used_b - used_b
        old = [(number, target) for number, target in self._targets.items() if target.time_ns - target.since_ns > s2ns(SHIFT_AGE_S)]
        self._shifts = {number: _times(target.V, change) for number, target in old}
        for place, sensor in enumerate(self._radars):
            verdict = self._judge(place)
            if verdict != self._verdicts[place]:
                self._verdicts[place] = verdict
                notes.append(_note(f"sensor-{verdict[0]}", f"{sensor.sensor}: {self._sentence(place)}", now_ns))
        if self._lost:
            text = f"expected at most {MOST_WAITING} plots between updates, {self._lost} more were left out of registration; update oftener"
            notes.append(_note("registration-behind", text, now_ns))
            self._lost = 0
        return tuple(notes)

    @property
    def in_use(self) -> bool:
        """True if any sensor's bias is corrected, was until the last update, or is declared: else plots and tracks stay as they are."""
        return bool(self._finding.used_cov.any() or self._finding.used_b.any() or any(shift.any() for shift in self._shifts.values()))

    def shift(self, track_number: int) -> Array | None:
        """Return [7], what the last update's change of the biases in use means for a coasting track that was made with them."""
        return self._shifts.get(track_number)

    def bias_covariance(self, track_number: int) -> Array | None:
        """Return V M V' [7, 7]: what the common biases add to the covariance of a coasting track; None for one not followed."""
        target = self._targets.get(track_number)
        if target is None:
            return None
        out = np.empty((STATES, STATES))
        bias_covariance(target.V, self._finding.used_cov, out)
        return out

    def estimate(self, track_number: int) -> tuple[int, Array, Array] | None:
        """Return (time_ns, x[7], P[7, 7]) of a coasting track, biases taken off, their covariance inside; None if not followed."""
        target = self._targets.get(track_number)
        if target is None:
            return None
        P = np.empty((STATES, STATES))
        bias_covariance(target.V, self._finding.used_cov, P)
        return target.time_ns, target.x + _times(target.V, self._finding.used_b), P + target.P

    def health(self, now_ns: int) -> tuple[SensorHealth, ...]:
        """Return what is thought of every registered sensor, in the order given."""
        return tuple(self._health(place, now_ns) for place in range(len(self._radars)))

    # --- targets ---------------------------------------------------------------------------------------------------------

    def _use(self, number: int, time_ns: int, place: int, row: Array, state: Array) -> None:
        """Let one plot work on its target; start, restart or end the target where due."""
        if self._restarts.get(number, 0) >= MOST_RESTARTS or not _coasts(state):
            return
        target = self._targets.get(number)
        if target is not None and (time_ns - target.time_ns) / NS_PER_S > LONGEST_GAP_S:
            self._count(number)
            target = None
        if target is None:
            target = self._start(number, time_ns, state)
            if target is None:
                return
        dt_s = (time_ns - target.time_ns) / NS_PER_S
        if dt_s < 0.0:
            return  # late: its information is lost, nothing else
        if dt_s > 0.0:
            coast_with_bias(target.x, target.P, target.V, dt_s, Q_COAST, Q_LN_BETA, AIR_ERROR_TOP_M)
            target.time_ns = time_ns
        result = register_plot(
            target.x,
            target.P,
            target.V,
            row,
            place,
            self._factor[place],
            self._finding.b,
            self._gate_b,
            self._gate_M,
            GATE,
            target.info,
            target.vector,
            target.seen[place],
        )
        target.plots[place] += 0.0 if result == OUTSIDE else 1.0

    def _start(self, number: int, time_ns: int, state: Array) -> _Target | None:
        """Begin a target at the tracker's state; None where there is no room."""
        if len(self._targets) >= MOST_TARGETS and number not in self._targets:
            return None
        k, n = len(self._radars), len(self._vector)
        P = np.zeros((STATES, STATES))
        for i in range(6):
            sigma = START_SIGMA_M if i < 3 else START_SIGMA_MPS
            P[i, i] = sigma * sigma
        P[6, 6] = LN_BETA_SIGMA * LN_BETA_SIGMA
        x = state.copy()
        x[6] = LN_BETA_MEAN
        target = _Target(
            x=x,
            P=P,
            V=np.zeros((STATES, n)),
            since_ns=time_ns,
            time_ns=time_ns,
            info=np.zeros((n, n)),
            vector=np.zeros(n),
            seen=np.zeros((k, JUDGED, SEEN_COLUMNS)),
            plots=np.zeros(k),
        )
        self._targets[number] = target
        return target

    def _count(self, number: int) -> None:
        """Add what a target said since last time, if its innovations are those of a coast; else throw it away and begin anew."""
        target = self._targets[number]
        counts = [sum(row) for row in target.seen[:, :, SEEN_COUNT].tolist()]
        sums = [sum(row) for row in target.seen[:, :, SEEN_NIS].tolist()]
        judged = [(nis / count, count) for nis, count in zip(sums, counts, strict=True) if count >= TARGET_COUNT]
        if not judged:
            return
        ratio, count = min(judged)
        if ratio > TARGET_RATIO and ratio - 1.0 > TARGET_SIGMAS * sqrt(2.0 / count):
            self._targets.pop(number)
            self._restarts[number] = self._restarts.get(number, 0) + 1
            return
        self._info += target.info
        self._vector += target.vector
        self._plots += target.plots
        if len(judged) > 1:
            self._window += target.seen
        for array in (target.info, target.vector, target.seen, target.plots):
            array[:] = 0.0

    def _fade(self, now_ns: int) -> None:
        """Let old information count less."""
        if self._faded_ns is not None and now_ns > self._faded_ns:
            keep = exp(-(now_ns - self._faded_ns) / NS_PER_S / FADE_S)
            self._info *= keep
            self._vector *= keep
        self._faded_ns = now_ns

    # --- verdicts --------------------------------------------------------------------------------------------------------

    def _judge_noise(self) -> None:
        """Set the factors of the variances from the windows of innovations, and let the windows forget.

        A noisy sensor makes the others look noisy too. So only the worst is found at a time, and all that was learnt with its
        declared variances is forgotten: it was believed too much.
        """
        worst, most = -1, NOISE_SIGMAS
        for place in range(len(self._radars)):
            for c in range(JUDGED):
                weight, factor = self._noise(place, c)
                if weight < LEAST_WINDOW:
                    continue
                beyond = (factor - 1.0) / sqrt(2.0 / weight)
                if self._factor[place, c] > 1.0:
                    self._factor[place, c] = factor if factor > QUIET else 1.0
                elif factor > NOISY and beyond > most:
                    worst, most = place, beyond
                if weight > WINDOW:
                    self._window[place, c] *= WINDOW / weight
        if worst < 0:
            return
        for c in range(JUDGED):
            weight, factor = self._noise(worst, c)
            self._factor[worst, c] = factor if factor > QUIET else 1.0
        for array in (self._window, self._info, self._vector, self._plots):
            array[:] = 0.0

    def _noise(self, place: int, c: int) -> tuple[float, float]:
        """Return (plots' worth, factor of the variance) of one measurement of a sensor."""
        weight = float(self._window[place, c, SEEN_WEIGHT])
        return weight, float(self._window[place, c, SEEN_FACTOR]) / weight if weight > 0.0 else 1.0

    def _judge(self, place: int) -> tuple[SensorVerdict, SensorFault]:
        """Return the verdict on a sensor and its fault."""
        expected, came = self._looks[place]
        if expected > LEAST_LOOKS and came < BLIND_SHARE * expected:
            return "bad", "blind"
        if any(factor > 1.0 for factor in self._factor[place].tolist()):
            return "bad", "noise"
        finding = self._finding
        if finding.named[place]:
            return "biased", "clock" if is_clock(finding, place, self._priors) else "offset"
        unsure = self._priors.suspect[place] or finding.loose[place] != ""
        return ("unobservable", "none") if unsure and narrowed(finding, place) > LEARNT else ("good", "none")

    def _health(self, place: int, now_ns: int) -> SensorHealth:
        first = BIASES * place
        bias = [float(self._finding.b[first + c]) for c in range(BIASES)]
        sigma = [sqrt(float(self._finding.M[first + c, first + c])) for c in range(BIASES)]
        verdict, fault = self._verdicts[place]
        return SensorHealth(
            sensor=self._radars[place].sensor,
            time_ns=now_ns,
            verdict=verdict,
            fault=fault,
            ln_odds=self._finding.ln_odds[place],
            bias_azimuth_rad=bias[0],
            bias_elevation_rad=bias[1],
            bias_range_m=bias[2],
            bias_clock_s=bias[3],
            sigma_bias_azimuth_rad=sigma[0],
            sigma_bias_elevation_rad=sigma[1],
            sigma_bias_range_m=sigma[2],
            sigma_bias_clock_s=sigma[3],
            variance_factor=max(self._factor[place].tolist()),
            plots=int(self._plots[place]),
            expected_detections=self._looks[place][0],
            detections=self._looks[place][1],
        )

    def _sentence(self, place: int) -> str:
        """Return what a verdict means and what to do, in one line."""
        verdict, fault = self._verdicts[place]
        h = self._health(place, 0)
        if fault == "blind":
            return (
                f"expected {h.expected_detections:.0f} detections of tracks in its view, {h.detections:.0f} came; check pointing and clock"
            )
        if fault == "noise":
            return f"errs {sqrt(h.variance_factor):.1f} times its declared sigma; its variances are multiplied by {h.variance_factor:.1f}"
        if verdict == "biased":
            return (
                f"bias of azimuth {1e3 * h.bias_azimuth_rad:+.2f} ({1e3 * h.sigma_bias_azimuth_rad:.2f}) mrad, elevation "
                f"{1e3 * h.bias_elevation_rad:+.2f} ({1e3 * h.sigma_bias_elevation_rad:.2f}) mrad, range {h.bias_range_m:+.0f} "
                f"({h.sigma_bias_range_m:.0f}) m, clock {h.bias_clock_s:+.3f} ({h.sigma_bias_clock_s:.3f}) s; taken off its plots"
            )
        if verdict == "unobservable":
            return "its bias cannot be told from the common targets so far; its declared uncertainty stays in the estimates"
        return "no bias or noise beyond its declaration"


def _coasts(x: Array) -> bool:
    """True where a ballistic target is safely ballistic: high enough, or still climbing above the dense air."""
    alt_m, up_x, up_y, up_z = altitude_and_up(float(x[0]), float(x[1]), float(x[2]))
    climb_mps = up_x * float(x[3]) + up_y * float(x[4]) + up_z * float(x[5])
    return alt_m > (LEAST_ALT_M if climb_mps > 0.0 else LEAST_DESCENT_ALT_M)


def _times(V: Array, b: Array) -> Array:
    """Return V b [7], summed in order."""
    factors = b.tolist()
    return np.array([sum(v * one for v, one in zip(row, factors, strict=True)) for row in V.tolist()])


def _note(code: str, text: str, now_ns: int) -> Note:
    """Return a note of this stage."""
    return Note(stage="tracking", code=code, text=text, time_ns=now_ns)
