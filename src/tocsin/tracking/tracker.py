"""Plots of one nation's own sensors in, tracks out: the Tracker, its order of work and the life of a track.

A scan goes through: door (intake), prediction and association, correction, starts from what is left over, then the life
table: confirm, lose, close, merge. What takes longer than a scan may (launch fits) waits for ``revise``, which the owner calls
about once a second. Time is what the plots say; ``now`` only judges clocks and extrapolates.
"""

from math import isfinite, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.look import survey
from tocsin.kernels.measure import COL_OFFSET
from tocsin.messages.basics import Nation, Note
from tocsin.messages.health import SensorHealth
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track, TrackStatus
from tocsin.models.sensing import SensorModel, false_alarms_per_hour, place_sensor, sensor_model
from tocsin.tracking.apart import SeenApart, Sight
from tocsin.tracking.associate import associate
from tocsin.tracking.bank import TrackBank
from tocsin.tracking.duplicates import SAME_OBJECT, Duplicates, ghosts
from tocsin.tracking.initiate import PlotMemory, Start
from tocsin.tracking.intake import CheckedScan, check_scan, looks_of
from tocsin.tracking.judge import judge
from tocsin.tracking.launch import Fits, LaunchTask, fit_tasks
from tocsin.tracking.life import below_ground, next_status
from tocsin.tracking.lineage import find_parents, followed, origin_known
from tocsin.tracking.message import track_message
from tocsin.tracking.record import Record
from tocsin.tracking.registration import Registration
from tocsin.tracking.settings import TrackerSettings
from tocsin.tracking.start_kernels import distance2
from tocsin.units import NS_PER_S, s2ns, seconds_between

Array = NDArray[np.float64]

SILENT_S = 10.0  # five looks of a 2 s radar; what is seen again sooner is found by its gate
COMMIT_NS = s2ns(2.0)  # an unseen track's prediction becomes its state after this, so a gap is flown only once
LOOKED_SHARE = 0.98  # of a scan period after which a sensor has looked everywhere again; the rest is a target's own drift
MOST_PLOTS = 1_000_000  # of a scan, so that plots have numbers of their own
GUIDE_PLOTS = 6  # from here on a ballistic track tells the next of its salvo how to move
FORGOTTEN_S = 3_600.0  # without any scan for so long nothing is carried on: an hour is more than any flight
DEFAULT_SETTINGS = TrackerSettings()


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
        self._looks_per_s = sum(1.0 / model.sensor.scan_period_s for model in self._models.values())
        self._registration = Registration(tuple(self._models.values()))
        self._bank = TrackBank(settings.max_tracks)
        self._memory = PlotMemory()
        self._records: list[Record] = []  # in order of creation
        self._duplicates = Duplicates()
        self._apart = SeenApart()
        self._unresolved: set[int] = set()  # rows of tracks that the scan at hand cannot tell from a neighbour
        self._rivals: dict[int, frozenset[int]] = {}  # row -> keys of tracks that its plot in the scan at hand may belong to
        self._next_number = 1
        self._next_key = 1
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
        raw = checked.rows.copy()
        self._registration.correct(checked.rows, model.index)
        self._place(scan, model)
        self._scan_count += 1
        end_ns = max((min(scan.time_ns, now_ns), *checked.times_ns)) if checked.times_ns else min(scan.time_ns, now_ns)
        self._forget(end_ns)
        changed = self._use(checked, raw, model, end_ns, notes, now_ns)
        self._newest_ns = end_ns if self._newest_ns is None else max(self._newest_ns, end_ns)
        self._memory.forget(self._newest_ns - s2ns(self._settings.max_lag_s))
        tracks = self._messages(changed)
        sights = [sight for record in self._records if (sight := self._sight(record)) is not None]
        alive = tuple(record.number for record in self._records if record.status == "confirmed" and followed(record))
        self._apart.note(scan.sensor, s2ns(0.5 * model.sensor.scan_period_s), sights, alive)
        return tracks, tuple(notes)

    def seen_apart(self) -> int:
        """Return how many ballistic objects there have been at least: by plots of their own in one scan, not by tracks."""
        return self._apart.at_least()

    def apart(self) -> dict[str, tuple[str, int]]:
        """Return track name -> (group of tracks that flew together, how many objects that group held at least)."""
        groups = self._apart.groups().items()
        return {f"{self._nation}-{track}": (f"{self._nation}-{group}", most) for track, (group, most) in groups}

    def _sight(self, record: Record) -> Sight | None:
        """Return which plot of this scan a confirmed ballistic track took, if it did."""
        if record.status != "confirmed" or not followed(record) or record.hit[0] != self._scan_count:
            return None
        x, y, z = self._bank.whole_x[record.row, :3].tolist()
        plot = self._scan_count * MOST_PLOTS + record.hit[1]
        own = bool(record.recent) and record.recent[-1] == record.hit
        return Sight(
            time_ns=record.last_plot_ns,
            track=record.number,
            plot=plot,
            pos_ecef_m=(x, y, z),
            own=own,
            rivals=frozenset(other.number for other in self._records if other.key in self._rivals.get(record.row, frozenset())),
        )

    def _forget(self, end_ns: int) -> None:
        """Drop tracks whose state is older than any flight: the sensors were off, or a clock has jumped."""
        for record in self._records:
            if end_ns - int(self._bank.time_ns[record.row]) > s2ns(FORGOTTEN_S):
                self._enter(record, "closed", end_ns)
                self._registration.drop(record.key)
                self._bank.release(record.row)
        self._records = [record for record in self._records if record.status != "closed"]

    def revise(self, now_ns: int) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
        """Do what is too slow for a scan: register sensors, find the parents of parts, fit launches.

        Return the tracks that gained by it, at now, and notes. The owner calls it about once a second of data; one that has
        other processes calls ``launch_tasks``, has them fitted, and a second later ``revise_with`` what came.
        """
        return self.revise_with(fit_tasks(self.launch_tasks(now_ns)), now_ns)

    def launch_tasks(self, now_ns: int) -> tuple[LaunchTask, ...]:
        """Return the launches that are to be fitted (again) now; each is asked for once."""
        tasks = []
        for record in self._records:
            if not followed(record) or not record.launch_due(now_ns):
                continue
            record.launch_fitted(now_ns)
            row = record.row
            self._bank.combine_now(row)
            state, state_ns = self._bank.whole_x[row].copy(), int(self._bank.time_ns[row])
            tasks.append(LaunchTask(record.key, list(record.early), state, state_ns, record.launch_fit, record.burnout_ns))
        return tuple(tasks)

    def revise_with(self, fits: Fits, now_ns: int) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
        """As ``revise``, with launch fits made elsewhere: (the task's key, its result)."""
        notes = self._registration.update(now_ns)
        for record in self._records:
            self._register(record)
        found = {key: fit for key, fit in fits if fit is not None}
        fitted = [record for record in self._records if record.key in found and record.parent is None]
        for record in fitted:  # before numbers and launches are exchanged: a fit is of the track that it was asked for
            record.launch_fit = found[record.key]
            record.launch = found[record.key].estimate
        parted = find_parents(self._records, self._bank, now_ns)
        return self._at([record for record in self._records if record in fitted or record in parted], now_ns), notes

    def predicted(self, now_ns: int) -> tuple[Track, ...]:
        """Return every live confirmed track extrapolated to now, oldest first. Changes nothing that ``step`` depends on."""
        shown = [record for record in self._records if record.number > 0 and (record.origin_known or record.kind != "ballistic")]
        return self._at([record for record in shown if record.status == "confirmed"], now_ns)

    def _at(self, records: list[Record], now_ns: int) -> tuple[Track, ...]:
        """Return tracks extrapolated to now."""
        self._bank.predict([record.row for record in records], now_ns)
        tracks = []
        for record in records:
            row = record.row
            time_ns = max(now_ns, int(self._bank.time_ns[row]))
            tracks.append(
                track_message(
                    self._nation,
                    record,
                    self._bank.whole_x[row],
                    self._bank.whole_P[row],
                    self._bank.mu[row] if self._bank.is_quiet(row) else self._bank.next_mu[row],
                    time_ns,
                    predicted=time_ns != record.last_plot_ns,
                )
            )
        return tuple(tracks)

    # --- one scan ------------------------------------------------------------------------------------------------------

    def _use(
        self, checked: CheckedScan, raw: Array, model: SensorModel, end_ns: int, notes: list[Note], now_ns: int
    ) -> dict[int, TrackStatus | None]:
        """Let all plots of a scan work on the tracks; return the rows that changed, with a new status if they got one.

        raw: the plots' rows before registration took the sensor's bias off; only registration may see them.
        """
        changed: dict[int, TrackStatus | None] = {}
        hit: set[int] = set()
        self._unresolved = set()
        self._rivals = {}
        first_seed = len(self._memory.seeds)
        for first, last in looks_of(checked.times_ns):
            self._look(checked, raw, first, last, model, hit, changed, notes)
        starts = self._memory.starts(first_seed, self._settings.suspect_ln_ratio)
        if flood := self._memory.flood():
            notes.append(self._note("too-many-plots", f"scan of {model.sensor.sensor}: {flood}", now_ns))
        for start in starts:
            self._begin(start, hit, changed, notes, now_ns)
        self._after(model, end_ns, hit, changed)
        return changed

    def _look(
        self,
        checked: CheckedScan,
        raw: Array,
        first: int,
        last: int,
        model: SensorModel,
        hit: set[int],
        changed: dict[int, TrackStatus | None],
        notes: list[Note],
    ) -> None:
        """Associate and correct with the plots first..last-1, which count as one look; the rest become seeds."""
        ref_ns = checked.times_ns[last - 1]
        plots = checked.rows[first:last]
        plots[:, COL_OFFSET] = [(time_ns - ref_ns) / NS_PER_S for time_ns in checked.times_ns[first:last]]
        records = [record for record in self._records if record.row not in hit]
        taken = [False] * (last - first)
        if records:
            rows, doubt = [record.row for record in records], [self._doubt(record, ref_ns) for record in records]
            result = associate(self._bank, rows, plots, self._rows[model.sensor.sensor], ref_ns, doubt)
            shown = self._bank.correct(result.rows, result.found, plots, result.shift, result.extra, result.blur_m2, ref_ns).tolist()
            infrared = model.sensor.kind == "infrared"
            alone = result.alone()
            self._unresolved.update(record.row for record, one in zip(records, alone, strict=True) if not one)
            for place, index in enumerate(result.found.tolist()):
                if index < 0:
                    continue
                taken[index] = True
                record = records[place]
                time_ns = checked.times_ns[first + index]
                own = alone[place]
                record.credit(float(result.score[place, index]) if own else 0.0, time_ns, model.sensor.sensor, infrared=infrared)
                record.note_hit(self._scan_count, first + index, own=own)
                rivals = np.flatnonzero(result.rival[place]).tolist()
                record.prove(float(result.proof[place]), sole=own and not rivals)
                if rivals:
                    self._rivals[record.row] = frozenset(records[other].key for other in rivals)
                judge(record, self._bank, shown[place], plots[index] if own else None, time_ns)
                if record.kind == "ballistic" and record.plots >= GUIDE_PLOTS and not self._bank.is_quiet(record.row):
                    self._memory.guide(record.key, time_ns, self._bank.whole_x[record.row])
                if record.status == "confirmed" and own and not infrared:
                    self._registration.looked(model.index, model.sensor.detection_probability, seen=True)
                    if self._bank.is_quiet(record.row):
                        self._registration.take(record.key, time_ns, raw[first + index], model.index, self._bank.whole_x[record.row])
                        record.registers = True
                    elif record.registers:  # it manoeuvres: a coast through that would make biases of it
                        self._registration.drop(record.key)
                        record.registers = False
                hit.add(record.row)
                changed.setdefault(record.row, None)
                if not isfinite(sum(shown[place])):
                    text = f"track {record.number}: expected finite numbers, its state is none any more; it is closed and may start anew"
                    notes.append(self._note("track-diverged", text, time_ns))
                    self._enter(record, "closed", time_ns)
        self._memory.add(plots, checked.times_ns[first:last], taken, model)

    def _doubt(self, record: Record, time_ns: int) -> float:
        """Return ln of the looks of all sensors since a track fell silent: each was a chance for a false alarm to lie where it may be."""
        return log1p(self._looks_per_s * max(0.0, seconds_between(time_ns, record.last_plot_ns) - SILENT_S))

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
        record = Record(
            key=self._next_key, row=row, first_plot_ns=start.seeds[0].time_ns, last_plot_ns=last.time_ns, evidence=start.evidence
        )
        self._next_key += 1
        record.plots = len(start.seeds)
        for seed in start.seeds:
            record.add_sensor(seed.sensor, infrared=seed.infrared)
            record.keep_early(seed.time_ns, seed.plot)
        self._records.append(record)
        judge(record, self._bank, self._bank.show(row).tolist(), None, last.time_ns)
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
        unseen = [record for record in self._records if record.row not in hit]
        down: set[int] = set()
        if unseen:
            rows = self._bank.predict([record.row for record in unseen], end_ns)
            surveyed = np.empty((len(unseen), 3))
            survey(rows, self._bank.whole_x, self._bank.whole_P, self._rows[model.sensor.sensor], surveyed)
            expected = surveyed.tolist()
            if self._newest_ns is None or end_ns >= self._newest_ns:
                self._misses(unseen, expected, model, end_ns)
            down = {record.row for record, (_, alt_m, sigma_m) in zip(unseen, expected, strict=True) if below_ground(alt_m, sigma_m)}
        self._close(ghosts(self._records, hit, self._lose_at), end_ns, changed)
        for record in self._records:
            if record.status == "closed" or (record.status == "confirmed" and record.row in hit):
                continue
            slowest_s = max(self._models[sensor].sensor.scan_period_s for sensor in record.sensors)
            status = next_status(
                record,
                end_ns,
                self._settings,
                self._confirm_at,
                self._lose_at,
                slowest_s,
                seen=record.row in hit,
                down=record.row in down,
            )
            if status != record.status:
                self._enter(record, status, end_ns)
                changed[record.row] = status
        self._close(self._duplicates.find(self._records, self._bank, end_ns), end_ns, changed)
        for record in unseen:
            behind_ns = end_ns - int(self._bank.time_ns[record.row])
            if behind_ns > COMMIT_NS and record.status != "closed":
                self._bank.predict([record.row], end_ns)
                self._bank.commit(record.row, end_ns)
                if (record.kind == "ballistic" or self._bank.is_quiet(record.row)) and record.can_be_quiet(end_ns):
                    self._bank.settle(record.row)

    def _close(self, records: list[Record], end_ns: int, changed: dict[int, TrackStatus | None]) -> None:
        """Close tracks that follow nothing of their own."""
        for record in records:
            self._enter(record, "closed", end_ns)
            changed[record.row] = "closed"

    def _misses(self, records: list[Record], expected: list[list[float]], model: SensorModel, end_ns: int) -> None:
        """Book "looked and saw nothing" to the tracks that this sensor should have seen; expected: rows of kernels.look.survey.

        A sensor looks everywhere once in a scan period, whether its plots come together or each at its own time.
        """
        sensor = model.sensor
        infrared = sensor.kind == "infrared"
        period_ns = s2ns(LOOKED_SHARE * sensor.scan_period_s)
        for record, (could, _, _) in zip(records, expected, strict=True):
            if end_ns - record.looked_ns.setdefault(sensor.sensor, record.last_plot_ns) < period_ns:
                continue
            record.looked_ns[sensor.sensor] = end_ns
            chance = could
            if chance == 0.0:
                continue
            if infrared:
                if sensor.sensor not in record.satellites:
                    continue  # never seen by it: its coverage is not certain enough to speak against thrust
                burning = self._bank.boost_weight(record.row)
                self._bank.unseen_thrust(record.row, chance)
                chance *= burning
            record.missed += log(1.0 - chance)
            if record.row not in self._unresolved:
                record.prove(log(1.0 - chance))
            if record.status == "confirmed" and not infrared:
                self._registration.looked(model.index, chance, seen=False)
            if record.status == "tentative":
                record.evidence += log(1.0 - chance)

    def _enter(self, record: Record, status: TrackStatus, end_ns: int) -> None:
        """Change status and what goes with it."""
        record.status = status
        record.lost_ns = end_ns if status == "lost" else None
        if status == "confirmed" and record.confirmed_ns is None:
            record.confirmed_ns = record.last_plot_ns

    # --- output --------------------------------------------------------------------------------------------------------

    def _messages(self, changed: dict[int, TrackStatus | None]) -> tuple[Track, ...]:
        """Return the changed tracks that may be shown, in order of creation, and forget the closed ones."""
        tracks: list[Track] = []
        for record in self._records:
            if record.row not in changed or not self._shown(record) or not isfinite(self._bank.whole_x[record.row, 0]):
                continue
            if record.number == 0:
                record.number = self._next_number
                self._next_number += 1
            row = record.row
            time_ns = int(self._bank.time_ns[row])
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
                self._registration.drop(record.key)
                self._bank.release(record.row)
        self._records = [record for record in self._records if record.status != "closed"]
        return tuple(tracks)

    def _register(self, record: Record) -> None:
        """Move a quiet track by what was newly learnt of the sensors that made it, and note what their common biases leave unsure."""
        record.bias_cov = None
        if not self._registration.in_use or record.status != "confirmed" or not self._bank.is_quiet(record.row):
            return
        shift = self._registration.shift(record.key)
        if shift is not None:
            self._bank.shift_coast(record.row, shift)
        record.bias_cov = self._registration.bias_covariance(record.key)

    def health(self, now_ns: int) -> tuple[SensorHealth, ...]:
        """Return what is thought of every own radar: its bias, its noise, whether it sees what it should."""
        return self._registration.health(now_ns)

    def _shown(self, record: Record) -> bool:
        """True if a track may leave the tracker: confirmed once, or suspected and ballistic; not while it may yet be a part."""
        suspected = record.status == "tentative" and record.kind == "ballistic" and record.evidence >= self._settings.suspect_ln_ratio
        if record.number == 0 and (record.status == "closed" or (record.confirmed_ns is None and not suspected)):
            return False
        return record.kind != "ballistic" or origin_known(record, self._records, self._bank)

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
