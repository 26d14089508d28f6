"""Impact moments against flown samples, lift against an independent integration, and rings that hold their points anywhere."""

# ruff: noqa: N806 - matrices keep their textbook names

from collections.abc import Callable
from math import cos, exp, hypot, pi, radians, sin

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from tests.kernels.flights import flight
from tocsin.kernels import impact
from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.geodesy import altitude_and_up, altitude_m, ecef2geodetic, geodetic2ecef, ground_destination, ground_inverse
from tocsin.kernels.gravity import gravity_rotating
from tocsin.kernels.trajectory import HIT, propagate_to_altitude

Array = NDArray[np.float64]
LONG_S = 7_200.0
# chi-square quantiles, 2 degrees of freedom: -2 ln(1 - p)
CONTOURS = {0.50: 1.386, 0.90: 4.605, 0.95: 5.991}
# kind: (start, 1-sigma m, m/s, ln beta)
CASES = {
    "lofted": (flight(alt_m=60e3, speed_mps=2_500.0, climb_deg=72.0), 100.0, 10.0, 0.30),
    "depressed": (flight(alt_m=40e3, speed_mps=2_000.0, climb_deg=20.0), 30.0, 1.5, 0.30),
    "long range": (flight(alt_m=100e3, speed_mps=6_000.0, climb_deg=35.0), 60.0, 3.0, 0.30),
    "near the ground": (flight(alt_m=9e3, speed_mps=1_500.0, climb_deg=-35.0), 50.0, 5.0, 0.30),
    "hardly known": (flight(alt_m=45e3, speed_mps=2_000.0, climb_deg=40.0), 500.0, 60.0, 0.30),
    "over the pole": (flight(alt_m=60e3, speed_mps=2_500.0, climb_deg=45.0, azimuth_deg=0.0, lat_deg=84.0), 100.0, 10.0, 0.30),
}


def fall(state: Array) -> Array:
    """Latitude, longitude, time of the impact."""
    out = np.empty(7)
    status, time_s, _, _ = propagate_to_altitude(state, 0.0, LONG_S, out)
    assert status == HIT
    lat, lon, _ = ecef2geodetic(*out[:3])
    return np.array((lat, lon, time_s))


def off(centre: Array, place: Array) -> tuple[float, float]:
    """East and north of a centre."""
    distance, bearing = ground_inverse(float(centre[0]), float(centre[1]), float(place[0]), float(place[1]))
    return distance * sin(bearing), distance * cos(bearing)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_contours_hold_what_they_say_of_flown_samples(case: str) -> None:
    state, sigma_m, sigma_mps, sigma_ln = CASES[case]
    P = np.diag([sigma_m**2] * 3 + [sigma_mps**2] * 3 + [sigma_ln**2])
    out, mean, cov = np.empty(4), np.empty(4), np.empty((4, 4))
    assert impact.impact_moments(state, P, LONG_S, out, mean, cov)
    assert out[:3] == pytest.approx(fall(state), rel=1e-9)
    centre = np.array(ground_destination(out[0], out[1], float(np.arctan2(mean[0], mean[1])), hypot(mean[0], mean[1])))
    rng = np.random.default_rng(11)
    n = 1_500
    flown = [fall(state + np.sqrt(np.diag(P)) * rng.standard_normal(7)) for _ in range(n)]
    errors = np.array([off(centre, place) for place in flown])
    chi2 = np.einsum("ij,jk,ik->i", errors, np.linalg.inv(cov[:2, :2]), errors)
    for share, limit in CONTOURS.items():
        spread = 3.0 * np.sqrt(share * (1.0 - share) / n)
        heavy_tail = 0.06 if share == 0.5 else 0.02  # exp(ln beta) makes the tail longer and the middle denser
        assert np.mean(chi2 < limit) == pytest.approx(share, abs=spread + heavy_tail)
    late = np.abs(np.array([place[2] for place in flown]) - out[2] - mean[2]) / np.sqrt(cov[2, 2])
    assert np.mean(late < 1.960) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("case", CASES)
def test_without_lift_it_comes_down_where_the_finer_steps_do(case: str) -> None:
    out = np.empty(4)
    state = CASES[case][0]
    assert impact.fall_with_lift(state, 0.0, 0.0, LONG_S, out)
    assert hypot(*off(fall(state), out)) < 10.0
    assert out[2] == pytest.approx(fall(state)[2], abs=0.02)


def rates(_: float, y: Array, lift_to_drag: float, bank_rad: float, ln_beta: float) -> Array:
    """Equations of motion with lift, vectors and all, written again."""
    alt, *up = altitude_and_up(*y[:3])
    v, up = y[3:6], np.array(up)
    speed = np.linalg.norm(v)
    drag = 0.5 * density_kgpm3(alt) * speed**2 * exp(-ln_beta)
    sin_climb = up @ v / speed
    a = np.array(gravity_rotating(*y)) - drag * v / speed
    if alt < 50e3 and sin_climb < 0.0:
        right = np.cross(v, up)
        right /= np.linalg.norm(right)
        above = np.cross(right, v) / speed
        a += lift_to_drag * drag * min(1.0, -sin_climb / 0.10) * (cos(bank_rad) * above + sin(bank_rad) * right)
    return np.concatenate([v, a])


@pytest.mark.parametrize(("lift_to_drag", "bank_rad"), [(0.5, 0.0), (2.0, 0.0), (2.0, 0.35), (1.0, -0.35)])
def test_a_pull_up_ends_where_an_independent_integration_ends(lift_to_drag: float, bank_rad: float) -> None:
    state = flight(alt_m=50e3, speed_mps=2_000.0, climb_deg=-35.0)

    def ground(_: float, y: Array, *_args: float) -> float:
        return altitude_m(*y[:3])

    ground.terminal = True
    done = solve_ivp(
        rates, (0.0, 2_000.0), state[:6], args=(lift_to_drag, bank_rad, state[6]), events=ground, rtol=1e-8, atol=1e-3, max_step=1.0
    )
    lat, lon, _ = ecef2geodetic(*done.y_events[0][0][:3])
    out = np.empty(4)
    assert impact.fall_with_lift(state, lift_to_drag, bank_rad, LONG_S, out)
    flown_m = hypot(*off(np.array((lat, lon)), fall(state)))
    assert flown_m > 10e3
    assert hypot(*off(np.array((lat, lon)), out)) < 0.01 * flown_m + 20.0


def test_what_never_comes_down_has_neither_moments_nor_rows_of_falls() -> None:
    state = flight(alt_m=400e3, speed_mps=12_000.0, climb_deg=30.0)
    assert not impact.impact_moments(state, np.eye(7), LONG_S, np.empty(4), np.empty(4), np.empty((4, 4)))
    assert not impact.fall_with_lift(state, 0.0, 0.0, LONG_S, np.empty(4))


PLACES = [(0.0, 0.0), (60.0, 179.95), (-60.0, -179.95), (89.9, 30.0), (-90.0, 0.0)]


@pytest.mark.parametrize(("lat_deg", "lon_deg"), PLACES)
def test_a_ring_holds_its_points_with_their_spread_at_the_date_line_and_at_the_poles(lat_deg: float, lon_deg: float) -> None:
    centre = np.array((radians(lat_deg), radians(lon_deg)))
    spots = [(0.0, 0.0), (200e3, 0.5), (150e3, 3.5), (300e3, 5.0), (50e3, 2.0)]
    rows = np.array([(*ground_destination(centre[0], centre[1], bearing, distance), 1.0) for distance, bearing in spots])
    ring = np.empty((impact.RING_POINTS, 2))
    used = impact.ring_around(centre[0], centre[1], rows, len(rows), np.array(((5e3, 0.0), (1e3, 3e3))), 0.0, 500.0, ring)
    assert 8 <= used <= 39
    assert np.all(np.abs(ring[:used, 0]) <= pi / 2)
    assert np.all(np.abs(ring[:used, 1]) <= pi)
    corners = np.array([off(centre, corner) for corner in ring[:used]])
    edges = np.roll(corners, -1, axis=0) - corners
    for row in rows:
        for angle in np.linspace(0.0, 2.0 * pi, 16):
            shift = np.array((5e3 * cos(angle), 1e3 * cos(angle) + 3e3 * sin(angle)))
            point = shift + off(centre, row)
            cross = edges[:, 0] * (point[1] - corners[:, 1]) - edges[:, 1] * (point[0] - corners[:, 0])
            assert np.all(cross > -1e3 * np.linalg.norm(edges, axis=1))  # inside every edge, 1 km for dropped corners
    assert np.max(np.hypot(*corners.T)) < 306e3


def test_points_that_reach_nowhere_make_no_ring() -> None:
    rows = np.array([(0.6, 2.0, 1.0), (0.60001, 2.0, 1.0)])
    assert impact.ring_around(0.6, 2.0, rows, 2, np.eye(2) * 100.0, 0.0, 500.0, np.empty((impact.RING_POINTS, 2))) == 0


def test_compiled_and_plain_kernels_give_the_same_bits() -> None:
    def plain(kernel: Callable[..., object]) -> Callable[..., object]:
        return getattr(kernel, "py_func", kernel)

    state = flight(alt_m=30e3, speed_mps=1_800.0, climb_deg=20.0)
    landing = fall(state)
    results = []
    for twin in (lambda kernel: kernel, plain):
        rows, ring, out = np.zeros((impact.POINTS, 4)), np.zeros((impact.RING_POINTS, 2)), np.empty(4)
        count = twin(impact.manoeuvre_points)(state, landing, 0.3, 25.0, 40.0, rows)
        twin(impact.ring_around)(landing[0], landing[1], rows, count, np.eye(2) * 2e3, 500.0, 500.0, ring)
        twin(impact.fall_with_lift)(state, 1.5, 0.2, LONG_S, out)
        results.append((count, rows.tobytes(), ring.tobytes(), out.tobytes()))
    assert results[0] == results[1]
    assert results[0][0] == 19  # 5 pull-ups, 5 losses of speed, 4 parts of a burn, 3 glides after it, 2 to its sides
    assert altitude_m(*geodetic2ecef(float(landing[0]), float(landing[1]), 0.0)) == pytest.approx(0.0, abs=1e-6)
