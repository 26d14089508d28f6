"""What the assessment remembers of one missile between revisions, and the rules that change its status.

A missile is down only on a detection after that time; otherwise it is *presumed* down, and the record says so.
"""

from dataclasses import dataclass, field
from typing import Final

from tocsin.assessment.estimate import Fall, fall_of, own_figures
from tocsin.kernels.geodesy import ecef2geodetic, ground_distance_m
from tocsin.messages.basics import Nation
from tocsin.messages.event import EventStatus, ImpactEstimate, LaunchEvent, NationView, PathPoint
from tocsin.messages.track import FusedTrack, LaunchEstimate, Track
from tocsin.units import KM, NS_PER_S, s2ns

REVISE_NS: Final = NS_PER_S  # with data: at least every second
QUIET_REVISE_NS: Final = 5 * NS_PER_S  # without data the covariance grows slowly: every 5 s shows it
DOWN_SIGMAS: Final = 3.0  # presumed down after the predicted impact time plus three of its sigmas
BURNING_EXTRA_NS: Final = 60 * NS_PER_S  # lost under thrust: the trace may be too short by the rest of the burn
CLOSE_NS: Final = 180 * NS_PER_S  # a presumed-down event is closed after this; the all-clear comes at 60 s
CLASS_ALT_M: Final = 60.0 * KM  # above it drag does not change the energy
FINAL: Final = ("closed", "cancelled")


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
    fall: Fall | None = None
    fall_ns: int = 0
    fall_plot_ns: int = -1
    fused_live: bool = True
    apogee: tuple[float, float] | None = None  # (m, 1-sigma m) by the sharpest state before it
    classes: tuple[tuple[str, float], ...] | None = None
    launch: LaunchEstimate | None = None
    objects: tuple[str, ...] = ()  # fused tracks of separated parts
    views: dict[Nation, tuple[int, NationView]] = field(default_factory=dict)
    zones: tuple[tuple[str, float], ...] = ()
    presumed_ns: int | None = None
    legal: tuple[LaunchEstimate, tuple[str, ...]] | None = None  # legal context, and the launch point that it was found for
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

    def take(self, fused: FusedTrack, now_ns: int) -> bool:
        """Take the track's latest message; True if the fall was estimated anew."""
        self.fused = fused
        self.fused_live = fused.status != "closed"
        self.launch = best_launch(fused) or self.launch
        if self.status in FINAL or not self._due(fused, now_ns):
            return False
        self.fall_ns, self.fall_plot_ns = now_ns, fused.last_plot_ns
        fall = fall_of(fused)
        if fall is None:
            return False
        self.fall = fall
        if fall.coasting:
            self._keep_best(fall, fused)
        for member in fused.members:
            self._see(member)
        return True

    def _due(self, fused: FusedTrack, now_ns: int) -> bool:
        """New data at most once a second, growing covariance every 5 s, nothing once it must be down."""
        if fused.last_plot_ns != self.fall_plot_ns:
            return self.fall is None or now_ns - self.fall_ns >= REVISE_NS
        if self.fall is None or self.presumed_ns is not None or fused.time_ns >= self.fall.impact.time_ns:
            return False
        return now_ns - self.fall_ns >= QUIET_REVISE_NS

    def _keep_best(self, fall: Fall, fused: FusedTrack) -> None:
        """Apogee: revised while climbing, then frozen. Class: revised while drag has not changed the energy."""
        if fall.climbing or self.apogee is None:
            self.apogee = (fall.apogee_m, fall.apogee_sigma_m)
        high = ecef2geodetic(*fused.pos_ecef_m)[2] > CLASS_ALT_M
        if fall.classes is not None and (fall.climbing or high or self.classes is None):
            self.classes = fall.classes

    def _see(self, track: Track) -> None:
        """Keep a nation's own figures; they stay when it sees no more, and its apogee stays once its state has passed it."""
        seen = self.views.get(track.nation)
        if seen is not None and seen[0] == track.last_plot_ns and seen[1].status == track.status:
            return
        old = seen[1] if seen is not None else None
        own = own_figures(track) if old is None or old.last_plot_ns != track.last_plot_ns else None
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
            if fused.confirmed_ns is not None and fused.members:
                self.status, self.remark = "confirmed", "confirmed by tracking"
            elif not self.fused_live:
                self.status, self.remark = "cancelled", "never confirmed: the track ended"
        if self.status == "presumed-down" and self.presumed_ns is not None:
            if fused.last_plot_ns > self.presumed_ns:
                self.status, self.presumed_ns, self.remark = "confirmed", None, "detected again after it was presumed down"
            elif now_ns - self.presumed_ns >= CLOSE_NS:
                self.status, self.remark = "closed", "closed: presumed down, not observed"
        if self.status == "confirmed":
            self._presume(now_ns)

    def _presume(self, now_ns: int) -> None:
        """Presume it down after the predicted time, also when its track has ended; without a prediction the track's end ends it."""
        impact = self.impact
        if impact is None:
            if not self.fused_live:
                self.status, self.remark = "closed", "closed: the track ended and no impact could be predicted; not observed"
            return
        due_ns = impact.time_ns + s2ns(DOWN_SIGMAS * impact.time_sigma_s)
        burning = impact.basis == "thrust-ended-now"
        if burning:
            due_ns += BURNING_EXTRA_NS
        if now_ns > due_ns and self.fused.last_plot_ns <= due_ns:
            self.status, self.presumed_ns = "presumed-down", now_ns
            self.remark = "presumed down, not observed" + (", last seen under thrust" if burning else "")

    def cancel(self, remark: str) -> None:
        """End the event as an error or a duplicate."""
        self.status, self.remark = "cancelled", remark


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
