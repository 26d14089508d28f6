"""What people ask of a state: altitude, speed and climb with their sigmas. Reads a combined state, changes nothing."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel

Array = NDArray[np.float64]


@kernel
def describe(x: Array, P: Array, out: Array) -> None:
    """Fill out[6] with altitude, its sigma (m), speed, its sigma, climb, its sigma (m/s) of a combined state x[8], P[8, 8]."""
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    up = (up_x, up_y, up_z)
    size = max(speed, 1.0)
    along = (x[3] / size, x[4] / size, x[5] / size)
    alt_var = 0.0
    speed_var = 0.0
    climb_var = 0.0
    climb = 0.0
    for a in range(3):
        climb += up[a] * x[3 + a]
        for b in range(3):
            alt_var += up[a] * P[a, b] * up[b]
            climb_var += up[a] * P[3 + a, 3 + b] * up[b]
            speed_var += along[a] * P[3 + a, 3 + b] * along[b]
    out[0] = alt
    out[1] = sqrt(max(alt_var, 0.0))
    out[2] = speed
    out[3] = sqrt(max(speed_var, 0.0))
    out[4] = climb
    out[5] = sqrt(max(climb_var, 0.0))
