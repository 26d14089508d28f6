"""What the assessment remembers of one missile between revisions, and the rules that change its status.

A missile is *observed* down only by a detection at the very end of its fall; otherwise it is *presumed* down, and the record
says so.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from tocsin.assessment.confirm import Proof
from tocsin.assessment.estimate import BOOST_LEVEL, MANOEUVRE_LEVEL, Fall, OwnFigures, fall_of, own_figures, own_of
from tocsin.assessment.footprint import SECOND_STAGE_NS, TIME_SIGMAS, Footprint, Past, can_manoeuvre, footprint, held_by_ellipse
from tocsin.assessment.landing import NOWHERE, Landing
from tocsin.assessment.overflight import Crossing
from tocsin.assessment.profile import space_launch_probability
from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, ground_distance_m
from tocsin.kernels.impact import LIFT_TOP_M
from tocsin.messages.basics import Nation
from tocsin.messages.event import EventStatus, ImpactEstimate, LaunchEvent, NationView, PathPoint, SiteHint
from tocsin.messages.track import FusedTrack, LaunchEstimate, Track
from tocsin.units import KM, NS_PER_S, s2ns, seconds_between

REVISE_NS: Final = NS_PER_S  # with data: at least every second
UNSEEN_REVISE_NS: Final = 5 * NS_PER_S  # lost under thrust, the trace moves on while the burn is carried on
DOWN_SIGMAS: Final = TIME_SIGMAS  # presumed down after the predicted impact time plus three of its sigmas
BURNING_EXTRA_NS: Final = 60 * NS_PER_S  # lost under thrust: the trace may be too short by the rest of the burn
CLOSE_NS: Final = 180 * NS_PER_S  # a presumed-down event is closed after this; the all-clear comes at 60 s
NO_FALL_NS: Final = 10 * NS_PER_S  # after so long with plots and without a way down the last impact no longer counts
OBSERVED_ALT_M: Final = 5.0 * KM  # detected so low ...
OBSERVED_S: Final = 5.0  # ... and so shortly before the ground, it comes down where it is headed: half the ring's least time
FALLING_MPS: Final = 50.0  # surely past its apogee
CLASS_ALT_M: Final = 60.0 * KM  # above it drag does not change the energy
FOOTPRINT_NS: Final = 5 * NS_PER_S  # a ring stays right that long: what can still be done only grows less
MOST_THRUST_MPS2: Final = 60.0  # 6 g; a young track may say more
SURELY_BURNING: Final = 0.8  # P(boost)
RELIT_LEVEL: Final = 0.5  # P(boost) that says it burns again, long after its last burnout
ACTING_NS: Final = 3 * NS_PER_S  # manoeuvres last longer; a model that wins for a moment is noise
COASTING_LEVEL: Final = 0.95  # P(coast) that, held for as long as below, ends a manoeuvre: from then on its end is ballistic
THRUST_OVER_NS: Final = 4 * NS_PER_S  # a burn ends for good; innovations tell within seconds
LIFT_OVER_NS: Final = 15 * NS_PER_S  # lift comes and goes with the air, and a flat glide looks like coasting for a while
FINAL: Final = ("closed", "cancelled")
SPACE_LAUNCH: Final = (("SLV", 1.0),)  # it has reached orbit


@dataclass(frozen=True, slots=True)
class Origin:
    """What the map says of one launch estimate: whose land or waters, and the nearest known site."""

    launch: LaunchEstimate
    nation: Nation | None
    site: SiteHint | None


@dataclass(slots=True)
class Record:
    """One missile. ``fused`` is the latest message of its fused track."""

    event: str
    salvo: str
    born_ns: int
    fused: FusedTrack
    first_lat_rad: float
    first_lon_rad: float
    status: EventStatus = "suspected"
    proof: Proof = field(default_factory=Proof)  # what confirms it
    first: FusedTrack | None = None  # its first message, and the latest one with a plot: where it was seen
    last: FusedTrack | None = None
    fall: Fall | None = None
    fell_ns: int = 0  # the latest plot from which it came down
    fall_ns: int = 0
    fall_plot_ns: int = -1
    fall_plots: int = -1
    fused_live: bool = True
    apogee: tuple[float, float] | None = None  # (m, 1-sigma m) by the sharpest state before it
    classes: tuple[tuple[str, float], ...] | None = None
    burning_ns: int | None = None  # last seen under thrust
    surely_burning_ns: int | None = None  # ... and when that was sure
    thrust_mps2: float = 0.0  # the strongest thrust seen
    quiet_ns: int | None = None  # coasting since
    acting_ns: int | None = None  # manoeuvring since
    coasting_ns: int | None = None  # surely coasting since, by its plots
    lifted: bool = False  # it manoeuvred where lift acts
    manoeuvred: bool = False  # seen to manoeuvre for ACTING_NS, and not to coast again since
    reach: Footprint | None = None
    reach_ns: int | None = None
    launch: LaunchEstimate | None = None
    objects: tuple[str, ...] = ()  # fused tracks of separated parts
    parts_told: tuple[str, ...] = ()  # of them, whose place of fall was noted
    views: dict[Nation, tuple[int, NationView]] = field(default_factory=dict)
    landing: Landing = NOWHERE
    crossings: tuple[Crossing, ...] = ()
    way_ns: int = 0  # when they were last worked out
    presumed_ns: int | None = None
    descended: bool = False
    falling_ns: int | None = None  # surely falling since, by its plots
    end_seen: bool = False  # its last plot was at the end of its fall
    origin: Origin | None = None  # what the map says of the launch point
    space_p: float = 0.0  # that its flight profile is a space launch's
    space_seen: float = 0.0  # the same by the last message alone
    remark: str = "first detection"
    sent: LaunchEvent | None = None

    @property
    def impact(self) -> ImpactEstimate | None:
        """Latest impact estimate."""
        return self.fall.impact if self.fall is not None else None

    @property
    def path(self) -> tuple[PathPoint, ...]:
        """Latest path."""
        return self.fall.path if self.fall is not None else ()

    @property
    def down_by_ns(self) -> int | None:
        """When it is down even if it uses all of its footprint; never before it is presumed down, None without an impact."""
        if self.fall is None:
            return None
        return max(down_after_ns(self.fall.impact), self.reach.down_by_ns if self.reach is not None else 0)

    def take(self, fused: FusedTrack, now_ns: int) -> bool:
        """Take the track's latest message; True if the fall was estimated anew."""
        self.fused = fused
        self.first = self.first or fused
        if self.last is None or fused.last_plot_ns != self.last.last_plot_ns:
            self.last = fused
        self.fused_live = fused.status != "closed"
        self.launch = best_launch(fused) or self.launch
        if fused.models.boost > SURELY_BURNING:
            self.surely_burning_ns = fused.time_ns
        self._remember(fused)
        if not fused.predicted:
            seen = space_launch_probability(fused)
            self.space_p, self.space_seen = max(self.space_p, min(seen, self.space_seen)), seen  # twice, as noise is not
        if self.status in FINAL or not self._due(fused, now_ns):
            return False
        seen = fused.last_plot_ns != self.fall_plot_ns
        self.fall_ns, self.fall_plot_ns, self.fall_plots = now_ns, fused.last_plot_ns, fused.plots
        fall = fall_of(fused)
        if fall is None:
            self.end_seen = self.end_seen or (self.fall is not None and seen and _on_the_ground(fused))
            if fused.last_plot_ns - self.fell_ns > NO_FALL_NS:
                self.fall = None
            self._see_first(fused)
            return False
        self.end_seen = seen and not fused.predicted and at_its_end(fall)
        self.fell_ns = fused.last_plot_ns
        self.fall = replace(fall, impact=self._if_it_manoeuvres(fall, fused, seen=seen))
        if fall.coasting:
            self._keep_best(fall, fused)
        for member in fused.members:
            alone = own_of(fall) if len(fused.members) == 1 and member.pos_ecef_m == fused.pos_ecef_m else None
            self._see(member, alone)
        return True

    def _due(self, fused: FusedTrack, now_ns: int) -> bool:
        """New data at most once a second; without, only a burn that is carried on changes anything.

        The fall from the last plot already holds what may befall it on the way down; time alone teaches nothing about it.
        """
        if (fused.last_plot_ns, fused.plots) != (self.fall_plot_ns, self.fall_plots):
            return self.fall is None or now_ns - self.fall_ns >= REVISE_NS
        if self.fall is None or self.fall.coasting or self.presumed_ns is not None or fused.time_ns >= self.fall.impact.time_ns:
            return False
        return now_ns - self.fall_ns >= UNSEEN_REVISE_NS

    def _remember(self, fused: FusedTrack) -> None:
        """Keep when it burnt and whether it has manoeuvred: lift or thrust after the last burnout, for some seconds."""
        burning = fused.models.boost > BOOST_LEVEL
        relit = fused.models.boost >= RELIT_LEVEL and self.quiet_ns is not None and fused.time_ns - self.quiet_ns > SECOND_STAGE_NS
        acting = fused.status == "confirmed" and (relit or fused.models.manoeuvre >= MANOEUVRE_LEVEL)
        if burning:
            self.burning_ns, self.thrust_mps2 = fused.time_ns, max(self.thrust_mps2, min(fused.thrust_mps2, MOST_THRUST_MPS2))
        if burning and not relit:
            self.quiet_ns = None
        elif self.quiet_ns is None:
            self.quiet_ns = fused.time_ns
        if not acting:
            self.acting_ns = None
        elif self.acting_ns is None:
            self.acting_ns = fused.time_ns
        elif fused.time_ns - self.acting_ns >= ACTING_NS:
            self.lifted = in_air(fused) or (self.lifted and self.manoeuvred)
            self.manoeuvred = True
        if fused.models.coast + fused.models.reentry < COASTING_LEVEL:
            self.coasting_ns = None
        elif self.coasting_ns is None:
            self.coasting_ns = fused.last_plot_ns
        elif fused.last_plot_ns - self.coasting_ns >= (LIFT_OVER_NS if self.lifted else THRUST_OVER_NS):
            self.manoeuvred = False

    def _if_it_manoeuvres(self, fall: Fall, fused: FusedTrack, *, seen: bool) -> ImpactEstimate:
        """Add the footprint; an impact of a flight that steers, or did and was not seen to coast since, gets an ellipse that holds it.

        Without new plots the ring stays: what happens unseen may be what it allows.
        """
        due = self.reach_ns is None or self.manoeuvred or not fall.coasting or fused.time_ns - self.reach_ns >= FOOTPRINT_NS
        if seen and (due or not can_manoeuvre(fall)):
            past = Past(fused.first_plot_ns, self.launch, self.burning_ns, self.thrust_mps2)
            self.reach, self.reach_ns = footprint(fall, past, fused.time_ns), fused.time_ns
        ring = self.reach.ring if self.reach is not None else None
        impact = msgspec.structs.replace(fall.impact, manoeuvre_footprint=ring)
        if ring is None or not (fall.steering or self.manoeuvred):
            return impact
        return msgspec.structs.replace(impact, assumes="none", cov_en_m2=held_by_ellipse(impact, ring))

    def _keep_best(self, fall: Fall, fused: FusedTrack) -> None:
        """Apogee: revised while climbing for the first time, then frozen. Class: while drag or a pull-up has not changed the energy."""
        rising = fall.climbing and not self.descended
        if fall.climb_mps >= -FALLING_MPS:
            self.falling_ns = None
        elif self.falling_ns is None:
            self.falling_ns = fused.last_plot_ns
        elif fused.last_plot_ns - self.falling_ns >= ACTING_NS:  # a young track may fall for a look and be found to climb
            self.descended = True
        if rising or self.apogee is None:
            self.apogee = (fall.apogee_m, fall.apogee_sigma_m)
        high = ecef2geodetic(*fused.pos_ecef_m)[2] > CLASS_ALT_M
        if fall.classes is not None and (rising or high or self.classes is None):
            self.classes = fall.classes

    def _see_first(self, fused: FusedTrack) -> None:
        """Show whose tracks it rests on even where it does not come down: a cancel finds its warnings by them."""
        for member in fused.members:
            if member.nation not in self.views:
                self._see(member, None)

    def _see(self, track: Track, alone: OwnFigures | None) -> None:
        """Keep a nation's own figures; they stay when it sees no more, and its apogee stays once its state has passed it.

        ``alone``: the figures, where the joint state is this nation's own.
        """
        seen = self.views.get(track.nation)
        if seen is not None and seen[0] == track.last_plot_ns and seen[1].status == track.status:
            return
        old = seen[1] if seen is not None else None
        own = (alone or own_figures(track)) if old is None or old.last_plot_ns != track.last_plot_ns else None
        apogee_m, range_m, lat, lon = (
            (old.apogee_m, old.range_m, old.impact_lat_rad, old.impact_lon_rad) if old is not None else (None, None, None, None)
        )
        if own is not None:
            launch = track.launch if track.launch is not None else self.launch
            apogee_m = own.apogee_m if own.climbing or apogee_m is None else apogee_m
            lat, lon = own.lat_rad, own.lon_rad
            range_m = _distance_m(launch, lat, lon) if launch is not None else None
        view = NationView(
            nation=track.nation,
            track=track.track,
            status=track.status,
            last_plot_ns=track.last_plot_ns,
            sensors=len(track.sensors),
            apogee_m=apogee_m,
            range_m=range_m,
            impact_lat_rad=lat,
            impact_lon_rad=lon,
        )
        self.views[track.nation] = (track.last_plot_ns, view)

    def advance(self, now_ns: int) -> None:
        """Apply the status rules; each change leaves its remark."""
        fused = self.fused
        if self.status == "suspected":
            self.proof.weigh(fused)
            if self.proof.sure:
                self.status, self.remark = "confirmed", "confirmed by tracking"
            elif not self.fused_live:
                self.status, self.remark = "cancelled", "never confirmed: the track ended"
        if self.status in ("presumed-down", "observed") and self.presumed_ns is not None:
            how = "impact observed" if self.status == "observed" else "presumed down, not observed"
            if fused.last_plot_ns > self.presumed_ns:
                self.status, self.presumed_ns = "confirmed", None
                self.remark = f"detected again after it was {'seen to come down' if how == 'impact observed' else 'presumed down'}"
            elif now_ns - self.presumed_ns >= CLOSE_NS:
                self.status, self.remark = "closed", f"closed: {how}"
        if self.status == "confirmed":
            self._presume(now_ns)

    def _presume(self, now_ns: int) -> None:
        """Presume it down after the predicted time, also when its track has ended; without a prediction the track's end ends it.

        Observed is only what was detected at the very end of its fall.

        The footprint stays: what went out of sight while it could still manoeuvre may have come down anywhere in it.
        """
        impact = self.impact
        if impact is None:
            if not self.fused_live:
                self.status, self.remark = "closed", "closed: the track ended and no impact could be predicted; not observed"
            return
        burning, due_ns = impact.basis == "thrust-ended-now", down_after_ns(impact)
        if now_ns <= due_ns or self.fused.last_plot_ns > due_ns:
            return
        self.presumed_ns = now_ns
        if self.end_seen and self.fall is not None and not burning:
            observed = msgspec.structs.replace(impact, basis="observed", manoeuvre_footprint=None)
            self.fall, self.reach, self.status = replace(self.fall, impact=observed), None, "observed"
            self.remark = f"impact observed: detected until {max(0.0, seconds_between(impact.time_ns, self.fell_ns)):.1f} s before it"
        else:
            self.status = "presumed-down"
            self.remark = "presumed down, not observed" + (", last seen under thrust" if burning else "")

    def cancel(self, remark: str) -> None:
        """End the event as an error or a duplicate."""
        self.status, self.remark = "cancelled", remark


def down_after_ns(impact: ImpactEstimate) -> int:
    """Return when a flight that does not manoeuvre is presumed down."""
    extra_ns = BURNING_EXTRA_NS if impact.basis == "thrust-ended-now" else 0
    return impact.time_ns + s2ns(DOWN_SIGMAS * impact.time_sigma_s) + extra_ns


def at_its_end(fall: Fall) -> bool:
    """Return whether a plot just before the ground shows the impact itself: steep enough that no manoeuvre is left."""
    return fall.coasting and fall.climb_mps < -FALLING_MPS and fall.alt_m <= OBSERVED_ALT_M and fall.time_s <= OBSERVED_S


def _on_the_ground(fused: FusedTrack) -> bool:
    return not fused.predicted and ecef2geodetic(*fused.pos_ecef_m)[2] <= 0.0


def in_air(fused: FusedTrack) -> bool:
    """Return whether it comes down where lift acts."""
    alt_m, up_x, up_y, up_z = altitude_and_up(*fused.pos_ecef_m)
    return bool(alt_m < LIFT_TOP_M and sum(u * v for u, v in zip((up_x, up_y, up_z), fused.vel_ecef_mps, strict=True)) < 0.0)


def best_launch(fused: FusedTrack) -> LaunchEstimate | None:
    """Return the nations' launch estimate of the smallest ellipse; ties go to the first nation. They are never averaged."""
    best: tuple[float, LaunchEstimate] | None = None
    for _, launch in fused.launches:
        ee, en, nn = launch.cov_en_m2
        area = ee * nn - en * en
        if best is None or area < best[0]:
            best = (area, launch)
    return best[1] if best is not None else None


def range_of(launch: LaunchEstimate | None, impact: ImpactEstimate | None) -> float | None:
    """Return the ground distance from launch to impact, None while either is unknown."""
    if launch is None or impact is None:
        return None
    return _distance_m(launch, impact.lat_rad, impact.lon_rad)


def _distance_m(launch: LaunchEstimate, lat_rad: float, lon_rad: float) -> float:
    return float(ground_distance_m(launch.lat_rad, launch.lon_rad, lat_rad, lon_rad))
