"""The air against the printed tables of the U.S. Standard Atmosphere, 1976."""

from itertools import pairwise
from math import inf, log

import pytest

from tests.kernels.flights import reference
from tocsin.kernels.atmosphere import AIR_TOP_M, TAIL_BASE_M, density_and_decay, density_kgpm3, speed_of_sound_mps, temperature_k

TABLE = reference("ussa1976.toml")
LAYER_BASES_GEOMETRIC_M = (11_019.1, 20_063.1, 32_161.9, 47_350.1, 51_412.5, 71_802.0, 86_000.0)  # geopotential 11, 20, 32, 47, 51, 71 km


@pytest.mark.parametrize(("alt_m", "temperature", "density"), TABLE["row"])
def test_density_and_temperature_are_those_of_the_printed_table(alt_m: float, temperature: float, density: float) -> None:
    assert density_kgpm3(alt_m) == pytest.approx(density, rel=TABLE["density_tolerance"])
    assert temperature_k(alt_m) == pytest.approx(temperature, rel=TABLE["temperature_tolerance"])


@pytest.mark.parametrize(("alt_m", "speed"), TABLE["sound"])
def test_the_speed_of_sound_is_that_of_the_printed_table(alt_m: float, speed: float) -> None:
    assert speed_of_sound_mps(alt_m) == pytest.approx(speed, abs=0.01)


@pytest.mark.parametrize(("alt_m", "density"), TABLE["tail"])
def test_the_tail_above_86_km_stays_near_the_printed_table(alt_m: float, density: float) -> None:
    assert density_kgpm3(alt_m) == pytest.approx(density, rel=TABLE["tail_tolerance"])


@pytest.mark.parametrize("base_m", LAYER_BASES_GEOMETRIC_M)
def test_density_and_temperature_do_not_jump_between_layers(base_m: float) -> None:
    assert density_kgpm3(base_m + 1.0) == pytest.approx(density_kgpm3(base_m - 1.0), rel=5e-4)
    assert temperature_k(base_m + 1.0) == pytest.approx(temperature_k(base_m - 1.0), abs=0.01)


def test_density_only_falls_with_altitude() -> None:
    densities = [density_kgpm3(100.0 * i) for i in range(-20, 2001)]
    assert all(upper <= lower for lower, upper in pairwise(densities))
    assert min(densities[:-1]) > 0.0


@pytest.mark.parametrize("alt_m", [-900.0, 0.0, 5e3, 15e3, 25e3, 40e3, 49e3, 60e3, 80e3, 90e3, 150e3])
def test_the_decay_is_the_slope_of_the_density(alt_m: float) -> None:
    slope = (log(density_kgpm3(alt_m + 1.0)) - log(density_kgpm3(alt_m - 1.0))) / 2.0
    assert density_and_decay(alt_m)[1] == pytest.approx(-slope, rel=1e-6)


def test_below_minus_1_km_the_air_is_held() -> None:
    assert density_and_decay(-5_000.0) == (density_kgpm3(-1_000.0), 0.0)
    assert density_kgpm3(-1_000.0) == pytest.approx(1.3470, rel=1e-3)  # printed row of the same table
    assert temperature_k(-inf) == temperature_k(-1_000.0)


def test_from_200_km_there_is_no_air() -> None:
    assert density_and_decay(AIR_TOP_M) == (0.0, 0.0)
    assert 0.0 < density_kgpm3(AIR_TOP_M - 1.0) < 2e-14
    assert temperature_k(AIR_TOP_M) == temperature_k(TAIL_BASE_M)
