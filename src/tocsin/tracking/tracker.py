"""Plots of one nation's own sensors in, tracks out: the Tracker, its order of work and the life of a track.

A scan goes through: door (intake), prediction and association, correction, starts from what is left over, then the life
table: confirm, lose, close, merge. Time is what the plots say; ``now`` only judges clocks and extrapolates.
"""

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import NO_PLOT
from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.measure import COL_OFFSET
from tocsin.messages.basics import Nation, Note
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track, TrackStatus
from tocsin.models.sensing import SensorModel, false_alarms_per_hour, place_sensor, sensor_model
from tocsin.tracking.associate import associate, chances, correct, is_infrared
from tocsin.tracking.bank import TrackBank
from tocsin.tracking.classify import classify, kinematics
from tocsin.tracking.initiate import PlotMemory, Start
from tocsin.tracking.intake import CheckedScan, check_scan
from tocsin.tracking.launch import MOST_PLOTS, fit_launch
from tocsin.tracking.message import track_message
from tocsin.tracking.record import EARLY_PLOTS, Record
from tocsin.tracking.settings import TrackerSettings
from tocsin.tracking.start_kernels import agreeing_pairs, distance2
from tocsin.units import NS_PER_S, s2ns

Array = NDArray[np.float64]

LOOK_NS = s2ns(0.25)  # plots of a scan within this time are assigned together; a rotating radar's scan is cut into such looks
COMMIT_NS = s2ns(2.0)  # an unseen track's prediction becomes its state after this, so a gap is flown only once
LEAST_PLOTS = 3  # two plots may meet by chance; a third must agree
LEAST_LINES = 6  # three lines fix place and velocity; with four, one false and three true ones made a second missile (1 night in 50)
SURELY_BURNING = 0.8  # ... from which its launch may be told; a track that began after burnout has none
BURNING = 0.5  # probability of the boost model from which a track counts as burning
QUIET = 0.05  # ... and below which it counts as burnt out
QUIET_S = 10.0  # burnt out for this long: no second stage comes any more (published gap between stages: 0-10 s)
SAME_OBJECT = 22.5  # chi-square, 6 degrees of freedom, 0.999: two states may be one object
SAME_OBJECT_S = 3.0  # ... if they agree for this long without each taking a plot of its own
BELOW_GROUND_M = -5_000.0  # a prediction this deep has certainly landed
GROUND_SIGMAS = 3.0
LAUNCH_EVERY_S = 1.0  # until a launch fit works
LAUNCH_AGAIN_S = 2.0  # ... and then: a fit takes as long as 60 scans, and the last one, after burnout, is always made
LAUNCH_AFTER_S = 5.0  # after burnout the fit gains nothing more
BURNOUT_LAG_S = 2.0  # the phase probabilities tell burnout this late; plots after it would be fitted as burning
DEFAULT_SETTINGS = TrackerSettings()
MERGE_REACH_M = 50_000.0  # farther apart, two states are not compared


class Tracker:
    """State over time: one nation's tracks. ``step`` is deterministic in its inputs; a tracker is owned by one caller."""

    def __init__(self, nation: Nation, sensors: tuple[Sensor, ...], settings: TrackerSettings = DEFAULT_SETTINGS) -> None:
        """Take the nation's own sensors; of two with one id the first counts (a note says so at the first step)."""
        self._nation = nation
        self._settings = settings
        self._models: dict[str, SensorModel] = {}
        self._rows: dict[str, Array] = {}  # latest place of each sensor
        self._before: dict[str, frozenset[Plot]] = {}
        self._pending: list[str] = []
        for sensor in sorted(sensors, key=lambda one: one.sensor):
            if sensor.sensor in self._models:
                self._pending.append(f"expected sensor ids to be unique, {sensor.sensor} came twice; the first one is used")
                continue
            model = sensor_model(sensor, len(self._models))
            self._models[sensor.sensor] = model
            self._rows[sensor.sensor] = model.row
        alarms_per_hour = false_alarms_per_hour(tuple(self._models.values()))
        self._confirm_at = log(max(alarms_per_hour, 1.0) / settings.false_confirmed_per_hour)
        self._lose_at = log(settings.loss_probability)
        self._bank = TrackBank(settings.max_tracks)
        self._memory = PlotMemory()
        self._records: list[Record] = []  # in order of creation
        self._agreeing: dict[tuple[int, int], int] = {}  # rows of two tracks -> since when their states agree
        self._next_number = 1
        self._scan_count = 0
        self._newest_ns: int | None = None

    def step(self, scan: Scan, now_ns: int) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
        """Process one scan of one sensor; return the tracks it changed and notes about what could not be used.

        Changed: updated, confirmed, lost, closed. Tentative tracks appear only when ballistic and beyond the suspect level.
        """
        notes = [self._note("duplicate-sensor", text, now_ns) for text in self._pending]
        self._pending = []
        model = self._models.get(scan.sensor)
        if model is None:
            known = ", ".join(self._models) or "none"
            text = f"expected a sensor of {self._nation} ({known}), got {scan.sensor}; add it to the sensor file"
            return (), (*notes, self._note("unknown-sensor", text, now_ns))
        if (scan.time_ns - now_ns) / NS_PER_S > self._settings.future_s:
            text = f"scan of {scan.sensor}: expected a time up to now, got one ahead; check the sensor's clock"
            notes.append(self._note("time-in-future", text, now_ns))
            if not scan.plots:
                return (), tuple(notes)
        checked = check_scan(scan, model, self._settings, self._newest_ns, now_ns, self._before.get(scan.sensor, frozenset()))
        notes.extend(checked.notes)
        self._before[scan.sensor] = checked.came
        self._place(scan, model)
        self._scan_count += 1
        end_ns = max((min(scan.time_ns, now_ns), *checked.times_ns)) if checked.times_ns else min(scan.time_ns, now_ns)
        changed = self._use(checked, model, end_ns, notes, now_ns)
        self._newest_ns = end_ns if self._newest_ns is None else max(self._newest_ns, end_ns)
        self._memory.forget(self._newest_ns - s2ns(self._settings.max_lag_s))
        return self._messages(changed, end_ns), tuple(notes)

    def predicted(self, now_ns: int) -> tuple[Track, ...]:
        """Return every live confirmed track extrapolated to now, oldest first. Changes nothing that ``step`` depends on."""
        shown = [record for record in self._records if record.status == "confirmed"]
        self._bank.predict([record.row for record in shown], now_ns)
        tracks = []
        for record in shown:
            row = record.row
            time_ns = max(now_ns, int(self._bank.time_ns[row]))
            tracks.append(
                track_message(
                    self._nation,
                    record,
                    self._bank.whole_x[row],
                    self._bank.whole_P[row],
                    self._bank.next_mu[row],
                    time_ns,
                    predicted=time_ns != record.last_plot_ns,
                )
            )
        return tuple(tracks)

    # --- one scan ------------------------------------------------------------------------------------------------------

    def _use(self, checked: CheckedScan, model: SensorModel, end_ns: int, notes: list[Note], now_ns: int) -> dict[int, TrackStatus | None]:
        """Let all plots of a scan work on the tracks; return the rows that changed, with a new status if they got one."""
        changed: dict[int, TrackStatus | None] = {}
        hit: set[int] = set()
        first_seed = len(self._memory.seeds)
        for first, last in _looks(checked.times_ns):
            self._look(checked, first, last, model, hit, changed)
        starts = self._memory.starts(first_seed, self._settings.suspect_ln_ratio)
        for start in starts:
            self._begin(start, hit, changed, notes, now_ns)
        self._after(model, end_ns, hit, changed)
        return changed

    def _look(
        self, checked: CheckedScan, first: int, last: int, model: SensorModel, hit: set[int], changed: dict[int, TrackStatus | None]
    ) -> None:
        """Associate and correct with the plots first..last-1, which count as one look; the rest become seeds."""
        ref_ns = checked.times_ns[last - 1]
        plots = checked.rows[first:last]
        plots[:, COL_OFFSET] = [(time_ns - ref_ns) / NS_PER_S for time_ns in checked.times_ns[first:last]]
        records = [record for record in self._records if record.row not in hit]
        sensor_row = self._rows[model.sensor.sensor]
        result = associate(self._bank, [record.row for record in records], plots, sensor_row, ref_ns)
        taken = [False] * (last - first)
        for place, (record, index) in enumerate(zip(records, result.found, strict=True)):
            if index == NO_PLOT:
                continue
            taken[index] = True
            correct(self._bank, record.row, plots[index], result.shared_m[place], ref_ns)
            self._credit(record, float(result.score[place, index]), plots[index], checked.times_ns[first + index], model)
            record.note_hit(self._scan_count, first + index)
            hit.add(record.row)
            changed.setdefault(record.row, None)
        self._memory.add(plots, checked.times_ns[first:last], taken, model)

    def _credit(self, record: Record, gain: float, plot: Array, time_ns: int, model: SensorModel) -> None:
        """Book one plot to a track: evidence, sensors, kind, phase."""
        record.evidence += gain
        record.missed = 0.0
        record.plots += 1
        record.first_plot_ns = min(record.first_plot_ns, time_ns)
        record.last_plot_ns = max(record.last_plot_ns, time_ns)
        record.add_sensor(model.sensor.sensor, infrared=model.sensor.kind == "infrared")
        self._judge(record, plot, time_ns)

    def _judge(self, record: Record, plot: Array | None, time_ns: int) -> None:
        """Decide kind and phase from the state after a plot."""
        row = record.row
        bank = self._bank
        bank.combine_now(row)
        motion = kinematics(bank.whole_x[row], bank.whole_P[row])
        seen_ns = record.last_plot_ns - record.first_plot_ns
        if record.located():
            record.kind = classify(record.kind, motion, bank.mu[row], record.plots, record.infrared_plots, seen_ns)
        elif record.radar_plots == 0:
            record.kind = "ballistic"  # what a missile-warning satellite sees is thrust; with one satellite it stays a suspicion
        if record.kind == "ballistic":
            bank.forbid(row, air=True)
        burning = bank.boost_weight(row)
        record.boosting_seen = record.boosting_seen or (burning > SURELY_BURNING and record.plots > LEAST_PLOTS)
        if burning > BURNING:
            record.burnout_ns = None
        elif record.boosting_seen and record.burnout_ns is None:
            record.burnout_ns = time_ns
        if burning >= QUIET:
            record.quiet_since_ns = None
        elif record.quiet_since_ns is None:
            record.quiet_since_ns = time_ns
        elif time_ns - record.quiet_since_ns > s2ns(QUIET_S):
            bank.forbid(row, boost=True)
        if plot is not None and burning > BURNING and len(record.early) < EARLY_PLOTS:
            record.early.append((time_ns, plot.copy()))

    def _begin(self, start: Start, hit: set[int], changed: dict[int, TrackStatus | None], notes: list[Note], now_ns: int) -> None:
        """Start a tentative track from seeds, unless it is an object that already has one."""
        last = start.seeds[-1]
        if self._known(start, hit):
            return
        x = start.pos_vel
        alt_m = altitude_m(float(x[0]), float(x[1]), float(x[2]))
        speed2 = float(x[3]) * float(x[3]) + float(x[4]) * float(x[4]) + float(x[5]) * float(x[5])
        row = self._bank.start(x, start.cov, alt_m, sqrt(speed2), last.time_ns)
        if row is None:
            text = f"expected at most {self._settings.max_tracks} live tracks, one more was refused; raise max_tracks or mask clutter"
            notes.append(self._note("too-many-tracks", text, now_ns))
            return
        record = Record(row=row, first_plot_ns=start.seeds[0].time_ns, last_plot_ns=last.time_ns, evidence=start.evidence)
        record.plots = len(start.seeds)
        for seed in start.seeds:
            record.add_sensor(seed.sensor, infrared=seed.infrared)
            record.early.append((seed.time_ns, seed.plot))
        self._records.append(record)
        self._judge(record, None, last.time_ns)
        hit.add(row)
        changed.setdefault(row, None)

    def _known(self, start: Start, hit: set[int]) -> bool:
        """True if a start agrees with a live track that had no plot of its own in this scan."""
        time_ns = start.seeds[-1].time_ns
        others = [record.row for record in self._records if record.row not in hit and record.status != "tentative"]
        self._bank.predict(others, time_ns)
        work = np.empty((7, 6))
        return any(
            distance2(self._bank.whole_x[row], self._bank.whole_P[row], start.pos_vel, start.cov, work) < SAME_OBJECT for row in others
        )

    # --- life of a track -----------------------------------------------------------------------------------------------

    def _after(self, model: SensorModel, end_ns: int, hit: set[int], changed: dict[int, TrackStatus | None]) -> None:
        """Count misses of this scan, then walk every track through the life table; drop what is closed."""
        quiet = [record for record in self._records if record.row not in hit]
        if self._newest_ns is None or end_ns >= self._newest_ns:
            self._misses(quiet, model, end_ns)
        for record in self._records:
            status = self._next_status(record, end_ns, seen=record.row in hit)
            if status != record.status:
                self._enter(record, status, end_ns)
                changed[record.row] = status
        self._merge(end_ns, changed)
        for record in quiet:
            behind_ns = end_ns - int(self._bank.time_ns[record.row])
            if behind_ns > COMMIT_NS and record.status != "closed":
                self._bank.predict([record.row], end_ns)
                self._bank.commit(record.row, end_ns)

    def _misses(self, records: list[Record], model: SensorModel, end_ns: int) -> None:
        """Book "looked and saw nothing" to the tracks that this sensor should have seen."""
        sensor_row = self._rows[model.sensor.sensor]
        for record, could in zip(records, chances(self._bank, [record.row for record in records], sensor_row, end_ns), strict=True):
            chance = could
            if chance == 0.0:
                continue
            if is_infrared(sensor_row):
                if model.sensor.sensor not in record.satellites:
                    continue  # never seen by it: its coverage is not certain enough to speak against thrust
                burning = self._bank.boost_weight(record.row)
                self._bank.unseen_thrust(record.row, chance)
                chance *= burning
            record.missed += log(1.0 - chance)
            if record.status == "tentative":
                record.evidence += log(1.0 - chance)

    def _next_status(self, record: Record, end_ns: int, *, seen: bool) -> TrackStatus:
        """The life table: what a track is after this scan."""
        if record.status == "tentative":
            return self._next_tentative(record, end_ns)
        if seen:
            return "confirmed"
        keep = self._settings
        unseen_ns = end_ns - record.last_plot_ns
        out_of_sight = record.kind != "ballistic" and unseen_ns > s2ns(keep.unseen_keep_s)
        given_up = record.lost_ns is not None and end_ns - record.lost_ns > s2ns(keep.lost_keep_s)
        if self._down(record) or out_of_sight or given_up:
            return "closed"
        gone = record.missed < self._lose_at and unseen_ns > s2ns(keep.loss_least_s)
        return "lost" if gone else record.status

    def _next_tentative(self, record: Record, end_ns: int) -> TrackStatus:
        """The life table of a track that is not confirmed yet."""
        enough = LEAST_PLOTS if record.radar_plots > 0 else LEAST_LINES
        if record.evidence >= self._confirm_at and record.plots >= enough and record.located():
            return "confirmed"
        waited = end_ns - record.last_plot_ns > s2ns(self._settings.tentative_keep_s)
        return "closed" if waited or record.evidence <= 0.0 or record.missed < self._lose_at else "tentative"

    def _down(self, record: Record) -> bool:
        """True once a ballistic track's prediction lies below the ground with three sigma (whole_* holds the prediction)."""
        if record.kind == "air-breathing":
            return False
        motion = kinematics(self._bank.whole_x[record.row], self._bank.whole_P[record.row])
        return motion.alt_m + GROUND_SIGMAS * motion.alt_sigma_m < 0.0 or motion.alt_m < BELOW_GROUND_M

    def _enter(self, record: Record, status: TrackStatus, end_ns: int) -> None:
        """Change status and what goes with it."""
        record.status = status
        record.lost_ns = end_ns if status == "lost" else None
        if status == "confirmed" and record.confirmed_ns is None:
            record.confirmed_ns = record.last_plot_ns

    def _merge(self, end_ns: int, changed: dict[int, TrackStatus | None]) -> None:
        """Close the younger of two confirmed tracks whose states have agreed for SAME_OBJECT_S without plots of their own."""
        live = [record for record in self._records if record.status == "confirmed"]
        if len(live) < 2:
            self._agreeing.clear()
            return
        agreeing: dict[tuple[int, int], int] = {}
        rows = self._bank.predict([record.row for record in live], end_ns)
        pairs = np.empty((len(live) * (len(live) - 1) // 2, 2), np.int64)
        count = agreeing_pairs(rows, self._bank.whole_x, self._bank.whole_P, MERGE_REACH_M, SAME_OBJECT, pairs)
        for first, second in pairs[:count].tolist():
            older, younger = live[first], live[second]
            if younger.status == "closed" or older.resolved_from(younger):
                continue
            rows_of_both = (older.row, younger.row)
            since = self._agreeing.get(rows_of_both, end_ns)
            agreeing[rows_of_both] = since
            if end_ns - since > s2ns(SAME_OBJECT_S):
                self._enter(younger, "closed", end_ns)
                changed[younger.row] = "closed"
        self._agreeing = agreeing

    # --- output --------------------------------------------------------------------------------------------------------

    def _messages(self, changed: dict[int, TrackStatus | None], end_ns: int) -> tuple[Track, ...]:
        """Return the changed tracks that may be shown, in order of creation, and forget the closed ones."""
        tracks: list[Track] = []
        for record in self._records:
            if record.row not in changed or not self._shown(record):
                continue
            if record.number == 0:
                record.number = self._next_number
                self._next_number += 1
            row = record.row
            time_ns = int(self._bank.time_ns[row])
            self._bank.combine_now(row)
            self._estimate_launch(record, end_ns)
            tracks.append(
                track_message(
                    self._nation,
                    record,
                    self._bank.whole_x[row],
                    self._bank.whole_P[row],
                    self._bank.mu[row],
                    time_ns,
                    predicted=time_ns != record.last_plot_ns,
                )
            )
        for record in self._records:
            if record.status == "closed":
                self._bank.release(record.row)
        self._records = [record for record in self._records if record.status != "closed"]
        return tuple(tracks)

    def _estimate_launch(self, record: Record, end_ns: int) -> None:
        """Refit launch point and time, at most once per LAUNCH_EVERY_S (then LAUNCH_AGAIN_S) and until LAUNCH_AFTER_S after burnout."""
        if record.launch_frozen or record.confirmed_ns is None or not record.boosting_seen or record.kind != "ballistic":
            return
        over = record.burnout_ns is not None and end_ns - record.burnout_ns > s2ns(LAUNCH_AFTER_S)
        if end_ns < record.launch_due_ns and not over:
            return
        record.launch_due_ns = end_ns + s2ns(LAUNCH_EVERY_S if record.launch_fit is None else LAUNCH_AGAIN_S)
        record.launch_frozen = over
        until_ns = end_ns if record.burnout_ns is None else record.burnout_ns - s2ns(BURNOUT_LAG_S)
        early = [item for item in record.early if item[0] <= until_ns]
        if record.launch_fit is not None and not over and record.launch_fit.plots == min(len(early), MOST_PLOTS):
            return
        state_ns = int(self._bank.time_ns[record.row])
        fit = fit_launch(early, self._bank.whole_x[record.row], state_ns, record.launch_fit, record.burnout_ns)
        if fit is not None:
            record.launch_fit = fit
            record.launch = fit.estimate

    def _shown(self, record: Record) -> bool:
        """True if a track may leave the tracker: confirmed once, or a suspected ballistic one."""
        if record.confirmed_ns is not None or record.number > 0:
            return True
        return record.status == "tentative" and record.kind == "ballistic" and record.evidence >= self._settings.suspect_ln_ratio

    def _place(self, scan: Scan, model: SensorModel) -> None:
        """Remember where a moving sensor was last."""
        for plot in scan.plots:
            if plot.sensor_pos_ecef_m is not None and plot.sensor == scan.sensor:
                row = model.row.copy()
                place_sensor(row, plot.sensor_pos_ecef_m)
                self._rows[scan.sensor] = row
                return

    def _note(self, code: str, text: str, now_ns: int) -> Note:
        """Return a note of this stage."""
        return Note(stage="tracking", code=code, text=text, time_ns=now_ns)


def _looks(times_ns: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (first, last + 1) of the groups of plots, in time order, that count as one look."""
    looks: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(times_ns) + 1):
        if index == len(times_ns) or times_ns[index] - times_ns[first] > LOOK_NS:
            looks.append((first, index))
            first = index
    return looks
