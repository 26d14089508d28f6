"""Assessment: fused tracks in, revised launch events out. One ballistic object without a parent is one missile.

Events never come from other kinds of tracks. Every estimate carries its covariance; each nation's own figures stay
beside the joint ones; "presumed down" is said after the predicted time, "observed" never without a detection.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from tocsin.assessment.compose import Frame, classes_of, compose, differs
from tocsin.assessment.confirm import Proof
from tocsin.assessment.landing import landing_of, part_falls
from tocsin.assessment.legal import SPACE_LEVEL, applying
from tocsin.assessment.overflight import NOTHING, WAY_NS, passed, renewed, way_of
from tocsin.assessment.record import FINAL, SPACE_LAUNCH, Origin, Record
from tocsin.assessment.revision import PLAIN, what_changed
from tocsin.assessment.said import Said
from tocsin.assessment.salvo import Apart, counts, find_salvo
from tocsin.assessment.site import site_hint
from tocsin.fusion.states import compare, estimate_of
from tocsin.geography.zones import Zones, zone_of
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.messages.basics import Nation, Note, World
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import Report
from tocsin.messages.track import FusedTrack
from tocsin.units import NS_PER_S

REJOIN_CHI2: Final = 22.46  # chi-square, 6 degrees of freedom, 99.9 %: a new object that continues an ended one
FORGET_NS: Final = 3_600 * NS_PER_S  # ended events stay known for an hour (salvos are chained over 15 minutes)
NONE_APART: Final[Apart] = {}
LONGEST_CHAIN: Final = 8  # parts of parts


class Assessment:
    """Events of one picture of one nation. ``legal``: texts as of ``legal.legal_texts``, shown where their nation launched."""

    def __init__(
        self, nation: Nation, picture: str, world: World, zones: Zones, nations: tuple[Nation, ...], legal: tuple[str, ...] = ()
    ) -> None:
        self._frame = Frame(nation, picture, world)
        self._said = Said()
        self._zones = zones
        self._nations = tuple(code for code in nations if code in zones.meta.nations)
        self._legal = legal
        self._records: list[Record] = []  # in order of birth
        self._by_track: dict[str, Record] = {}
        self._proofs: dict[str, Proof] = {}  # of ballistic tracks that are no event yet
        self._part_of: dict[str, str] = {}  # fused track of a part -> of its missile
        self._numbers: dict[str, int] = {}  # "2023-08-30" -> events so far, "2023-08-30 salvo" -> salvos so far

    def step(
        self, fused: tuple[FusedTrack, ...], now_ns: int, apart: Apart = NONE_APART, commands: tuple[Command, ...] = ()
    ) -> tuple[tuple[LaunchEvent, ...], tuple[Note, ...]]:
        """Take the live (and lately closed) fused tracks; return events that changed, each with revision + 1, and notes.

        apart: what the own trackers know of tracks that flew together (``salvo.Apart``); it bounds "at least".
        commands: acts of persons; reports and journal entries among them are put to the events they concern, others are not read.
        A fused track need not come again: a missing one counts as unchanged, timers still run.
        """
        notes = list(self._said.take(commands, now_ns))
        for track in fused:
            self._take(track, now_ns, notes)
        for record in self._records:
            record.advance(now_ns)
        counted = counts(tuple(self._records), apart)
        reports = self._said.match(tuple(self._records))
        events: list[LaunchEvent] = []
        for record in self._records:
            told = reports.get(record.event, ())
            if record.sent is not None and record.sent.status in FINAL:
                late = self._add_words(record, record.sent, told, notes, now_ns) if commands else None
                events += [late] if late is not None else []
                record.sent = late or record.sent
                continue
            event = self._compose(record, counted.get(record.salvo, (0, 0.0)), told, notes, now_ns)
            if record.sent is None or differs(event, record.sent):
                record.sent = event
                record.remark = PLAIN
                events.append(event)
        self._forget(now_ns)
        return tuple(events), tuple(notes)

    # --- tracks to records --------------------------------------------------------------------------------------------

    def _take(self, track: FusedTrack, now_ns: int, notes: list[Note]) -> None:
        """Route one fused track to its event."""
        record = self._by_track.get(track.track)
        merged = track.status == "closed" and track.parent is not None and not track.members
        if track.status == "closed" or track.kind != "ballistic":
            self._proofs.pop(track.track, None)
        if record is not None and (record.status in FINAL or track.kind != "ballistic" or merged):
            self._end(record, track)
        elif track.kind != "ballistic" or merged or (track.parent is not None and self._separated(track, notes, now_ns)):
            return
        elif record is None and track.status != "closed":
            proof = self._proofs.setdefault(track.track, Proof())
            proof.weigh(track)
            if not proof.likely:
                return
            record = self._rejoin(track, notes, now_ns) or self._birth(track, now_ns)
            record.proof = self._proofs.pop(track.track)
            self._by_track[track.track] = record
            self._update(record, track, now_ns)
        elif record is not None and (record.fused.track == track.track or not record.fused_live):
            self._update(record, track, now_ns)

    def _end(self, record: Record, track: FusedTrack) -> None:
        """Cancel the event of a track that is no missile, or the same missile as another one."""
        if record.status in FINAL or record.fused.track != track.track:
            return
        record.fused_live = False
        if track.kind == "orbital" and (record.burning_ns is not None or record.launch is not None):
            record.classes, record.fall = SPACE_LAUNCH, None
            record.cancel("a space launch: it has reached orbit, no impact is expected")
        elif track.kind != "ballistic":
            record.cancel(f"not a missile: the track is {track.kind}")
        else:
            survivor = self._by_track.get(track.parent or "")
            record.cancel(f"the same missile as {survivor.event if survivor is not None else track.parent}")

    def _update(self, record: Record, track: FusedTrack, now_ns: int) -> None:
        """Give a record its track's latest message; its salvo is looked at again once the launch point is known."""
        had_launch = record.launch is not None
        if record.take(track, now_ns):
            self._place(record, track)
        if record.launch is not None and not had_launch and record.sent is not None:
            earlier = tuple(self._records[: self._records.index(record)])
            record.salvo = find_salvo(record, earlier) or record.salvo

    def _separated(self, track: FusedTrack, notes: list[Note], now_ns: int) -> bool:
        """Count a stage or debris as an object of its missile, never as a missile; True if its missile is known.

        An event that it already has is cancelled. Where its missile is not known it stays what it is: sign of a missile.
        """
        missile = self._missile_of(track.parent or "")
        own = self._by_track.get(track.track)
        if missile is None or missile is own:
            return own is None
        self._part_of[track.track] = missile.fused.track
        if track.track not in missile.objects:
            missile.objects = (*missile.objects, track.track)
        if track.track not in missile.parts_told:
            text = part_falls(track, self._zones)
            if text is not None:
                missile.parts_told = (*missile.parts_told, track.track)
                notes.append(Note(stage="assessment", code="part-falls", text=f"{missile.event}: {text}", time_ns=now_ns))
        if own is not None and own.status not in FINAL and own.fused.track == track.track:
            own.fused_live = False
            own.cancel(f"a separated part of {missile.event}")
            missile.objects = tuple(dict.fromkeys((*missile.objects, *own.objects)))
        return True

    def _missile_of(self, name: str) -> Record | None:
        """Return the event of a fused track, or of the missile that it is a part of; none if that was cancelled."""
        for _ in range(LONGEST_CHAIN):
            record = self._by_track.get(name)
            if record is not None and record.status != "cancelled":
                return record
            if name not in self._part_of:
                return None
            name = self._part_of[name]
        return None

    def _birth(self, track: FusedTrack, now_ns: int) -> Record:
        """Start an event; its name counts the events of the day (UTC) in this picture."""
        day = datetime.fromtimestamp(track.first_plot_ns // NS_PER_S, tz=UTC).strftime("%Y-%m-%d")
        self._numbers[day] = self._numbers.get(day, 0) + 1
        name = f"{self._frame.nation}-{self._frame.picture}-{day}"
        lat, lon, _ = ecef2geodetic(*track.pos_ecef_m)
        record = Record(f"{name}-{self._numbers[day]}", "", now_ns, track, float(lat), float(lon))
        record.launch = track.launches[0][1] if track.launches else None
        salvo = find_salvo(record, tuple(self._records))
        if salvo is None:
            key = f"{day} salvo"
            self._numbers[key] = self._numbers.get(key, 0) + 1
            salvo = f"{name}-S{self._numbers[key]}"
        record.salvo = salvo
        self._records.append(record)
        return record

    def _rejoin(self, track: FusedTrack, notes: list[Note], now_ns: int) -> Record | None:
        """One missile, one event: a new object that continues an ended one by its predicted state takes its event over."""
        newcomer = estimate_of(track)
        if newcomer is None:
            return None
        for record in reversed(self._records):
            if record.status in FINAL or record.fused_live or track.first_plot_ns < record.fused.last_plot_ns:
                continue
            old = estimate_of(record.fused)
            if old is not None and compare(old, newcomer)[0] <= REJOIN_CHI2:
                text = f"{record.event}: {track.track} continues {record.fused.track}"
                notes.append(Note(stage="assessment", code="event-continued", text=text, time_ns=now_ns))
                return record
        return None

    def _forget(self, now_ns: int) -> None:
        """Drop events that ended an hour ago."""
        kept = [r for r in self._records if r.status not in FINAL or now_ns - r.fused.last_plot_ns <= FORGET_NS]
        if len(kept) != len(self._records):
            names = {record.event for record in kept}
            self._records = kept
            self._by_track = {track: record for track, record in self._by_track.items() if record.event in names}
            self._part_of = {part: track for part, track in self._part_of.items() if track in self._by_track}

    # --- records to events --------------------------------------------------------------------------------------------

    def _place(self, record: Record, track: FusedTrack) -> None:
        """Ask the map where a new fall comes down and what it passes above."""
        fall = record.fall
        if fall is None:
            return
        record.landing = landing_of(self._zones, self._nations, fall.impact)
        first = (record.first_lat_rad, record.first_lon_rad)
        if track.time_ns - record.way_ns < WAY_NS:
            record.crossings = passed(record.crossings, track, first)
            return
        known = fall.coasting or record.space_p >= SPACE_LEVEL  # a launcher's thrust lies in its plane: its track is known, its end not
        record.way_ns = track.time_ns if known else 0  # the first prediction after a trace does not wait
        way = way_of(self._zones, fall.path, fall.impact, fall.side_sigma_m, first) if known else NOTHING
        record.crossings = renewed(record.crossings, way, track, first)

    def _compose(
        self, record: Record, counted: tuple[int, float], reports: tuple[Report, ...], notes: list[Note], now_ns: int
    ) -> LaunchEvent:
        """Build the event as it stands, with what people said beside it and why it was revised."""
        origin = self._origin(record)
        legal = applying(self._legal, origin.nation, dict(classes_of(record)).get("SLV", 0.0)) if origin is not None else ()
        event = compose(record, self._frame, counted, legal, now_ns)
        judged, doubts = self._said.judged(reports, event)
        notes += doubts
        event = msgspec.structs.replace(event, reports=judged, context=self._said.context(record))
        return msgspec.structs.replace(event, remark=what_changed(event, record.sent, record.remark))

    def _add_words(
        self, record: Record, sent: LaunchEvent, reports: tuple[Report, ...], notes: list[Note], now_ns: int
    ) -> LaunchEvent | None:
        """Return a closed event revised by what was said since; None if nothing was. Its figures are closed with it."""
        if record.status == "cancelled":
            return None
        judged, doubts = self._said.judged(reports, sent)
        notes += doubts
        event = msgspec.structs.replace(sent, reports=judged, context=self._said.context(record))
        if event == sent:
            return None
        remark = what_changed(event, sent, PLAIN)
        return msgspec.structs.replace(event, revision=sent.revision + 1, time_ns=now_ns, remark=remark)

    def _origin(self, record: Record) -> Origin | None:
        """Where it came from by the map; looked up once per launch estimate."""
        launch = record.launch
        if launch is not None and (record.origin is None or record.origin.launch is not launch):
            nation = zone_of(self._zones, launch.lat_rad, launch.lon_rad).nation
            record.origin = Origin(launch, nation, site_hint(launch))
        return record.origin
