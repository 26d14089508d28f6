"""Flight of a point mass in the rotating frame: coast and boost steps, their derivative, and the way down to an altitude.

State x[7] = x, y, z (m), vx, vy, vz (m/s), ln_beta; ECEF, velocity relative to the earth; beta = m / (Cd A) in kg/m2.
Model, simplifications first: point mass, constant beta, no lift, no wind; gravity.py, atmosphere.py. Drag is
-0.5 rho |v| v / beta. Arrays are C-contiguous float64; ``out`` may be the input array itself.

>>> falling, out = np.array([WGS84_A_M + 100_000.0, 0.0, 0.0, 0.0, 1_500.0, 0.0, 8.5]), np.empty(7)
>>> status, time_s, apogee_m, _ = propagate_to_altitude(falling, 0.0, 1_000.0, out)
>>> status == HIT, round(time_s), round(apogee_m)
(True, 161, 100000)
"""

from math import ceil, exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import AIR_TOP_M, density_and_decay, density_kgpm3
from tocsin.kernels.geodesy import altitude_and_up, altitude_m
from tocsin.kernels.gravity import CORIOLIS_RADPS, J2_FACTOR_M2, RATE2_RAD2PS2, gravity_rotating
from tocsin.kernels.jit import kernel
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, WGS84_A_M

Array = NDArray[np.float64]
Vector6 = tuple[float, float, float, float, float, float]

HIT: Final = 0  # propagate_to_altitude: came down through the altitude
TIME_RAN_OUT: Final = 1
ESCAPES: Final = 2

AIR_TOP_RADIUS2_M2: Final = (WGS84_A_M + AIR_TOP_M) * (WGS84_A_M + AIR_TOP_M)  # outside it no altitude is needed
SLOWEST_MPS: Final = 1e-3  # below this speed the direction of flight is noise: thrust then points up

# Step rule of propagate_to_altitude. Chosen by comparing 55 flights (beta 100-15 000 kg/m2, 0.8-7.2 km/s, -5 to 88 degrees, from
# 20-150 km) with steps of 0.02 s: worst impact error 1.04 m (beta 100, 7.2 km/s, grazing), 0.13 m at beta 5000. Held by a test.
VACUUM_STEP_S: Final = 20.0  # RK4 then costs 5 mm per quarter of an hour
AIR_STEP_S: Final = 2.0  # longest step in air; 3 s: errors three times larger
AIR_M: Final = 120_000.0  # the air's rules hold below it; 100 km: 30 m off for beta 100 at 7 km/s
STEP_CLIMB_M: Final = 1_750.0  # a quarter of a scale height of 7 km; 0.3: 7 m off for beta 100
STEP_DRAG_TIMES: Final = 0.15  # step times d(drag)/d(speed): speed lost per step <= 7.5 %; 0.25: 3.5 m off for beta 500
SHORTEST_STEP_S: Final = 0.02  # bound on the work when beta is absurdly small
STEP_LIMIT: Final = 100_000  # bound on the loop; 20 s steps: three weeks in orbit
FARTHEST_M: Final = 1e12  # beyond it, or not a number: the state is no flight and the loop ends
CROSSING_TOLERANCE_M: Final = 1e-4
CROSSING_ITERATIONS: Final = 12


@kernel
def coast_acceleration(
    x_m: float, y_m: float, z_m: float, vx_mps: float, vy_mps: float, vz_mps: float, ln_beta: float
) -> tuple[float, float, float]:
    """Return (ax, ay, az) in m/s2 of unpowered flight: gravity, apparent forces, drag."""
    return _acceleration(x_m, y_m, z_m, vx_mps, vy_mps, vz_mps, 0.5 * exp(-ln_beta), 0.0)


@kernel
def boost_acceleration(
    x_m: float, y_m: float, z_m: float, vx_mps: float, vy_mps: float, vz_mps: float, ln_beta: float, thrust_mps2: float
) -> tuple[float, float, float]:
    """Return (ax, ay, az) in m/s2 of powered flight: coast plus thrust along the earth-relative velocity (gravity turn).

    Below 1 mm/s, where the velocity has no direction, thrust points along the local vertical.
    """
    return _acceleration(x_m, y_m, z_m, vx_mps, vy_mps, vz_mps, 0.5 * exp(-ln_beta), thrust_mps2)


@kernel
def coast_step(state: Array, dt_s: float, out: Array) -> None:
    """Fill out[7] with state[7] after one classical fourth-order Runge-Kutta step of dt_s (either sign) in coast."""
    coast_propagate(state, dt_s, abs(dt_s), out)


@kernel
def coast_propagate(state: Array, dt_s: float, max_step_s: float, out: Array) -> None:
    """Fill out[7] with state[7] after dt_s (either sign) of coast, in equal RK4 steps of at most max_step_s > 0."""
    _propagate(state, dt_s, max_step_s, 0.0, out)


@kernel
def boost_propagate(state8: Array, dt_s: float, max_step_s: float, out8: Array) -> None:
    """Fill out8[8] with state8[8] = state[7], thrust_mps2 after dt_s (either sign) of boost under constant thrust."""
    thrust_mps2 = state8[7]
    _propagate(state8, dt_s, max_step_s, thrust_mps2, out8)
    out8[7] = thrust_mps2


@kernel
def coast_jacobian(state: Array, dt_s: float, max_step_s: float, F: Array) -> None:
    """Fill F[7, 7] = d coast_propagate(state, dt_s, max_step_s) / d state; see coast_flow."""
    coast_flow(state, dt_s, max_step_s, np.empty(7), F)


@kernel
def coast_flow(state: Array, dt_s: float, max_step_s: float, out: Array, F: Array) -> None:
    """Fill out[7] as coast_propagate does (same bits) and F[7, 7] with the derivative of that very map.

    Analytic: the variational equations are carried through the same RK4 stages (the discrete tangent), with the gradient
    of gravity + J2, drag by position, velocity and ln_beta, Coriolis and centrifugal terms. So F is exact for the map
    applied, whatever its truncation error; with extrapolated differences it agrees to 1e-7 in units of 1 km, 10 m/s, 10 % of
    beta (the differences' own error). Time: 0.6 us for one step in vacuum, 1.3 us in air.
    """
    x, y, z, vx, vy, vz, ln_beta = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
    drag_m2pkg = 0.5 * exp(-ln_beta)
    steps, h = _steps(dt_s, max_step_s)
    gradients = np.empty((4, 3, 7))
    for i in range(7):
        for j in range(7):
            F[i, j] = 1.0 if i == j else 0.0
    for _ in range(steps):
        x, y, z, vx, vy, vz = _rk4_gradients(x, y, z, vx, vy, vz, drag_m2pkg, h, gradients)
        for j in range(7):
            _tangent_step(gradients, h, j, F)
    _store(x, y, z, vx, vy, vz, ln_beta, out)


@kernel
def propagate_to_altitude(state: Array, alt_stop_m: float, max_time_s: float, out: Array) -> tuple[int, float, float, float]:
    """Fly state[7] in coast until it comes down through alt_stop_m; out[7] is the state there (or where it ended).

    Returns (status, time_s, apogee_m, apogee_time_s). Status 0 (HIT): came down; 1 (TIME_RAN_OUT): still up after
    max_time_s, or the state is not finite; 2 (ESCAPES): climbing above the air with an energy not below zero. The apogee
    is the highest point from the start on (time 0 when already descending). A start at or below alt_stop_m that is not
    climbing is a hit at time 0; a climb that never reaches alt_stop_m hits at its own apogee.
    Method: RK4 with a step from the state itself (_step_s), no rejected steps, so that the result is a smooth function
    of the start but for step counts; the crossing by Newton within the last step, to 0.1 mm.
    """
    x, y, z, vx, vy, vz, ln_beta = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
    drag_m2pkg = 0.5 * exp(-ln_beta)
    alt, climb = _altitude_climb(x, y, z, vx, vy, vz)
    time_s, apogee_m, apogee_time_s = 0.0, alt, 0.0
    status = TIME_RAN_OUT
    if alt <= alt_stop_m and climb <= 0.0:
        status = HIT
    for _ in range(STEP_LIMIT):
        if status == HIT or not time_s < max_time_s or not abs(alt) < FARTHEST_M:
            break
        if climb > 0.0 and alt > AIR_TOP_M and _energy_jpkg(x, y, z, vx, vy, vz) >= 0.0:
            status = ESCAPES
            break
        h = min(_step_s(alt, climb, vx, vy, vz, drag_m2pkg), max_time_s - time_s)
        x1, y1, z1, vx1, vy1, vz1 = _rk4(x, y, z, vx, vy, vz, drag_m2pkg, 0.0, h)
        alt1, climb1 = _altitude_climb(x1, y1, z1, vx1, vy1, vz1)
        turn_s = 0.0
        if climb > 0.0 and climb1 <= 0.0:
            turn_s = h * climb / (climb - climb1)
            top_m = alt + 0.5 * climb * turn_s
            if top_m > apogee_m:
                apogee_m, apogee_time_s = top_m, time_s + turn_s
        elif alt1 > apogee_m:
            apogee_m, apogee_time_s = alt1, time_s + h
        if alt1 <= alt_stop_m and climb1 <= 0.0:
            status = HIT
            h, x1, y1, z1, vx1, vy1, vz1 = _crossing(x, y, z, vx, vy, vz, drag_m2pkg, alt_stop_m, turn_s, h)
            alt1 = alt_stop_m
        x, y, z, vx, vy, vz, alt, climb = x1, y1, z1, vx1, vy1, vz1, alt1, climb1
        time_s += h
    _store(x, y, z, vx, vy, vz, ln_beta, out)
    return status, time_s, apogee_m, apogee_time_s


@kernel
def _acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, thrust_mps2: float
) -> tuple[float, float, float]:
    """Return the acceleration with drag_m2pkg = 0.5 / beta, so that exp(ln_beta) is taken once per flight."""
    ax, ay, az = gravity_rotating(x, y, z, vx, vy, vz)
    if x * x + y * y + z * z < AIR_TOP_RADIUS2_M2:
        speed = sqrt(vx * vx + vy * vy + vz * vz)
        k = drag_m2pkg * density_kgpm3(altitude_m(x, y, z)) * speed
        ax -= k * vx
        ay -= k * vy
        az -= k * vz
    if thrust_mps2 != 0.0:
        speed = sqrt(vx * vx + vy * vy + vz * vz)
        if speed > SLOWEST_MPS:
            k = thrust_mps2 / speed
            return ax + k * vx, ay + k * vy, az + k * vz
        _, up_x, up_y, up_z = altitude_and_up(x, y, z)
        return ax + thrust_mps2 * up_x, ay + thrust_mps2 * up_y, az + thrust_mps2 * up_z
    return ax, ay, az


@kernel
def _rk4(x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, thrust_mps2: float, h: float) -> Vector6:
    """Return position and velocity after one classical Runge-Kutta step of h seconds (stages in a loop: one copy of code)."""
    sx, sy, sz, svx, svy, svz = x, y, z, vx, vy, vz
    dx = dy = dz = dvx = dvy = dvz = 0.0
    for stage in range(4):
        ax, ay, az = _acceleration(sx, sy, sz, svx, svy, svz, drag_m2pkg, thrust_mps2)
        weight = 1.0 if stage == 0 or stage == 3 else 2.0
        dx += weight * svx
        dy += weight * svy
        dz += weight * svz
        dvx += weight * ax
        dvy += weight * ay
        dvz += weight * az
        ahead = h if stage == 2 else 0.5 * h
        sx, sy, sz = x + ahead * svx, y + ahead * svy, z + ahead * svz
        svx, svy, svz = vx + ahead * ax, vy + ahead * ay, vz + ahead * az
    sixth = h / 6.0
    return x + sixth * dx, y + sixth * dy, z + sixth * dz, vx + sixth * dvx, vy + sixth * dvy, vz + sixth * dvz


@kernel
def _steps(dt_s: float, max_step_s: float) -> tuple[int, float]:
    """Return (number of equal steps, their length in s) that make up dt_s; no step for dt_s = 0."""
    if dt_s == 0.0:
        return 0, 0.0
    steps = max(1, ceil(abs(dt_s) / max_step_s - 1e-9))
    return steps, dt_s / steps


@kernel
def _propagate(state: Array, dt_s: float, max_step_s: float, thrust_mps2: float, out: Array) -> None:
    """Fill out[0:7] with state[0:7] after dt_s of flight under constant thrust."""
    x, y, z, vx, vy, vz, ln_beta = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
    drag_m2pkg = 0.5 * exp(-ln_beta)
    steps, h = _steps(dt_s, max_step_s)
    for _ in range(steps):
        x, y, z, vx, vy, vz = _rk4(x, y, z, vx, vy, vz, drag_m2pkg, thrust_mps2, h)
    _store(x, y, z, vx, vy, vz, ln_beta, out)


@kernel
def _store(x: float, y: float, z: float, vx: float, vy: float, vz: float, ln_beta: float, out: Array) -> None:
    """Fill out[0:7]."""
    out[0] = x
    out[1] = y
    out[2] = z
    out[3] = vx
    out[4] = vy
    out[5] = vz
    out[6] = ln_beta


@kernel
def _altitude_climb(x: float, y: float, z: float, vx: float, vy: float, vz: float) -> tuple[float, float]:
    """Return (altitude m, its rate m/s)."""
    alt, up_x, up_y, up_z = altitude_and_up(x, y, z)
    return alt, up_x * vx + up_y * vy + up_z * vz


@kernel
def _energy_jpkg(x: float, y: float, z: float, vx: float, vy: float, vz: float) -> float:
    """Return the inertial energy per mass, J/kg, of the central field; not below zero means that it does not return."""
    ux = vx - EARTH_RATE_RADPS * y
    uy = vy + EARTH_RATE_RADPS * x
    return 0.5 * (ux * ux + uy * uy + vz * vz) - EARTH_MU_M3PS2 / sqrt(x * x + y * y + z * z)


@kernel
def _step_s(alt: float, climb: float, vx: float, vy: float, vz: float, drag_m2pkg: float) -> float:
    """Return the step length in s that suits a state: coarse in vacuum, arriving gently at the air, fine inside it."""
    rate = abs(climb) + 1.0
    air_step_s = STEP_CLIMB_M / rate
    if alt > AIR_M:
        return min(VACUUM_STEP_S, max(air_step_s, AIR_STEP_S, (alt - AIR_M) / rate))
    speed = sqrt(vx * vx + vy * vy + vz * vz)
    drag_rate = 2.0 * drag_m2pkg * density_kgpm3(alt) * speed + 1e-9  # 1/s; d(drag)/dv per v, never zero
    return max(min(AIR_STEP_S, air_step_s, STEP_DRAG_TIMES / drag_rate), SHORTEST_STEP_S)


@kernel
def _crossing(
    x: float,
    y: float,
    z: float,
    vx: float,
    vy: float,
    vz: float,
    drag_m2pkg: float,
    alt_stop_m: float,
    from_s: float,
    until_s: float,
) -> tuple[float, float, float, float, float, float, float]:
    """Return (time s after the given state, position, velocity) of the descent through alt_stop_m in [from_s, until_s]."""
    t = until_s
    x1, y1, z1, vx1, vy1, vz1 = x, y, z, vx, vy, vz
    for _ in range(CROSSING_ITERATIONS):
        x1, y1, z1, vx1, vy1, vz1 = _rk4(x, y, z, vx, vy, vz, drag_m2pkg, 0.0, t)
        alt, climb = _altitude_climb(x1, y1, z1, vx1, vy1, vz1)
        if abs(alt - alt_stop_m) < CROSSING_TOLERANCE_M or climb >= 0.0:
            break
        t = min(max(t - (alt - alt_stop_m) / climb, from_s), until_s)
    return t, x1, y1, z1, vx1, vy1, vz1


@kernel
def _rk4_gradients(x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, h: float, gradients: Array) -> Vector6:
    """Return what _rk4 returns, to the bit, and fill gradients[4, 3, 7] with d acceleration / d state at its four stages."""
    sx, sy, sz, svx, svy, svz = x, y, z, vx, vy, vz
    dx = dy = dz = dvx = dvy = dvz = 0.0
    for stage in range(4):
        ax, ay, az = _acceleration(sx, sy, sz, svx, svy, svz, drag_m2pkg, 0.0)
        _gradient(sx, sy, sz, svx, svy, svz, drag_m2pkg, gradients[stage])
        weight = 1.0 if stage == 0 or stage == 3 else 2.0
        dx += weight * svx
        dy += weight * svy
        dz += weight * svz
        dvx += weight * ax
        dvy += weight * ay
        dvz += weight * az
        ahead = h if stage == 2 else 0.5 * h
        sx, sy, sz = x + ahead * svx, y + ahead * svy, z + ahead * svz
        svx, svy, svz = vx + ahead * ax, vy + ahead * ay, vz + ahead * az
    sixth = h / 6.0
    return x + sixth * dx, y + sixth * dy, z + sixth * dz, vx + sixth * dvx, vy + sixth * dvy, vz + sixth * dvz


@kernel
def _gradient(x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, A: Array) -> None:
    """Fill A[3, 7] with d (ax, ay, az) / d (x, y, z, vx, vy, vz, ln_beta) of _acceleration without thrust."""
    r2 = x * x + y * y + z * z
    inv_r2 = 1.0 / r2
    central = EARTH_MU_M3PS2 * inv_r2 * sqrt(inv_r2)
    k = J2_FACTOR_M2 * inv_r2
    q = z * z * inv_r2
    position = (x, y, z)
    for i in range(3):
        oblate = 3.0 if i == 2 else 1.0
        for j in range(3):
            pair = position[i] * position[j] * inv_r2
            A[i, j] = central * pair * (3.0 + k * (5.0 * oblate - 35.0 * q))
            if j == 2:
                A[i, j] += central * k * 10.0 * pair
            A[i, j + 3] = 0.0
        A[i, i] -= central * (1.0 + k * (oblate - 5.0 * q))
        A[i, 6] = 0.0
    A[0, 0] += RATE2_RAD2PS2
    A[1, 1] += RATE2_RAD2PS2
    A[0, 4] = CORIOLIS_RADPS
    A[1, 3] = -CORIOLIS_RADPS
    if r2 < AIR_TOP_RADIUS2_M2:
        alt, up_x, up_y, up_z = altitude_and_up(x, y, z)
        rho, decay = density_and_decay(alt)
        speed = sqrt(vx * vx + vy * vy + vz * vz)
        up = (up_x, up_y, up_z)
        v = (vx, vy, vz)
        k = drag_m2pkg * rho
        along = k / speed if speed > SLOWEST_MPS else 0.0
        for i in range(3):
            push = k * speed * v[i]  # drag is minus this
            for j in range(3):
                A[i, j] += push * decay * up[j]
                A[i, j + 3] -= along * v[i] * v[j]
            A[i, i + 3] -= k * speed
            A[i, 6] = push


@kernel
def _tangent_step(gradients: Array, h: float, column: int, F: Array) -> None:
    """Carry one column of F[7, 7] through an RK4 step of the variational equations."""
    rx, ry, rz, ux, uy, uz = F[0, column], F[1, column], F[2, column], F[3, column], F[4, column], F[5, column]
    lb = F[6, column]
    sx, sy, sz, wx, wy, wz = rx, ry, rz, ux, uy, uz
    dx = dy = dz = dux = duy = duz = 0.0
    for stage in range(4):
        A = gradients[stage]
        ax = A[0, 0] * sx + A[0, 1] * sy + A[0, 2] * sz + A[0, 3] * wx + A[0, 4] * wy + A[0, 5] * wz + A[0, 6] * lb
        ay = A[1, 0] * sx + A[1, 1] * sy + A[1, 2] * sz + A[1, 3] * wx + A[1, 4] * wy + A[1, 5] * wz + A[1, 6] * lb
        az = A[2, 0] * sx + A[2, 1] * sy + A[2, 2] * sz + A[2, 3] * wx + A[2, 4] * wy + A[2, 5] * wz + A[2, 6] * lb
        weight = 1.0 if stage == 0 or stage == 3 else 2.0
        dx += weight * wx
        dy += weight * wy
        dz += weight * wz
        dux += weight * ax
        duy += weight * ay
        duz += weight * az
        ahead = h if stage == 2 else 0.5 * h
        sx, sy, sz = rx + ahead * wx, ry + ahead * wy, rz + ahead * wz
        wx, wy, wz = ux + ahead * ax, uy + ahead * ay, uz + ahead * az
    sixth = h / 6.0
    F[0, column] = rx + sixth * dx
    F[1, column] = ry + sixth * dy
    F[2, column] = rz + sixth * dz
    F[3, column] = ux + sixth * dux
    F[4, column] = uy + sixth * duy
    F[5, column] = uz + sixth * duz
