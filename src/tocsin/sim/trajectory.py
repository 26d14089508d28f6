"""One missile flight from lift-off to the ground, by the flight kernels. Nothing about facts or fitting here.

Simplifications: point mass with one ballistic coefficient, or one under thrust and one after; thrust acceleration is a line
over each stage; the kick is an instant turn of the velocity and thrust stays along it before and after (gravity turn), or
against it in a boost-back; lift of a pull-up turns the velocity upwards and fades out as it comes level; no winds. Rotating
WGS-84 with J2, US Standard Atmosphere 1976.
"""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.geodesy import altitude_and_up, enu_axes, geodetic2ecef
from tocsin.kernels.trajectory import HIT, boost_propagate, coast_propagate, propagate_to_altitude

Array = NDArray[np.float64]

FINE_STEP_S: Final = 0.25  # under thrust and in air: RK4 and the cubic between rows both stay below 1 cm
VACUUM_STEP_S: Final = 5.0  # above the air both stay below 1 mm
AIR_STEP_ALT_M: Final = 80_000.0  # above it the step grows with the time to come back to it
LONGEST_FLIGHT_S: Final = 20_000.0
LIFT_TOP_M: Final = 50_000.0  # no lift above: the published prior of the low pull-up
LIFT_FADE_RAD: Final = 0.10  # lift fades out over this angle below level flight, so that the glide does not skip up again
CROSSING_BISECTIONS: Final = 40  # of the last step: far below a nanosecond
ROW_LIMIT: Final = 50_000


class Motor(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: thrust acceleration at mid burn, burn, coast after it, relative change of thrust over the burn."""

    thrust_mps2: float
    burn_s: float
    coast_s: float
    slope: float


class Retro(msgspec.Struct, frozen=True, kw_only=True):
    """A boost-back: constant thrust against the earth-relative velocity, some time after lift-off and after the last burnout."""

    start_s: float
    burn_s: float
    thrust_mps2: float


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides a flight. The kick is a vector, as long as its angle, so that a lofted flight may lean any way."""

    lat_rad: float
    lon_rad: float
    alt_m: float
    motors: tuple[Motor, ...]
    kick_s: float
    kick_east_rad: float
    kick_north_rad: float
    ln_beta: float
    lift_to_drag: float = 0.0  # below 50 km on the way down; 0 is ballistic
    ln_beta_boost: float | None = None  # until the last burnout; None: as after it
    retro: Retro | None = None  # needs ``path``: ``reach`` flies on as if it were not there


class End(msgspec.Struct, frozen=True, kw_only=True):
    """Where a flight came down, and its highest point."""

    pos_ecef_m: tuple[float, float, float]
    apogee_m: float
    apogee_s: float  # after lift-off
    impact_s: float


Row = tuple[float, float, float, float, float, float, float]  # seconds after lift-off, position, velocity


def reach(boost: Boost, step_s: float = FINE_STEP_S) -> End | None:
    """Return where a flight ends without keeping its path; None where it does not come down in LONGEST_FLIGHT_S."""
    state8, burnout_s = _powered(boost, step_s, None)
    out = np.empty(7)
    stop_m = LIFT_TOP_M if boost.lift_to_drag > 0.0 else 0.0
    status, time_s, apogee_m, apogee_s = propagate_to_altitude(state8[:7], stop_m, LONGEST_FLIGHT_S, out)
    if status != HIT or not math.isfinite(apogee_m):
        return None
    impact_s = burnout_s + time_s
    if boost.lift_to_drag > 0.0:
        rows = _glide(out, impact_s, boost.lift_to_drag, turned=True)
        if not rows:
            return None
        impact_s, out[:3] = rows[-1][0], rows[-1][1:4]
    place = (float(out[0]), float(out[1]), float(out[2]))
    return End(pos_ecef_m=place, apogee_m=apogee_m, apogee_s=burnout_s + apogee_s, impact_s=impact_s)


def path(boost: Boost) -> list[Row]:
    """Return the rows of a whole flight that ``reach`` has found to come down; the kick has two rows with one time."""
    rows: list[Row] = []
    state8, time_s = _powered(boost, FINE_STEP_S, rows)
    if boost.retro is not None:
        rows.extend(_glide(state8[:7], time_s, 0.0, turned=False, until_s=boost.retro.start_s))
        state8[:6] = rows[-1][1:7]
        time_s = boost.retro.start_s + boost.retro.burn_s
        against = Motor(thrust_mps2=-boost.retro.thrust_mps2, burn_s=boost.retro.burn_s, coast_s=0.0, slope=0.0)
        _burn(against, boost.retro.start_s, boost.retro.start_s, time_s, FINE_STEP_S, state8, rows)
    rows.extend(_glide(state8[:7], time_s, boost.lift_to_drag, turned=False))
    return rows


def burnout(boost: Boost, step_s: float = FINE_STEP_S) -> tuple[Array, float]:
    """Return (state [7] at the last burnout, seconds after lift-off)."""
    state8, burnout_s = _powered(boost, step_s, None)
    return state8[:7].copy(), burnout_s


def fall(state: Array, start_s: float) -> list[Row]:
    """Return the rows of a free fall from state [7] down to WGS-84 height 0, the start first; empty where it does not come down."""
    rows = _glide(state, start_s, 0.0, turned=False)
    return [_row(start_s, state), *rows] if rows else []


def _powered(boost: Boost, step_s: float, rows: list[Row] | None) -> tuple[Array, float]:
    """Return (state8 at the last burnout, its time); each step goes to ``rows`` where a list is given."""
    axes = np.empty((3, 3))
    enu_axes(boost.lat_rad, boost.lon_rad, axes)
    state8 = np.zeros(8)
    state8[:3] = geodetic2ecef(boost.lat_rad, boost.lon_rad, boost.alt_m)
    state8[6] = boost.ln_beta if boost.ln_beta_boost is None else boost.ln_beta_boost
    if rows is not None:
        rows.append(_row(0.0, state8))
    _burn(boost.motors[0], 0.0, 0.0, boost.kick_s, step_s, state8, rows)
    kick_rad = math.hypot(boost.kick_east_rad, boost.kick_north_rad)
    if kick_rad > 0.0:
        speed_mps = math.sqrt(float(np.sum(state8[3:6] * state8[3:6])))
        across = (boost.kick_east_rad * axes[0] + boost.kick_north_rad * axes[1]) / kick_rad
        state8[3:6] = speed_mps * (math.cos(kick_rad) * axes[2] + math.sin(kick_rad) * across)
    if rows is not None:
        rows.append(_row(boost.kick_s, state8))
    ignition_s, burnout_s = 0.0, 0.0
    for k, motor in enumerate(boost.motors):
        burnout_s = ignition_s + motor.burn_s
        _burn(motor, ignition_s, boost.kick_s if k == 0 else ignition_s, burnout_s, step_s, state8, rows)
        ignition_s = burnout_s + motor.coast_s
        if k + 1 < len(boost.motors) and motor.coast_s > 0.0:
            idle = Motor(thrust_mps2=0.0, burn_s=motor.coast_s, coast_s=0.0, slope=0.0)
            _burn(idle, burnout_s, burnout_s, ignition_s, step_s, state8, rows)
    state8[6] = boost.ln_beta
    return state8, burnout_s


def _burn(motor: Motor, ignition_s: float, from_s: float, until_s: float, step_s: float, state8: Array, rows: list[Row] | None) -> None:
    """Advance state8 under one motor; a sloping thrust is held at its middle value over each step."""
    steps = max(1, math.ceil((until_s - from_s) / step_s - 1e-9))
    out = np.empty(8)
    if rows is None and motor.slope == 0.0:
        state8[7] = motor.thrust_mps2
        boost_propagate(state8, until_s - from_s, step_s, out)
        state8[:] = out
        return
    h = (until_s - from_s) / steps
    for i in range(steps):
        middle_s = from_s + (i + 0.5) * h - ignition_s
        state8[7] = motor.thrust_mps2 * (1.0 + motor.slope * (middle_s / motor.burn_s - 0.5))
        boost_propagate(state8, h, h, out)
        state8[:] = out
        if rows is not None:
            rows.append(_row(from_s + (i + 1) * h, state8))


def _glide(start: Array, start_s: float, lift_to_drag: float, *, turned: bool, until_s: float = math.inf) -> list[Row]:
    """Return the rows from a state without thrust down to WGS-84 height 0, or to a time; empty where it does not come down.

    turned: whether it was on its way down before, so that lift may act.
    """
    rows: list[Row] = []
    state, time_s = start.copy(), start_s
    while len(rows) < ROW_LIMIT:
        alt_m, up_x, up_y, up_z = altitude_and_up(state[0], state[1], state[2])
        climb_mps = float(up_x * state[3] + up_y * state[4] + up_z * state[5])
        turned = turned or climb_mps < 0.0
        lift = lift_to_drag if turned and alt_m < LIFT_TOP_M else 0.0
        h = FINE_STEP_S
        if alt_m > AIR_STEP_ALT_M:
            h = min(VACUUM_STEP_S, FINE_STEP_S + 0.25 * (alt_m - AIR_STEP_ALT_M) / (abs(climb_mps) + 1.0))
        last = time_s + h >= until_s
        h = until_s - time_s if last else h
        after = _free_step(state, h, lift)
        landed = _height_m(after) <= 0.0
        if landed:
            h, after = _crossing(state, h, lift)
        state, time_s = after, time_s + h
        rows.append(_row(time_s, state))
        if landed or last:
            return rows
        if not time_s < LONGEST_FLIGHT_S:
            break
    return []


def _free_step(state: Array, h: float, lift_to_drag: float) -> Array:
    """Return state[7] after h seconds without thrust: half the turn by lift, coast, the other half."""
    out = state.copy()
    if lift_to_drag > 0.0:
        _turn_up(out, 0.5 * h, lift_to_drag)
    after = np.empty(7)
    coast_propagate(out, h, h, after)
    if lift_to_drag > 0.0:
        _turn_up(after, 0.5 * h, lift_to_drag)
    return after


def _turn_up(state: Array, h: float, lift_to_drag: float) -> None:
    """Turn the velocity of state[7] towards the vertical as lift does in h seconds; its size stays."""
    x, y, z, vx, vy, vz, ln_beta = state.tolist()
    alt_m, up_x, up_y, up_z = altitude_and_up(x, y, z)
    speed_mps = math.sqrt(vx * vx + vy * vy + vz * vz)
    sin_climb = (up_x * vx + up_y * vy + up_z * vz) / speed_mps
    if sin_climb >= 0.0:
        return
    fade = min(1.0, -sin_climb / LIFT_FADE_RAD)
    drag_mps2 = 0.5 * math.exp(-ln_beta) * density_kgpm3(alt_m) * speed_mps * speed_mps
    angle = lift_to_drag * fade * drag_mps2 * h / speed_mps
    side = math.sin(angle) * speed_mps / math.sqrt(max(1e-12, 1.0 - sin_climb * sin_climb))
    keep = math.cos(angle) - side * sin_climb / speed_mps
    state[3], state[4], state[5] = keep * vx + side * up_x, keep * vy + side * up_y, keep * vz + side * up_z


def _crossing(state: Array, h: float, lift_to_drag: float) -> tuple[float, Array]:
    """Return (time into the step, state) at WGS-84 height 0 within a step that ends below it."""
    low, high = 0.0, h
    for _ in range(CROSSING_BISECTIONS):
        middle = 0.5 * (low + high)
        if _height_m(_free_step(state, middle, lift_to_drag)) > 0.0:
            low = middle
        else:
            high = middle
    return high, _free_step(state, high, lift_to_drag)


def _height_m(state: Array) -> float:
    """Return the altitude of a state."""
    return altitude_and_up(state[0], state[1], state[2])[0]


def _row(time_s: float, state: Array) -> Row:
    """Return a row of the path."""
    x, y, z, vx, vy, vz = (float(v) for v in state[:6])
    return time_s, x, y, z, vx, vy, vz
