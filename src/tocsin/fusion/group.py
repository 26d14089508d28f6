"""One object in a picture: the national tracks behind it, their combination, and its life until it must be down.

How tracks find their group is decided in ``fuse``; here a group only knows its own members. A member whose last plot is
much older than the newest one of the group leaves the combination but is remembered.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tocsin.fusion.states import Estimate, carry, combine, compare, estimate_of, upper_triangle
from tocsin.kernels.trajectory import HIT, propagate_to_altitude
from tocsin.messages.basics import Nation
from tocsin.messages.track import FusedTrack, LaunchEstimate, ModelProbabilities, Track, TrackKind, TrackSource, TrackStatus
from tocsin.units import NS_PER_S, s2ns

STALE_NS: Final = 60 * NS_PER_S  # lag behind the group's newest plot: a minute of coasting is still honest, a manoeuvre may follow
QUIET_NS: Final = 4 * NS_PER_S  # no plot for two scans of the slowest common radar (2 s): its track is only a prediction
KEEP_CHI2: Final = 22.46  # chi-square, 6 degrees of freedom, 99.9 % (Abramowitz and Stegun, table 26.8)
LONGEST_FALL_S: Final = 7_200.0  # no ballistic flight that ends on the earth and matters here lasts longer
CONTACT_MARGIN_NS: Final = 240 * NS_PER_S  # after the predicted contact: 3 sigma of its time and the 60 s of the all-clear
NO_CONTACT_NS: Final = 600 * NS_PER_S  # a track without predicted contact (orbit, escape) is given up after 10 minutes unseen
TENTATIVE_NS: Final = 30 * NS_PER_S  # a tentative object without news is given up


@dataclass(slots=True)
class Member:
    """The latest track of one nation in a group."""

    track: Track
    joined_ns: int
    estimate: Estimate | None
    dropped: bool = False  # out of the combination because it contradicts fresher members


@dataclass(slots=True)
class Group:
    """State of one object. ``estimate`` is the combination at ``estimate.time_ns``; None until the first ``refresh``."""

    number: int
    name: str
    members: dict[Nation, Member] = field(default_factory=dict)
    estimate: Estimate | None = None
    shares: tuple[tuple[Nation, float], ...] = ()
    launches: dict[Nation, LaunchEstimate] = field(default_factory=dict)
    first_plot_ns: int = 0
    confirmed_ns: int | None = None
    kind: TrackKind = "ballistic"
    parent: str | None = None
    failing_since_ns: int | None = None
    contact_ns: int | None = None
    contact_of_ns: int = -1  # last plot that ``contact_ns`` was predicted from
    output: FusedTrack | None = None

    def put(self, track: Track, now_ns: int) -> bool:
        """Take the newest message of a member nation; False if it has no usable state, and then nothing changed."""
        estimate = estimate_of(track)
        if estimate is None:
            return False
        old = self.members.get(track.nation)
        joined_ns = old.joined_ns if old is not None and old.track.track == track.track else now_ns
        self.members[track.nation] = Member(track, joined_ns, estimate)
        self.first_plot_ns = min(self.first_plot_ns or track.first_plot_ns, track.first_plot_ns)
        if track.launch is not None:
            self.launches[track.nation] = track.launch
        if track.status == "confirmed" or track.confirmed_ns is not None:
            at_ns = track.confirmed_ns if track.confirmed_ns is not None else track.time_ns
            self.confirmed_ns = at_ns if self.confirmed_ns is None else min(self.confirmed_ns, at_ns)
        return True

    @property
    def last_plot_ns(self) -> int:
        """Time of the newest plot of any member."""
        return max(member.track.last_plot_ns for member in self.members.values())

    def in_use(self) -> list[Member]:
        """Members that stand in the combination, by nation."""
        newest_ns = self.last_plot_ns
        return [
            member
            for _, member in sorted(self.members.items())
            if member.estimate is not None and not member.dropped and newest_ns - member.track.last_plot_ns <= STALE_NS
        ]

    def refresh(self) -> bool:
        """Combine the members at their newest time; False if no member can be used (the old estimate then stays)."""
        self._drop_contradicted()
        used = self.in_use()
        if not used:
            return False
        estimates = tuple(member.estimate for member in used if member.estimate is not None)
        shares: tuple[float, ...] = (1.0,)
        if len(estimates) == 1:
            self.estimate = estimates[0]
        else:
            joint = combine(estimates, max(estimate.time_ns for estimate in estimates))
            if joint is None:
                return False
            self.estimate, shares = joint
        self.shares = tuple((member.track.nation, share) for member, share in zip(used, shares, strict=True))
        return True

    def _drop_contradicted(self) -> None:
        """A quiet member that the fresh ones contradict is only a wrong prediction: it leaves the combination."""
        if len(self.members) < 2:
            return
        newest_ns = self.last_plot_ns
        fresh = [m.estimate for m in self.in_use() if m.estimate is not None and newest_ns - m.track.last_plot_ns <= QUIET_NS]
        if not fresh:
            return
        best = min(fresh, key=lambda estimate: float(estimate.P[0, 0] + estimate.P[1, 1] + estimate.P[2, 2]))
        for _, member in sorted(self.members.items()):
            quiet = newest_ns - member.track.last_plot_ns > QUIET_NS
            if quiet and not member.dropped and member.estimate is not None:
                member.dropped = compare(member.estimate, best)[0] > KEEP_CHI2

    def at(self, time_ns: int) -> Estimate | None:
        """The combination carried to a time, but never below the ground; it stops at the predicted contact."""
        if self.estimate is None:
            return None
        if time_ns - self.estimate.last_plot_ns > QUIET_NS:
            contact_ns = self.contact()
            if contact_ns is not None:
                time_ns = min(time_ns, contact_ns)
        return carry(self.estimate, time_ns)

    def contact(self) -> int | None:
        """Predicted time of ground contact of the mean state, None if it does not fall; computed once per new plot."""
        estimate = self.estimate
        if estimate is not None and self.contact_of_ns != estimate.last_plot_ns:
            status, time_s, _, _ = propagate_to_altitude(estimate.x, 0.0, LONGEST_FALL_S, np.empty(7))
            self.contact_ns = estimate.time_ns + s2ns(time_s) if status == HIT else None
            self.contact_of_ns = estimate.last_plot_ns
        return self.contact_ns

    def expired(self, now_ns: int) -> bool:
        """True when a confirmed object must be down (with margin) or a tentative one has had no news."""
        silent_ns = now_ns - self.last_plot_ns
        if silent_ns <= QUIET_NS:
            return False
        if self.confirmed_ns is None:
            return silent_ns > TENTATIVE_NS
        contact_ns = self.contact()
        return silent_ns > NO_CONTACT_NS if contact_ns is None else now_ns > contact_ns + CONTACT_MARGIN_NS

    def status(self) -> TrackStatus:
        """Status of the object: lost only when every member nation lost it."""
        states = {member.track.status for member in self.members.values()}
        if states <= {"lost", "closed"}:
            return "lost"
        return "tentative" if self.confirmed_ns is None else "confirmed"

    def message(self, time_ns: int, *, closed: bool = False) -> FusedTrack | None:
        """The object as a message at ``time_ns`` (its own newest time if that is later); one source is passed unchanged."""
        estimate = self.at(time_ns)
        if estimate is None or not self.members:
            return None
        tracks = tuple(member.track for _, member in sorted(self.members.items()))
        shares = dict(self.shares)
        sources = tuple(
            TrackSource(nation=t.nation, track=t.track, time_ns=t.time_ns, weight=shares.get(t.nation, 0.0), status=t.status)
            for t in tracks
        )
        x = estimate.x.tolist()
        last_plot_ns = self.last_plot_ns
        return FusedTrack(
            track=self.name,
            time_ns=estimate.time_ns,
            kind=self.kind,
            status="closed" if closed else self.status(),
            pos_ecef_m=(x[0], x[1], x[2]),
            vel_ecef_mps=(x[3], x[4], x[5]),
            ln_beta=x[6],
            cov=upper_triangle(estimate.P),
            thrust_mps2=estimate.thrust_mps2,
            thrust_sigma_mps2=estimate.thrust_sigma_mps2,
            models=self._models(shares),
            first_plot_ns=self.first_plot_ns,
            last_plot_ns=last_plot_ns,
            plots=sum(t.plots for t in tracks),
            predicted=last_plot_ns < estimate.time_ns,
            sensors=tuple(sorted({sensor for t in tracks for sensor in t.sensors})),
            sources=sources,
            members=tracks,
            confirmed_ns=self.confirmed_ns,
            launches=tuple(sorted(self.launches.items())),
            parent=self.parent,
        )

    def _models(self, shares: dict[Nation, float]) -> ModelProbabilities:
        """Phase probabilities of the members in use, weighted; of any member if none is in use."""
        used = [(shares[nation], m.track.models) for nation, m in sorted(self.members.items()) if nation in shares]
        if len(used) == 1:
            return used[0][1]
        if not used:
            return min(self.members.items())[1].track.models
        total = sum(share for share, _ in used)
        return ModelProbabilities(
            boost=sum(share * m.boost for share, m in used) / total,
            coast=sum(share * m.coast for share, m in used) / total,
            reentry=sum(share * m.reentry for share, m in used) / total,
            manoeuvre=sum(share * m.manoeuvre for share, m in used) / total,
        )
