"""Where something is at any time: a table of states and the curve through them. No physics here.

Between rows the position is the cubic through both positions and velocities (Hermite), the velocity its derivative; two
rows with one time are a jump in velocity, and the later one holds from that time on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.messages.basics import Vec3
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ephemeris:
    """``times_s`` [n] after ``epoch_ns``, never falling; ``pos_ecef_m`` [n, 3]; ``vel_ecef_mps`` [n, 3], earth-fixed."""

    epoch_ns: int
    times_s: Array
    pos_ecef_m: Array
    vel_ecef_mps: Array

    def sample(self, times_ns: NDArray[np.int64]) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return (positions [m, 3], velocities [m, 3], inside [m]); outside the table the nearest end and False."""
        wanted_s = (times_ns - self.epoch_ns) / NS_PER_S
        inside = (wanted_s >= self.times_s[0]) & (wanted_s <= self.times_s[-1])
        t = np.clip(wanted_s, self.times_s[0], self.times_s[-1])
        row = np.clip(np.searchsorted(self.times_s, t, side="right") - 1, 0, len(self.times_s) - 2)
        h = np.maximum(self.times_s[row + 1] - self.times_s[row], 1e-12)[:, None]
        u = (t - self.times_s[row])[:, None] / h
        p0, p1 = self.pos_ecef_m[row], self.pos_ecef_m[row + 1]
        v0, v1 = self.vel_ecef_mps[row], self.vel_ecef_mps[row + 1]
        rise = (p1 - p0) / h
        curve = v0 + v1 - 2.0 * rise
        bend = 3.0 * rise - 2.0 * v0 - v1
        position = p0 + h * u * (v0 + u * (bend + u * curve))
        velocity = v0 + u * (2.0 * bend + 3.0 * u * curve)
        return position, velocity, inside

    def state_at(self, time_ns: int) -> tuple[Vec3, Vec3] | None:
        """Return (position, velocity) at one time, or None outside the table."""
        position, velocity, inside = self.sample(np.array([time_ns], dtype=np.int64))
        if not inside[0]:
            return None
        px, py, pz = (float(c) for c in position[0])
        vx, vy, vz = (float(c) for c in velocity[0])
        return (px, py, pz), (vx, vy, vz)
