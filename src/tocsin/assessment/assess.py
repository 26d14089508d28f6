"""Assessment: fused tracks in, revised launch events out. One ballistic object without a parent is one missile.

Events never come from other kinds of tracks. Every estimate carries its covariance; each nation's own figures stay
beside the joint ones; "presumed down" is said after the predicted time, "observed" never without a detection.
"""

from datetime import UTC, datetime
from math import cos, sin, sqrt
from typing import Final

from tocsin.assessment.confirm import Proof
from tocsin.assessment.energy import UNKNOWN
from tocsin.assessment.landing import NOWHERE, landing_of
from tocsin.assessment.overflight import WAY_NS, passed, renewed, way_of
from tocsin.assessment.record import FINAL, Record, range_of
from tocsin.assessment.salvo import Apart, counts, find_salvo
from tocsin.assessment.site import site_hint
from tocsin.fusion.states import compare, estimate_of
from tocsin.geography.zones import Zones, zone_of
from tocsin.kernels.geodesy import ecef2geodetic, ground_bearing_rad
from tocsin.messages.basics import Nation, Note, Vec3, World
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.track import FusedTrack, LaunchEstimate
from tocsin.units import NS_PER_S

REJOIN_CHI2: Final = 22.46  # chi-square, 6 degrees of freedom, 99.9 %: a new object that continues an ended one
FORGET_NS: Final = 3_600 * NS_PER_S  # ended events stay known for an hour (salvos are chained over 15 minutes)
SPACE_LAUNCH: Final = (("SLV", 1.0),)
NONE_APART: Final[Apart] = {}
LONGEST_CHAIN: Final = 8  # parts of parts
FRAME_FIELDS: Final = ("revision", "time_ns", "remark")  # fields that do not count as a change


class Assessment:
    """Events of one picture of one nation. ``legal`` entries read "XXX: text" and are shown when XXX's land is the launch site."""

    def __init__(
        self, nation: Nation, picture: str, world: World, zones: Zones, nations: tuple[Nation, ...], legal: tuple[str, ...] = ()
    ) -> None:
        self._nation = nation
        self._picture = picture
        self._world: World = world
        self._zones = zones
        self._nations = tuple(code for code in nations if code in zones.meta.nations)
        self._legal = legal
        self._records: list[Record] = []  # in order of birth
        self._by_track: dict[str, Record] = {}
        self._proofs: dict[str, Proof] = {}  # of ballistic tracks that are no event yet
        self._part_of: dict[str, str] = {}  # fused track of a part -> of its missile
        self._numbers: dict[str, int] = {}  # "2023-08-30" -> events so far, "2023-08-30 salvo" -> salvos so far

    def step(
        self, fused: tuple[FusedTrack, ...], now_ns: int, apart: Apart = NONE_APART
    ) -> tuple[tuple[LaunchEvent, ...], tuple[Note, ...]]:
        """Take the live (and lately closed) fused tracks; return events that changed, each with revision + 1, and notes.

        apart: what the own trackers know of tracks that flew together (``salvo.Apart``); it bounds "at least".
        A fused track need not come again: a missing one counts as unchanged, timers still run.
        """
        notes: list[Note] = []
        for track in fused:
            self._take(track, now_ns, notes)
        for record in self._records:
            record.advance(now_ns)
        counted = counts(tuple(self._records), apart)
        events: list[LaunchEvent] = []
        for record in self._records:
            if record.sent is not None and record.sent.status in FINAL:
                continue
            event = self._compose(record, counted.get(record.salvo, (0, 0.0)), now_ns)
            if record.sent is None or _differs(event, record.sent):
                record.sent = event
                record.remark = "estimate revised"
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
        elif track.kind != "ballistic" or merged or (track.parent is not None and self._separated(track)):
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

    def _separated(self, track: FusedTrack) -> bool:
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
        name = f"{self._nation}-{self._picture}-{day}"
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
        record.way_ns = track.time_ns if fall.coasting else 0  # the first prediction after a trace does not wait
        way = way_of(self._zones, fall.path, fall.impact, fall.side_sigma_m, first)
        record.crossings = renewed(record.crossings, way, track, first)

    def _compose(self, record: Record, counted: tuple[int, float], now_ns: int) -> LaunchEvent:
        """Build the event as it stands."""
        fused = record.fused
        impact = record.impact
        predicted = impact is not None and impact.basis != "thrust-ended-now"
        at_least, estimate = counted
        landing = record.landing if predicted else NOWHERE
        range_m = range_of(record.launch, impact) if predicted else None
        return LaunchEvent(
            event=record.event,
            revision=record.sent.revision + 1 if record.sent is not None else 1,
            origin=self._nation,
            picture="alone" if self._picture == "alone" else "joint",
            time_ns=now_ns,
            salvo=record.salvo,
            world=self._world,
            status=record.status,
            tracks=(fused.track,),
            missiles_at_least=at_least,
            missiles_estimate=estimate,
            objects=1 + len(record.objects),
            first_detection_ns=fused.first_plot_ns,
            last_detection_ns=fused.last_plot_ns,
            detected_by=tuple(sorted({member.nation for member in fused.members})),
            sensors=len(fused.sensors),
            launch=record.launch,
            impact=impact,
            path=record.path,
            apogee_m=record.apogee[0] if record.apogee is not None and predicted else None,
            apogee_sigma_m=record.apogee[1] if record.apogee is not None and predicted else None,
            range_m=range_m,
            range_sigma_m=_range_sigma_m(record.launch, impact) if range_m is not None else None,
            classes=record.classes if record.classes is not None and (predicted or record.classes is SPACE_LAUNCH) else UNKNOWN,
            zones=landing.zones,
            p_outside_eez=landing.outside_eez,
            p_land=landing.land,
            nations=tuple(view for _, (_, view) in sorted(record.views.items())),
            models_boost=fused.models.boost,
            legal=self._legal_for(record),
            remark=record.remark,
            site=site_hint(record.launch),
            areas=landing.areas,
            overflights=tuple(crossing.overflight for crossing in record.crossings),
            down_by_ns=record.down_by_ns,
        )

    def _legal_for(self, record: Record) -> tuple[str, ...]:
        """Legal context of the launching nation, known once the launch point is; looked up once per launch estimate."""
        launch = record.launch
        if launch is None or not self._legal:
            return ()
        if record.legal is None or record.legal[0] is not launch:
            record.legal = (launch, self._legal_at(launch))
        return record.legal[1]

    def _legal_at(self, launch: LaunchEstimate) -> tuple[str, ...]:
        """Texts of the nation on whose ground the launch point lies."""
        site = zone_of(self._zones, launch.lat_rad, launch.lon_rad)
        if site.nation is None:
            return ()
        mark = f"{site.nation}: "
        return tuple(text[len(mark) :] for text in self._legal if text.startswith(mark))


def _differs(event: LaunchEvent, sent: LaunchEvent) -> bool:
    """True if anything but the revision's own frame changed."""
    return any(getattr(event, name) != getattr(sent, name) for name in LaunchEvent.__struct_fields__ if name not in FRAME_FIELDS)


def _range_sigma_m(launch: LaunchEstimate | None, impact: ImpactEstimate | None) -> float | None:
    """1-sigma of the ground distance: both ellipses along the bearing between them."""
    if launch is None or impact is None:
        return None
    bearing = ground_bearing_rad(launch.lat_rad, launch.lon_rad, impact.lat_rad, impact.lon_rad)
    return sqrt(_along(launch.cov_en_m2, bearing) + _along(impact.cov_en_m2, bearing))


def _along(cov_en_m2: Vec3, bearing_rad: float) -> float:
    """Variance of a 2 x 2 covariance along a bearing."""
    ee, en, nn = cov_en_m2
    east, north = sin(bearing_rad), cos(bearing_rad)
    return max(0.0, ee * east * east + 2.0 * en * east * north + nn * north * north)
