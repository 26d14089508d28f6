"""The field against WGS-84 normal gravity, a potential, and the apparent forces by the textbook."""

from math import sqrt

import pytest

from tests.kernels.flights import reference
from tocsin import units
from tocsin.kernels.gravity import gravity_rotating

WGS84 = reference("wgs84.toml")
# J4 of the level ellipsoid from its J2 (Heiskanen and Moritz 1967, equation 2-92); the kernel leaves it out.
J4 = -3.0 / 35.0 * units.WGS84_E2**2 * (10.0 * units.EARTH_J2 / units.WGS84_E2 - 1.0)


def j4_pull_mps2(radius_m: float, legendre: float) -> float:
    """Return what J4 adds to gravity on an axis of symmetry (downwards), m/s2."""
    return -5.0 * J4 * legendre * units.EARTH_MU_M3PS2 * units.WGS84_A_M**4 / radius_m**6


def test_gravity_at_the_equator_is_normal_gravity_but_for_j4() -> None:
    down = -gravity_rotating(units.WGS84_A_M, 0.0, 0.0, 0.0, 0.0, 0.0)[0]
    assert down == pytest.approx(WGS84["normal_gravity_equator_mps2"], abs=5e-5)
    assert down + j4_pull_mps2(units.WGS84_A_M, 3.0 / 8.0) == pytest.approx(
        WGS84["normal_gravity_equator_mps2"], abs=WGS84["gravity_tolerance_mps2"]
    )


def test_gravity_at_the_pole_is_normal_gravity_but_for_j4() -> None:
    down = -gravity_rotating(0.0, 0.0, units.WGS84_B_M, 0.0, 0.0, 0.0)[2]
    assert down == pytest.approx(WGS84["normal_gravity_pole_mps2"], abs=1.3e-4)
    assert down + j4_pull_mps2(units.WGS84_B_M, 1.0) == pytest.approx(
        WGS84["normal_gravity_pole_mps2"], abs=WGS84["gravity_tolerance_mps2"]
    )


def potential_m2ps2(x: float, y: float, z: float) -> float:
    """Return the potential of central field, J2 and rotation (Vallado, section 8.6), written independently."""
    r = sqrt(x * x + y * y + z * z)
    oblate = units.EARTH_J2 * (units.WGS84_A_M / r) ** 2 * (3.0 * (z / r) ** 2 - 1.0) / 2.0
    return units.EARTH_MU_M3PS2 / r * (1.0 - oblate) + 0.5 * units.EARTH_RATE_RADPS**2 * (x * x + y * y)


@pytest.mark.parametrize("point", [(3.1e6, -4.2e6, 3.9e6), (-2e6, 1e6, -6.2e6), (7e6, 8e6, 1e5), (6.4e6, 0.0, 0.0)])
def test_at_rest_the_acceleration_is_the_gradient_of_the_potential(point: tuple[float, float, float]) -> None:
    h = 50.0
    for axis, got in enumerate(gravity_rotating(*point, 0.0, 0.0, 0.0)):
        ahead = [value + h * (i == axis) for i, value in enumerate(point)]
        behind = [value - h * (i == axis) for i, value in enumerate(point)]
        assert got == pytest.approx((potential_m2ps2(*ahead) - potential_m2ps2(*behind)) / (2 * h), abs=2e-9)


def test_moving_adds_the_coriolis_acceleration_and_nothing_along_the_velocity() -> None:
    point, velocity = (3.1e6, -4.2e6, 3.9e6), (1200.0, -700.0, 2100.0)
    still = gravity_rotating(*point, 0.0, 0.0, 0.0)
    moving = gravity_rotating(*point, *velocity)
    added = [m - s for m, s in zip(moving, still, strict=True)]
    rate = units.EARTH_RATE_RADPS
    assert added == pytest.approx([2 * rate * velocity[1], -2 * rate * velocity[0], 0.0], abs=1e-14)
    assert sum(a * v for a, v in zip(added, velocity, strict=True)) == pytest.approx(0.0, abs=1e-10)
