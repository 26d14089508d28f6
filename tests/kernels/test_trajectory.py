"""Coast and boost against published check-cases, conserved quantities, closed forms, and differences."""

import json
import os
import subprocess
import sys
from math import cos, exp, log, sin, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kernels.flights import ICBM, SRBM, flight, reference
from tocsin import units
from tocsin.kernels import trajectory
from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.gravity import gravity_rotating

Array = NDArray[np.float64]
NESC = reference("nesc_cannonball.toml")
RATE = units.EARTH_RATE_RADPS


def coast(state: Array, dt_s: float, max_step_s: float) -> Array:
    out = np.empty(7)
    trajectory.coast_propagate(state, dt_s, max_step_s, out)
    return out


def turn(state: Array, angle_rad: float) -> Array:
    """Return position and velocity turned about the earth's axis."""
    c, s = cos(angle_rad), sin(angle_rad)
    x, y, z, vx, vy, vz = state[:6]
    return np.array([c * x - s * y, s * x + c * y, z, c * vx - s * vy, s * vx + c * vy, vz])


def inertial(state: Array) -> Array:
    """Return position and inertial velocity, in the axes of the rotating frame at that moment."""
    x, y, z, vx, vy, vz = state[:6]
    return np.array([x, y, z, vx - RATE * y, vy + RATE * x, vz])


@pytest.mark.parametrize("case", NESC["case"], ids=lambda case: f"case {case['number']}")
def test_a_cannonball_flies_as_in_the_published_nasa_check_cases(case: dict[str, Any]) -> None:
    beta = NESC["mass_kg"] / (NESC["drag_coefficient"] * NESC["area_m2"])
    start = np.array([*case["start_pos_ecef_m"], *case["start_vel_ecef_mps"], log(beta)])
    for check in case["check"]:
        got = coast(start, check["time_s"], 0.1)
        assert got[:3] == pytest.approx(check["pos_ecef_m"], abs=case["tolerance_pos_m"])
        assert got[3:6] == pytest.approx(check["vel_ecef_mps"], abs=case["tolerance_vel_mps"])
        assert altitude_m(*got[:3]) == pytest.approx(check["alt_m"], abs=case["tolerance_pos_m"])


def jacobi_jpkg(state: Array) -> float:
    """Return the energy that a free body keeps in the rotating frame (central, J2, centrifugal potential)."""
    x, y, z, vx, vy, vz = state[:6]
    r = sqrt(x * x + y * y + z * z)
    oblate = units.EARTH_J2 * (units.WGS84_A_M / r) ** 2 * (3.0 * (z / r) ** 2 - 1.0) / 2.0
    return 0.5 * (vx * vx + vy * vy + vz * vz - RATE**2 * (x * x + y * y)) - units.EARTH_MU_M3PS2 / r * (1.0 - oblate)


@pytest.mark.parametrize(("step_s", "tolerance"), [(20.0, 1e-9), (2.0, 2e-13)])
def test_in_vacuum_the_jacobi_constant_is_kept(step_s: float, tolerance: float) -> None:
    start = flight(alt_m=250e3, speed_mps=6_500.0, climb_deg=30.0)
    end = coast(start, 1_600.0, step_s)
    assert altitude_m(*end[:3]) > 250e3
    assert jacobi_jpkg(end) == pytest.approx(jacobi_jpkg(start), rel=tolerance)


def test_a_circular_equatorial_orbit_turns_at_its_closed_form_rate_j2_included() -> None:
    r = 7.2e6
    rate = sqrt(units.EARTH_MU_M3PS2 / r**3 * (1.0 + 1.5 * units.EARTH_J2 * (units.WGS84_A_M / r) ** 2))
    start = np.array([r, 0.0, 0.0, 0.0, (rate - RATE) * r, 0.0, log(5_000.0)])
    end = coast(start, 6_000.0, 5.0)
    angle = (rate - RATE) * 6_000.0
    assert end[:3] == pytest.approx([r * cos(angle), r * sin(angle), 0.0], abs=0.02)


KEPLER_PROGRAM = """
import json, sys, numpy
from tocsin.kernels import gravity, trajectory
assert not hasattr(gravity.gravity_rotating, "py_func"), "compiled kernels would keep J2"
gravity.J2_FACTOR_M2 = 0.0
out = numpy.empty(7)
trajectory.coast_propagate(numpy.array(json.loads(sys.argv[1])), float(sys.argv[2]), 5.0, out)
print(json.dumps(out.tolist()))
"""


def kepler(state: Array, dt_s: float) -> Array:
    """Return an inertial state after dt_s on its ellipse (Lagrange's f and g; eccentric anomaly by Newton)."""
    mu = units.EARTH_MU_M3PS2
    r0, v0 = state[:3], state[3:]
    r = sqrt(sum(r0 * r0))
    a = 1.0 / (2.0 / r - sum(v0 * v0) / mu)
    e_cos, e_sin = 1.0 - r / a, sum(r0 * v0) / sqrt(mu * a)
    mean = sqrt(mu / a**3) * dt_s
    d = mean
    for _ in range(50):
        d -= (d - e_cos * sin(d) + e_sin * (1.0 - cos(d)) - mean) / (1.0 - e_cos * cos(d) + e_sin * sin(d))
    f = 1.0 - a / r * (1.0 - cos(d))
    g = dt_s - sqrt(a**3 / mu) * (d - sin(d))
    pos = f * r0 + g * v0
    r1 = sqrt(sum(pos * pos))
    return np.concatenate([pos, -sqrt(mu * a) / (r * r1) * sin(d) * r0 + (1.0 - a / r1 * (1.0 - cos(d))) * v0])


@pytest.mark.slow
def test_without_j2_and_air_the_flight_is_a_kepler_arc_in_the_inertial_frame() -> None:
    start = flight(alt_m=250e3, speed_mps=6_500.0, climb_deg=30.0)
    run = subprocess.run(
        [sys.executable, "-c", KEPLER_PROGRAM, json.dumps(start.tolist()), "1500"],
        env={**os.environ, "TOCSIN_JIT": "0"}, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    end = turn(inertial(np.array(json.loads(run.stdout))), RATE * 1_500.0)
    expected = kepler(inertial(start), 1_500.0)
    assert end[:3] == pytest.approx(expected[:3], abs=2e-3)
    assert end[3:] == pytest.approx(expected[3:], abs=2e-6)


def test_drag_is_half_rho_v_squared_over_beta_against_the_velocity() -> None:
    x, y, z, vx, vy, vz, ln_beta = (float(v) for v in SRBM)
    speed = sqrt(vx * vx + vy * vy + vz * vz)
    free = gravity_rotating(x, y, z, vx, vy, vz)
    drag = [a - f for a, f in zip(trajectory.coast_acceleration(*(float(v) for v in SRBM)), free, strict=True)]
    size = 0.5 * density_kgpm3(altitude_m(x, y, z)) * speed**2 / exp(ln_beta)
    assert drag == pytest.approx([-size * v / speed for v in (vx, vy, vz)], rel=1e-10)


def test_coasting_there_and_back_returns_to_the_start() -> None:
    for start in (SRBM, flight(alt_m=30e3, climb_deg=-60.0), ICBM):
        back = coast(coast(start, 20.0, 0.1), -20.0, 0.1)
        assert back[:3] == pytest.approx(start[:3], abs=1e-4)
        assert back[3:6] == pytest.approx(start[3:6], abs=1e-4)
        assert back[6] == start[6]


def test_a_step_converges_with_the_fourth_power_of_its_length() -> None:
    start = flight(alt_m=29e3, climb_deg=-45.0)  # stays inside one layer of the standard atmosphere
    best = coast(start, 4.0, 0.01)
    errors = [float(np.abs(coast(start, 4.0, step)[:3] - best[:3]).max()) for step in (1.0, 0.5)]
    assert 12.0 < errors[0] / errors[1] < 24.0


def test_no_time_is_no_change_and_the_output_may_be_the_input() -> None:
    assert coast(SRBM, 0.0, 1.0).tolist() == SRBM.tolist()
    state = SRBM.copy()
    trajectory.coast_propagate(state, 3.0, 0.5, state)
    assert state.tolist() == coast(SRBM, 3.0, 0.5).tolist()
    step = np.empty(7)
    trajectory.coast_step(SRBM, 0.7, step)
    assert step.tolist() == coast(SRBM, 0.7, 0.7).tolist()


JACOBIAN_STARTS = {
    "climb through air": SRBM,
    "vacuum": ICBM,
    "re-entry": flight(alt_m=28e3, speed_mps=2_500.0, climb_deg=-50.0, beta_kgpm2=2_000.0),
    "light and low": flight(alt_m=8_350.0, speed_mps=600.0, climb_deg=-70.0, beta_kgpm2=150.0),
    "fast re-entry": flight(alt_m=55e3, speed_mps=6_800.0, climb_deg=-25.0, beta_kgpm2=8_000.0, lat_deg=-40.0),
    "over the pole": flight(lat_deg=89.9999, alt_m=70e3),
}
STEPS = (2.0, 2.0, 2.0, 0.02, 0.02, 0.02, 2e-4)  # of the central differences: m, m/s, 1
SIZES = np.array([1e3, 1e3, 1e3, 10.0, 10.0, 10.0, 0.1])  # what counts as one unit of each state: 1 km, 10 m/s, 10 % of beta


def central(start: Array, column: int, h: float, dt_s: float) -> Array:
    """Return the central difference of the propagated state by one state component."""
    step = np.zeros(7)
    step[column] = h
    return (coast(start + step, dt_s, 1.0) - coast(start - step, dt_s, 1.0)) / (2.0 * h)


@pytest.mark.parametrize("dt_s", [1.0, -1.0, 0.05, 6.0])
@pytest.mark.parametrize("start", JACOBIAN_STARTS.values(), ids=JACOBIAN_STARTS.keys())
def test_the_jacobian_is_the_derivative_of_the_propagated_state(start: Array, dt_s: float) -> None:
    jacobian = np.full((7, 7), np.nan)
    trajectory.coast_jacobian(start, dt_s, 1.0, jacobian)
    for column, h in enumerate(STEPS):
        slope = (4.0 * central(start, column, h, dt_s) - central(start, column, 2.0 * h, dt_s)) / 3.0  # Richardson
        assert np.abs((jacobian[:, column] - slope) * SIZES[column] / SIZES).max() < 2e-7


def test_the_flow_gives_the_same_bits_as_propagation_and_jacobian() -> None:
    out, flow, jacobian = np.empty(7), np.empty((7, 7)), np.empty((7, 7))
    for start in JACOBIAN_STARTS.values():
        trajectory.coast_flow(start, 3.0, 1.0, out, flow)
        trajectory.coast_jacobian(start, 3.0, 1.0, jacobian)
        assert out.tolist() == coast(start, 3.0, 1.0).tolist()
        assert flow.tolist() == jacobian.tolist()


def test_thrust_acts_along_the_velocity_and_straight_up_at_rest() -> None:
    start = [float(v) for v in SRBM]
    speed = sqrt(sum(v * v for v in start[3:6]))
    added = np.subtract(trajectory.boost_acceleration(*start, 30.0), trajectory.coast_acceleration(*start))
    assert added == pytest.approx([30.0 * v / speed for v in start[3:6]], abs=1e-12)
    rest = [units.WGS84_A_M, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0]
    assert np.subtract(trajectory.boost_acceleration(*rest, 30.0), trajectory.coast_acceleration(*rest)) == pytest.approx(
        [30.0, 0.0, 0.0], abs=1e-12
    )


def test_boost_without_thrust_is_coast_and_the_thrust_is_kept() -> None:
    out8 = np.empty(8)
    trajectory.boost_propagate(np.append(SRBM, 0.0), 5.0, 0.5, out8)
    assert out8[:7].tolist() == coast(SRBM, 5.0, 0.5).tolist()
    trajectory.boost_propagate(np.append(SRBM, 40.0), 5.0, 0.5, out8)
    assert out8[7] == 40.0
    gained = sqrt(sum(out8[3:6] ** 2)) - sqrt(sum(coast(SRBM, 5.0, 0.5)[3:6] ** 2))
    assert gained == pytest.approx(200.0, rel=0.02)  # thrust times time, less the small change of gravity along the path


def test_a_boost_there_and_back_returns_to_the_start() -> None:
    start = np.append(flight(alt_m=15e3, speed_mps=700.0, climb_deg=60.0, beta_kgpm2=15_000.0), 35.0)
    out = np.empty(8)
    trajectory.boost_propagate(start, 20.0, 0.1, out)
    trajectory.boost_propagate(out, -20.0, 0.1, out)
    assert out == pytest.approx(start, abs=1e-4)
