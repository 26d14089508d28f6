"""When a track becomes a suspected event, and when its event is confirmed: what must be seen after the tracker's own confirmation.

A tracker confirms on three plots, once in fifty hours on false alarms alone, and calls ballistic, for good, what one look puts
beyond any aircraft at three or four sigma; looks are many, so once in some thousand aircraft that look was only noise. Neither
lasts: chains of false alarms get no further plot, and further plots bring an aircraft's state back to an aircraft's. So an event
waits for what comes next, and so does a suspicion. Nothing here knows sensors: a partner may withhold plots and sensors, never the
time of the last plot.
"""

from dataclasses import dataclass
from math import hypot, inf, sqrt
from typing import Final

import numpy as np

from tocsin.fusion.states import Estimate, estimate_of
from tocsin.kernels.describe import describe
from tocsin.messages.track import FusedTrack
from tocsin.models.motion import AIR_SPEED_MPS, AIR_TOP_M
from tocsin.tracking.classify import ENERGY_TOP_M, STEEP_CLIMB_MPS
from tocsin.units import EARTH_MU_M3PS2, STANDARD_GRAVITY_MPS2, s2ns

LIKELY_SIGMAS: Final = 3.0  # beyond every aircraft again after another look: a suspicion that a person may see
SURE_SIGMAS: Final = 6.0  # after one look. A first state four sigmas off weighs at most 0.4 in the next one and is 2.5 of its sigmas:
# 3.5 remain, one in 4,000 of what was called ballistic wrongly
SETTLED_SIGMAS: Final = 4.0  # as the tracker asks, after one look, once the velocity is settled:
SETTLED_MPS: Final = 100.0  # sigma from which limit and four sigmas are over six from an aircraft in level flight; three plots of a fast
# radar give 200-800 m/s, and its next ones come within the second
SHARP_MPS: Final = 10.0  # a velocity this sharp, and SURE_SIGMAS, is the work of dozens of plots: a track heard of late needs no more
NEAR_ORBIT: Final = 0.8  # of the circular speed at its height: faster than this only satellites and missiles of over 6,000 km coast
TENTATIVE_PLOTS: Final = (
    4  # two satellites' false lines cross by chance every few hours, three radar plots less often; a later one fits neither
)
BURNING_LEVEL: Final = 0.95  # P(boost) of a tentative track; the prior gives 0.86, further plots of an aircraft less
THRUST_LEVEL: Final = 0.99  # P(boost): what satellites see is thrust, and they place it poorly ...
THRUST_SIGMAS: Final = 1.0  # ... so this much is enough ...
THRUST_PLOTS: Final = 6  # ... from the lines that two of them need to place it (tracking.life.LEAST_LINES) ...
THRUST_NS: Final = s2ns(4.0)  # ... which take a scan of theirs, so that a chain of three plots does not count


@dataclass(slots=True)
class Proof:
    """What is known of one fused track that is told as ballistic. ``likely`` and ``sure`` stay."""

    seen_ns: int | None = None  # the last plot that was weighed ...
    confirmed: bool = False  # ... and whether the track was confirmed by then
    likely: bool = False  # it may be shown as a suspected event
    sure: bool = False  # its event is confirmed

    def weigh(self, fused: FusedTrack) -> None:
        """Take the track's latest message; one without a later plot changes nothing, unless it is the first of a confirmed track."""
        if self.sure or not fused.members or fused.kind != "ballistic":
            return
        confirmed = fused.confirmed_ns is not None
        later = self.seen_ns is not None and fused.last_plot_ns > self.seen_ns
        if self.seen_ns is not None and not later and confirmed == self.confirmed:
            return
        estimate = estimate_of(fused)
        if estimate is None:
            return
        again = later and self.confirmed
        self.seen_ns, self.confirmed = fused.last_plot_ns, confirmed
        margin, sigma_mps = beyond_aircraft(estimate), _velocity_sigma_mps(estimate)
        if sigma_mps > SETTLED_MPS and near_orbit(estimate):
            return  # a satellite's velocity turned by some sigmas is a long missile's; further plots tell
        sharp = margin >= SURE_SIGMAS and sigma_mps <= SHARP_MPS
        if confirmed:
            settled = margin >= SETTLED_SIGMAS and sigma_mps <= SETTLED_MPS
            burnt = margin >= THRUST_SIGMAS and _burnt_for_long(fused)
            self.sure = sharp or burnt or (again and (settled or margin >= SURE_SIGMAS))
        seen = again if confirmed else later or fused.plots >= TENTATIVE_PLOTS
        burning = not confirmed and fused.models.boost >= BURNING_LEVEL
        self.likely = self.likely or self.sure or sharp or (seen and (burning or margin >= LIKELY_SIGMAS))


def beyond_aircraft(estimate: Estimate) -> float:
    """Return by how many sigmas speed, altitude, energy or climb, whichever says most, exceeds what aircraft do."""
    out = np.empty(6)
    describe(estimate.x, estimate.P, out)
    alt_m, alt_sigma_m, speed_mps, speed_sigma_mps, climb_mps, climb_sigma_mps = out.tolist()
    energy_m = alt_m + speed_mps * speed_mps / (2.0 * STANDARD_GRAVITY_MPS2)
    speed_share_m = speed_mps * speed_sigma_mps / STANDARD_GRAVITY_MPS2
    return max(
        _sigmas(speed_mps - AIR_SPEED_MPS, speed_sigma_mps),
        _sigmas(alt_m - AIR_TOP_M, alt_sigma_m),
        _sigmas(energy_m - ENERGY_TOP_M, sqrt(alt_sigma_m * alt_sigma_m + speed_share_m * speed_share_m)),
        _sigmas(abs(climb_mps) - STEEP_CLIMB_MPS, climb_sigma_mps),
    )


def near_orbit(estimate: Estimate) -> bool:
    """Return whether it is nearly as fast as a satellite at its height (the earth's turn, 6 %, left out)."""
    x, y, z, vx, vy, vz = estimate.x[:6].tolist()
    return hypot(vx, vy, vz) > NEAR_ORBIT * sqrt(EARTH_MU_M3PS2 / hypot(x, y, z))


def _sigmas(excess: float, sigma: float) -> float:
    """Return an excess in sigmas; without a spread its sign alone counts."""
    return excess / sigma if sigma > 0.0 else inf if excess > 0.0 else -inf


def _burnt_for_long(fused: FusedTrack) -> bool:
    """Return whether it surely burns and was seen for as long, and as often, as two satellites need to place it."""
    long = fused.plots >= THRUST_PLOTS and fused.last_plot_ns - fused.first_plot_ns >= THRUST_NS
    return long and fused.models.boost >= THRUST_LEVEL


def _velocity_sigma_mps(estimate: Estimate) -> float:
    """Return the root of the trace of the velocity's covariance."""
    return sqrt(max(float(estimate.P[3, 3]) + float(estimate.P[4, 4]) + float(estimate.P[5, 5]), 0.0))
