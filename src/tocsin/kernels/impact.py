"""Where an uncertain flight comes down: moments of its impact, its path, and where it could come down if it still manoeuvres.

State x[7] = position (m), velocity (m/s) in ECEF, ln(beta / (kg/m2)); P[7, 7] its covariance. Simplifications: point mass,
constant beta; lift turns the velocity by a constant lift-to-drag ratio below 50 km on the way down and fades out as the
flight comes level (it does not skip up again); a thrust against the velocity is an instant loss of speed; the rest of a burn
is constant thrust along the velocity. Which manoeuvres are likely is decided in ``tocsin.assessment``, not here.
"""

from math import atan2, cos, exp, pi, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.fuse import cholesky_into
from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, enu_axes, geodetic2ecef, ground_destination, ground_inverse
from tocsin.kernels.gravity import gravity_rotating
from tocsin.kernels.jit import kernel
from tocsin.kernels.trajectory import (
    AIR_TOP_RADIUS2_M2,
    HIT,
    boost_propagate,
    coast_propagate,
    propagate_to_altitude,
)

Array = NDArray[np.float64]

STEP_S: Final = 2.0  # RK4 step of a path: its error over 10 minutes is metres
SIGMA_STEP2: Final = 3.0  # h^2 of the central differences: optimal for Gaussian inputs (Norgaard et al. 2000)
SMALL_M: Final = 500.0  # an offset's quadratic part is its own size over the range: below 0.5 % of it beyond 100 km
SMALL_LN_BETA: Final = 0.05  # drag is exponential in ln beta: so little of it is linear to 3 %
OUTPUTS: Final = 4  # east m, north m, time s, apogee m

# Steps of the flights that are only compared with each other (sigma points) or outline a ring: their own error is some metres and
# mostly common. In vacuum and in air, s; climb per step, m; share of the time in which drag stops it.
FREE_STEP_S: Final = 20.0
AIR_STEP_S: Final = 4.0
AIR_M: Final = 110_000.0
STEP_CLIMB_M: Final = 5_000.0
STEP_DRAG_TIMES: Final = 0.5
SHORTEST_STEP_S: Final = 0.05
STEP_LIMIT: Final = 5_000
CROSSING_ITERATIONS: Final = 6
CROSSING_TOLERANCE_M: Final = 0.05
FARTHEST_M: Final = 1e8  # beyond it nothing comes down in the time that is looked at

LIFT_TOP_M: Final = 50_000.0  # no lift above (published prior of the pull-up)
LIFT_FADE_RAD: Final = 0.10  # lift fades out over this angle below level flight
LIFT_MOST: Final = 2.0  # lift-to-drag, top of the published prior 0.5-2
BANK_RAD: Final = 0.3491  # 20 degrees: the prior is a pull-up in its plane; a banked one keeps 94 % of it and turns a little aside
BETA_SIGMAS: Final = 1.5  # of ln beta, both ways, for the farthest glide: with the lift-to-drag ratio at its end this is beyond 95 %
GLIDE_FARTHEST_M: Final = 300_000.0  # beyond the ballistic point (published prior)
GLIDE_SLOW_MPS: Final = 800.0  # mean ground speed of the slowest glide as far as that: Mach 2.7 at 25 km
GLIDE_FAN_RAD: Final = 0.17  # 10 degrees: a glide after an unfinished burn may turn aside so far
STEER_RAD: Final = 0.08  # 5 degrees: steering across the path in the rest of a burn, and what a young track's direction is worth
HALF: Final = 0.5
BURN_PARTS: Final = 4  # burns of 1/4, 2/4, 3/4 and all of the rest
BURN_STEP_S: Final = 1.0
THRUST_GROWTH: Final = 1.7  # mean of the rest against now: the second stage may push harder, and a stage that burns 70 % of its mass
# at constant force does so by 1.8 on average; the published slope of 20 % is inside
SPREAD_MOST: Final = 10.0  # of a burn's end against the impact of now: errors of the direction grow with the flight time
STOPS: Final = 4  # all speed lost now and after 1/4, 2/4 and 3/4 of the fall: the ground track, moved by the earth's turn meanwhile
FALL_LIMIT_S: Final = 7_200.0
POINTS: Final = 28  # rows of ``manoeuvre_points``, at most 19, and what the caller adds
CORNERS: Final = 8  # of the polygon drawn around each of them
FARTHEST_RING_M: Final = 15_000_000.0  # from the ballistic point: beyond, the plane of the ring folds at the antipode
RING_POINTS: Final = 39  # corners of a ring at most, the closing one apart
LONGEST_EDGE_M: Final = 100_000.0  # longer edges are divided while corners are left


@kernel
def _steered(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, lift_to_drag: float, cos_bank: float, sin_bank: float
) -> tuple[float, float, float]:
    """Return the acceleration of unpowered flight with lift; drag_m2pkg = 0.5 / beta."""
    ax, ay, az = gravity_rotating(x, y, z, vx, vy, vz)
    if x * x + y * y + z * z < AIR_TOP_RADIUS2_M2:
        alt, up_x, up_y, up_z = altitude_and_up(x, y, z)
        speed = sqrt(vx * vx + vy * vy + vz * vz)
        k = drag_m2pkg * density_kgpm3(alt) * speed
        ax -= k * vx
        ay -= k * vy
        az -= k * vz
        if lift_to_drag > 0.0 and alt < LIFT_TOP_M:
            sin_climb = (up_x * vx + up_y * vy + up_z * vz) / (speed + 1e-9)
            if sin_climb < 0.0:
                level = sqrt(max(1e-6, 1.0 - sin_climb * sin_climb))
                lift = lift_to_drag * min(1.0, -sin_climb / LIFT_FADE_RAD) * k / level
                upward = lift * cos_bank * speed
                sideward = lift * sin_bank
                turn = sin_climb / (speed + 1e-9)
                ax += upward * (up_x - turn * vx) + sideward * (vy * up_z - vz * up_y)
                ay += upward * (up_y - turn * vy) + sideward * (vz * up_x - vx * up_z)
                az += upward * (up_z - turn * vz) + sideward * (vx * up_y - vy * up_x)
    return ax, ay, az


@kernel
def _steered_step(
    x: float,
    y: float,
    z: float,
    vx: float,
    vy: float,
    vz: float,
    drag_m2pkg: float,
    lift_to_drag: float,
    cos_bank: float,
    sin_bank: float,
    h: float,
) -> tuple[float, float, float, float, float, float]:
    """Return position and velocity after one classical Runge-Kutta step of h seconds."""
    sx, sy, sz, svx, svy, svz = x, y, z, vx, vy, vz
    dx = dy = dz = dvx = dvy = dvz = 0.0
    for stage in range(4):
        ax, ay, az = _steered(sx, sy, sz, svx, svy, svz, drag_m2pkg, lift_to_drag, cos_bank, sin_bank)
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
def fall_with_lift(state: Array, lift_to_drag: float, bank_rad: float, max_time_s: float, out: Array) -> bool:
    """Fly state[7] down to height 0 with lift (0: none); fill out[4] = latitude, longitude (rad), time (s), apogee (m).

    bank_rad: 0 pulls up, positive turns to the right. False if it does not come down within max_time_s (``out`` is then
    undefined) or the state is not finite. Method: RK4 with a step chosen from the state; crossing by Newton. The error of
    an unlifted fall is below 10 m for beta above 1000 kg/m2 (compare ``propagate_to_altitude``, three times slower, 0.1 m).
    """
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    drag_m2pkg = 0.5 * exp(-state[6])
    cos_bank, sin_bank = cos(bank_rad), sin(bank_rad)
    alt, up_x, up_y, up_z = altitude_and_up(x, y, z)
    climb = up_x * vx + up_y * vy + up_z * vz
    time_s, apogee_m = 0.0, alt
    down = alt <= 0.0 and climb <= 0.0
    for _ in range(STEP_LIMIT):
        if down or not time_s < max_time_s or not abs(alt) < FARTHEST_M:
            break
        rate = abs(climb) + 1.0
        speed = sqrt(vx * vx + vy * vy + vz * vz)
        if alt > AIR_M:
            h = min(FREE_STEP_S, max(AIR_STEP_S, (alt - AIR_M) / rate))
        else:
            stops = drag_m2pkg * density_kgpm3(alt) * speed * (2.0 + lift_to_drag) + 1e-9
            h = max(min(AIR_STEP_S, STEP_CLIMB_M / rate, STEP_DRAG_TIMES / stops), SHORTEST_STEP_S)
        x1, y1, z1, vx1, vy1, vz1 = _steered_step(x, y, z, vx, vy, vz, drag_m2pkg, lift_to_drag, cos_bank, sin_bank, h)
        alt1, up_x, up_y, up_z = altitude_and_up(x1, y1, z1)
        climb1 = up_x * vx1 + up_y * vy1 + up_z * vz1
        if climb > 0.0 and climb1 <= 0.0:
            apogee_m = max(apogee_m, alt + 0.5 * climb * h * climb / (climb - climb1))
        apogee_m = max(apogee_m, alt1)
        if alt1 <= 0.0 and climb1 <= 0.0:
            down = True
            t, whole = h, h
            for _ in range(CROSSING_ITERATIONS):
                if abs(alt1) < CROSSING_TOLERANCE_M or climb1 >= 0.0:
                    break
                t = min(max(t - alt1 / climb1, 0.0), whole)
                x1, y1, z1, vx1, vy1, vz1 = _steered_step(x, y, z, vx, vy, vz, drag_m2pkg, lift_to_drag, cos_bank, sin_bank, t)
                alt1, up_x, up_y, up_z = altitude_and_up(x1, y1, z1)
                climb1 = up_x * vx1 + up_y * vy1 + up_z * vz1
            h = t
        x, y, z, vx, vy, vz, alt, climb = x1, y1, z1, vx1, vy1, vz1, alt1, climb1
        time_s += h
    lat, lon, _ = ecef2geodetic(x, y, z)
    out[0] = lat
    out[1] = lon
    out[2] = time_s
    out[3] = apogee_m
    return down


@kernel
def impact_moments(x: Array, P: Array, max_time_s: float, out: Array, mean: Array, cov: Array) -> bool:
    """Impact at height 0 of an uncertain coasting state x[7], P[7, 7]; flights up to max_time_s are looked at.

    Fills out[4] = latitude, longitude (rad), time (s), apogee (m) of the mean state; mean[4] = mean east, north (m, from
    that point), time (s), apogee (m) relative to ``out``; cov[4, 4] = their covariance. Returns False if the mean state or
    a sigma point does not come down, or P is not positive definite.
    Method: 15 sigma points at sqrt(3) standard deviations, second-order central differences (M. Norgaard, N. Poulsen,
    O. Ravn, Automatica 36 (2000) 1627, eqs. 25-27): the quadratic part is in mean and covariance. Against 8,000 flown samples
    its 95 % ellipse held 93-96 % from a spread of 100 m to one of 200 km (tests/kernels/test_impact.py). A point that moves the
    impact little stands for its mirror image too: two in three are not flown once a track is sharp.
    """
    L = np.empty((7, 7))
    scratch = np.empty(7)
    point = np.empty(7)
    centre = np.empty(OUTPUTS)
    plus = np.empty(OUTPUTS)
    minus = np.empty(OUTPUTS)
    axes = np.empty((3, 3))
    place = np.empty(3)
    for i in range(OUTPUTS):
        mean[i] = 0.0
        for j in range(OUTPUTS):
            cov[i, j] = 0.0
    status, time_s, apogee_m, _ = propagate_to_altitude(x, 0.0, max_time_s, scratch)
    lat, lon, _ = ecef2geodetic(scratch[0], scratch[1], scratch[2])
    out[0] = lat
    out[1] = lon
    out[2] = time_s
    out[3] = apogee_m
    if status != HIT or not fall_with_lift(x, 0.0, 0.0, max_time_s, centre) or not cholesky_into(P, 7, L):
        return False
    h = sqrt(SIGMA_STEP2)
    enu_axes(centre[0], centre[1], axes)
    place[0], place[1], place[2] = geodetic2ecef(centre[0], centre[1], 0.0)
    for k in range(7):
        for i in range(7):
            point[i] = x[i] + h * L[i, k]
        if not fall_with_lift(point, 0.0, 0.0, max_time_s, plus):
            return False
        _offsets(plus, centre, place, axes)
        small = plus[0] * plus[0] + plus[1] * plus[1] < SMALL_M * SMALL_M
        if small and k < 6 and abs(L[6, k]) * h < SMALL_LN_BETA:
            for i in range(OUTPUTS):
                minus[i] = -plus[i]
        else:
            for i in range(7):
                point[i] = x[i] - h * L[i, k]
            if not fall_with_lift(point, 0.0, 0.0, max_time_s, minus):
                return False
            _offsets(minus, centre, place, axes)
        for i in range(OUTPUTS):
            mean[i] += (plus[i] + minus[i]) / (2.0 * SIGMA_STEP2)
            for j in range(OUTPUTS):
                first = (plus[i] - minus[i]) * (plus[j] - minus[j]) / (4.0 * SIGMA_STEP2)
                second = (plus[i] + minus[i]) * (plus[j] + minus[j])
                cov[i, j] += first + (SIGMA_STEP2 - 1.0) / (4.0 * SIGMA_STEP2 * SIGMA_STEP2) * second
    return True


@kernel
def _offsets(point: Array, centre: Array, place: Array, axes: Array) -> None:
    """Turn point[4] (lat, lon, time, apogee) in place into east, north, time, apogee relative to centre[4].

    place[3], axes[3, 3]: ECEF of the centre and its east, north, up. The chord's components: 0.1 % short at 500 km, no pole.
    """
    x, y, z = geodetic2ecef(point[0], point[1], 0.0)
    x -= place[0]
    y -= place[1]
    z -= place[2]
    point[0] = axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z
    point[1] = axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z
    point[2] -= centre[2]
    point[3] -= centre[3]


@kernel
def spread_points(lat_rad: float, lon_rad: float, east_m: Array, north_m: Array, out_lat: Array, out_lon: Array) -> None:
    """Fill out_lat[n], out_lon[n] (rad) with the places east_m[n], north_m[n] from a point, along geodesics; good at the poles."""
    for k in range(east_m.shape[0]):
        distance_m = sqrt(east_m[k] * east_m[k] + north_m[k] * north_m[k])
        lat, lon = ground_destination(lat_rad, lon_rad, atan2(east_m[k], north_m[k]), min(distance_m, FARTHEST_RING_M))
        out_lat[k] = lat
        out_lon[k] = lon


@kernel
def path_points(x: Array, interval_s: float, out: Array) -> None:
    """Fill out[n, 3] with latitude, longitude (rad) and altitude (m) of coasting state[7] at 0, interval_s, 2 interval_s, ..."""
    state = np.empty(7)
    for i in range(7):
        state[i] = x[i]
    alt = 0.0
    for k in range(out.shape[0]):
        if k > 0:
            coast_propagate(state, interval_s, FREE_STEP_S if alt > AIR_M else STEP_S, state)
        lat, lon, alt = ecef2geodetic(state[0], state[1], state[2])
        out[k, 0] = lat
        out[k, 1] = lon
        out[k, 2] = alt


@kernel
def manoeuvre_points(x: Array, impact: Array, sigma_ln_beta: float, thrust_mps2: float, burn_s: float, out: Array) -> int:
    """Fill rows of out[POINTS, 4] with where and when state[7] comes down under single manoeuvres; return how many.

    Rows: latitude, longitude (rad), by how much its spread exceeds that of the ballistic impact, and the time from now (s).
    impact[3] = latitude, longitude (rad) and time (s) of that; thrust_mps2, burn_s: the rest of a burn, 0 if there is none.
    Flown are: the strongest pull-up, straight (at three values of beta) and banked to both sides; the loss of half the speed
    now, and of all of it now and later; and parts of the rest of the burn, with a glide after its end. Glides end
    GLIDE_FARTHEST_M beyond the ballistic point at most; what flies farther is cut there in distance and, in proportion, in
    time beyond the ballistic one: later than true, because a glide gets slower. Manoeuvres that do not come down are left out.
    """
    scratch = np.empty(7)
    end = np.empty(OUTPUTS)
    count = 0
    glide_s = 0.0
    status, until_s, _, _ = propagate_to_altitude(x, LIFT_TOP_M, FALL_LIMIT_S, scratch)
    if status == HIT:
        ln_beta = scratch[6]
        for k in range(5):
            shift = 0.0 if k > 2 else BETA_SIGMAS * sigma_ln_beta * (k - 1)
            bank = 0.0 if k < 3 else BANK_RAD * (2 * k - 7)
            scratch[6] = ln_beta + shift
            if fall_with_lift(scratch, LIFT_MOST, bank, FALL_LIMIT_S, end):
                distance, bearing = ground_inverse(impact[0], impact[1], end[0], end[1])
                lat, lon = ground_destination(impact[0], impact[1], bearing, min(distance, GLIDE_FARTHEST_M))
                later_s = max(0.0, until_s + end[2] - impact[2]) * min(1.0, GLIDE_FARTHEST_M / (distance + 1.0))
                glide_s = max(glide_s, later_s)
                count = _add_row(lat, lon, 1.0, impact[2] + later_s, count, out)
    for k in range(STOPS):
        coast_propagate(x, impact[2] * k / STOPS, 2.0 * STEP_S, scratch)
        if k == 0:
            for i in range(3):
                scratch[i + 3] *= HALF
            if fall_with_lift(scratch, 0.0, 0.0, FALL_LIMIT_S, end):
                count = _add_row(end[0], end[1], 1.0, end[2], count, out)
        for i in range(3):
            scratch[i + 3] = 0.0
        if fall_with_lift(scratch, 0.0, 0.0, FALL_LIMIT_S, end):
            count = _add_row(end[0], end[1], 1.0, impact[2] * k / STOPS + end[2], count, out)
    if thrust_mps2 > 0.0 and burn_s > 0.0:
        count = _burn_rows(x, impact[2], thrust_mps2, burn_s, max(glide_s, GLIDE_FARTHEST_M / GLIDE_SLOW_MPS), count, out)
    return count


@kernel
def _burn_rows(x: Array, fall_s: float, thrust_mps2: float, burn_s: float, glide_s: float, count: int, out: Array) -> int:
    """Add the impacts of parts of a burn and the glides (glide_s longer) beyond the longest that still comes down; return the count."""
    state8 = np.empty(8)
    end = np.empty(OUTPUTS)
    for i in range(7):
        state8[i] = x[i]
    lat, lon, spread, time_s = 0.0, 0.0, 0.0, 0.0
    for part in range(BURN_PARTS):
        state8[7] = thrust_mps2 * THRUST_GROWTH
        boost_propagate(state8, burn_s / BURN_PARTS, BURN_STEP_S, state8)
        if not fall_with_lift(state8, 0.0, 0.0, FALL_LIMIT_S, end):
            break
        lat, lon, spread = end[0], end[1], min(SPREAD_MOST, max(1.0, end[2] / (fall_s + 1.0)))
        time_s = burn_s * (part + 1) / BURN_PARTS + end[2]
        count = _add_row(lat, lon, spread, time_s, count, out)
    if spread > 0.0:
        here_lat, here_lon, _ = ecef2geodetic(x[0], x[1], x[2])
        back = ground_inverse(lat, lon, here_lat, here_lon)[1]
        for k in range(3):
            glide_lat, glide_lon = ground_destination(lat, lon, back + pi + (k - 1) * GLIDE_FAN_RAD, GLIDE_FARTHEST_M)
            count = _add_row(glide_lat, glide_lon, spread, time_s + glide_s, count, out)
        distance, ahead = ground_inverse(here_lat, here_lon, lat, lon)
        for k in range(2):
            aside_lat, aside_lon = ground_destination(here_lat, here_lon, ahead + (2 * k - 1) * STEER_RAD, distance)
            count = _add_row(aside_lat, aside_lon, 1.0, time_s, count, out)
    return count


@kernel
def _add_row(lat: float, lon: float, spread: float, time_s: float, count: int, out: Array) -> int:
    """Put one row, if there is room; return the count."""
    if count < out.shape[0]:
        out[count, 0] = lat
        out[count, 1] = lon
        out[count, 2] = spread
        out[count, 3] = time_s
        count += 1
    return count


@kernel
def ring_around(
    centre_lat: float, centre_lon: float, rows: Array, count: int, half_axes_en_m: Array, margin_m: float, least_reach_m: float, out: Array
) -> int:
    """Fill out[RING_POINTS, 2] with the corners (latitude, longitude, rad) of the hull of points and their spreads.

    rows[:count, :3] as of ``manoeuvre_points``. half_axes_en_m[2, 2]: lower triangular root of the contour's matrix (east,
    north) that is drawn around each point, times the row's spread; margin_m is added all round. Counter-clockwise, not
    closed; returns the number of corners, 0 if no point is least_reach_m away from the centre.
    Method: plane of true distance and bearing from the centre, convex hull by monotone chain (A. Andrew, Information
    Processing Letters 9 (1979) 216), corners that hide the smallest area dropped where there are too many, the longest edges
    halved where there is room. Longitudes are within +-pi: an edge may cross the date line.
    """
    n = 0
    reach = 0.0
    flat = np.empty((count * CORNERS, 2))
    for r in range(count):
        distance, bearing = ground_inverse(centre_lat, centre_lon, rows[r, 0], rows[r, 1])
        distance = min(distance, FARTHEST_RING_M)
        reach = max(reach, distance)
        east, north = distance * sin(bearing), distance * cos(bearing)
        for c in range(CORNERS):
            angle = 2.0 * pi * c / CORNERS
            a, b = cos(angle) / cos(pi / CORNERS), sin(angle) / cos(pi / CORNERS)
            flat[n, 0] = east + rows[r, 2] * half_axes_en_m[0, 0] * a + margin_m * a
            flat[n, 1] = north + rows[r, 2] * (half_axes_en_m[1, 0] * a + half_axes_en_m[1, 1] * b) + margin_m * b
            n += 1
    if reach < least_reach_m:
        return 0
    hull = np.empty((2 * n + RING_POINTS + 2, 2))
    m = _hull(flat, n, hull)
    m = _thin(hull, m)
    m = _divide(hull, m)
    for k in range(m):
        east, north = hull[k, 0], hull[k, 1]
        lat, lon = ground_destination(centre_lat, centre_lon, atan2(east, north), sqrt(east * east + north * north))
        out[k, 0] = lat
        out[k, 1] = lon
    return m


@kernel
def _hull(flat: Array, n: int, hull: Array) -> int:
    """Sort flat[n, 2] in place and fill hull with its convex hull, counter-clockwise; return its size."""
    for i in range(1, n):
        a, b = flat[i, 0], flat[i, 1]
        j = i - 1
        while j >= 0 and (flat[j, 0] > a or (flat[j, 0] == a and flat[j, 1] > b)):
            flat[j + 1, 0] = flat[j, 0]
            flat[j + 1, 1] = flat[j, 1]
            j -= 1
        flat[j + 1, 0] = a
        flat[j + 1, 1] = b
    m = 0
    for sweep in range(2):
        start = m + 1
        for s in range(n):
            i = s if sweep == 0 else n - 1 - s
            while m > start and _turn(hull, m - 2, m - 1, flat[i, 0], flat[i, 1]) <= 0.0:
                m -= 1
            hull[m, 0] = flat[i, 0]
            hull[m, 1] = flat[i, 1]
            m += 1
        m -= 1  # the last point of each sweep begins the next one
    return m


@kernel
def _turn(hull: Array, i: int, j: int, east: float, north: float) -> float:
    """Return twice the area of the triangle of two corners and a point, positive for a left turn."""
    twice: float = (hull[j, 0] - hull[i, 0]) * (north - hull[i, 1]) - (hull[j, 1] - hull[i, 1]) * (east - hull[i, 0])
    return twice


@kernel
def _thin(hull: Array, m: int) -> int:
    """Drop the corner that hides the smallest area until RING_POINTS are left; return how many."""
    while m > RING_POINTS:
        best, least = 0, 1e300
        for k in range(m):
            after = (k + 1) % m
            area = _turn(hull, (k - 1) % m, k, hull[after, 0], hull[after, 1])
            if area < least:
                best, least = k, area
        for k in range(best, m - 1):
            hull[k, 0] = hull[k + 1, 0]
            hull[k, 1] = hull[k + 1, 1]
        m -= 1
    return m


@kernel
def _divide(hull: Array, m: int) -> int:
    """Halve the longest edge while it is longer than LONGEST_EDGE_M and there is room; return how many corners."""
    while 2 < m < RING_POINTS:
        best, most = 0, 0.0
        for k in range(m):
            after = (k + 1) % m
            de, dn = hull[after, 0] - hull[k, 0], hull[after, 1] - hull[k, 1]
            if de * de + dn * dn > most:
                best, most = k, de * de + dn * dn
        if most <= LONGEST_EDGE_M * LONGEST_EDGE_M:
            break
        after = (best + 1) % m
        east, north = 0.5 * (hull[best, 0] + hull[after, 0]), 0.5 * (hull[best, 1] + hull[after, 1])
        for k in range(m, best + 1, -1):
            hull[k, 0] = hull[k - 1, 0]
            hull[k, 1] = hull[k - 1, 1]
        hull[best + 1, 0] = east
        hull[best + 1, 1] = north
        m += 1
    return m
