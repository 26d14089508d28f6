"""US Standard Atmosphere 1976: density, temperature and speed of sound against altitude. No wind, no weather.

Source: U.S. Standard Atmosphere, 1976, NOAA-S/T 76-1562 = NASA-TM-X-74335: tables 2 (constants) and 4 (layers),
equations 18, 23, 33a/b, 42, 50. Simplifications: altitude above the ellipsoid is taken for altitude above sea level; from
86 km an isothermal tail (within 5 % of the table to 110 km, 25 % thin at 120 km, where drag no longer matters).
"""

from math import exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel
from tocsin.units import STANDARD_GRAVITY_MPS2

GAS_JPKGK: Final = 8314.32 / 28.9644  # R* / M0 of the standard
HEAT_RATIO: Final = 1.4
GEOPOTENTIAL_RADIUS_M: Final = 6_356_766.0
SEA_LEVEL_PRESSURE_PA: Final = 101_325.0
SEA_LEVEL_TEMPERATURE_K: Final = 288.15
HYDROSTATIC_KPM: Final = STANDARD_GRAVITY_MPS2 / GAS_JPKGK  # 0.0341632 K/m
BASES_M: Final = (0.0, 11_000.0, 20_000.0, 32_000.0, 47_000.0, 51_000.0, 71_000.0)  # geopotential
LAPSES_KPM: Final = (-6.5e-3, 0.0, 1.0e-3, 2.8e-3, 0.0, -2.8e-3, -2.0e-3)
LOWEST_M: Final = -1_000.0  # below this the air is held constant: no flight goes there
TAIL_BASE_M: Final = 86_000.0  # geometric; the standard's own change of method
AIR_TOP_M: Final = 200_000.0  # above this density 0: the tail is 1e-14 kg/m3 there, drag below 1e-9 m/s2


def _layer_table() -> NDArray[np.float64]:
    """Return [7, 5]: base geopotential m, base temperature K, lapse K/m, base density kg/m3, exponent per layer.

    Gradient layers: rho = base (T / T_base)^exponent. Isothermal: rho = base exp(exponent (H - base)), exponent in 1/m.
    """
    rows: list[list[float]] = []
    temperature = SEA_LEVEL_TEMPERATURE_K
    density = SEA_LEVEL_PRESSURE_PA / (GAS_JPKGK * temperature)
    for i, (base, lapse) in enumerate(zip(BASES_M, LAPSES_KPM, strict=True)):
        exponent = -(1.0 + HYDROSTATIC_KPM / lapse) if lapse else -HYDROSTATIC_KPM / temperature
        rows.append([base, temperature, lapse, density, exponent])
        if i + 1 < len(BASES_M):
            rise = BASES_M[i + 1] - base
            density *= exp(exponent * (log((temperature + lapse * rise) / temperature) if lapse else rise))
            temperature += lapse * rise
    return np.array(rows)


LAYERS: Final = _layer_table()
_TAIL_RATIO: Final = GEOPOTENTIAL_RADIUS_M / (GEOPOTENTIAL_RADIUS_M + TAIL_BASE_M)
TAIL_TEMPERATURE_K: Final = float(LAYERS[6, 1] + LAYERS[6, 2] * (TAIL_BASE_M * _TAIL_RATIO - BASES_M[6]))
TAIL_DENSITY_KGPM3: Final = float(LAYERS[6, 3]) * exp(float(LAYERS[6, 4]) * log(TAIL_TEMPERATURE_K / float(LAYERS[6, 1])))
TAIL_DECAY_PM: Final = HYDROSTATIC_KPM * _TAIL_RATIO * _TAIL_RATIO / TAIL_TEMPERATURE_K  # 1 / 5 621 m


@kernel
def density_and_decay(alt_m: float) -> tuple[float, float]:
    """Return (density kg/m3, -d ln(density) / d altitude in 1/m) at a geometric altitude; one exp and at most one log."""
    if alt_m >= TAIL_BASE_M:
        if alt_m >= AIR_TOP_M:
            return 0.0, 0.0
        return TAIL_DENSITY_KGPM3 * exp((TAIL_BASE_M - alt_m) * TAIL_DECAY_PM), TAIL_DECAY_PM
    held_m = max(alt_m, LOWEST_M)
    ratio = GEOPOTENTIAL_RADIUS_M / (GEOPOTENTIAL_RADIUS_M + held_m)
    geopotential_m = held_m * ratio
    i = _layer(geopotential_m)
    rise_m = geopotential_m - LAYERS[i, 0]
    lapse = LAYERS[i, 2]
    temperature = LAYERS[i, 1] + lapse * rise_m
    power = rise_m
    if lapse != 0.0:
        power = log(temperature / LAYERS[i, 1])
    decay = 0.0
    if alt_m > LOWEST_M:
        decay = (HYDROSTATIC_KPM + lapse) * ratio * ratio / temperature
    return LAYERS[i, 3] * exp(LAYERS[i, 4] * power), decay


@kernel
def density_kgpm3(alt_m: float) -> float:
    """Return the air density in kg/m3 at a geometric altitude; 0 from 200 km, constant below -1 km."""
    return density_and_decay(alt_m)[0]


@kernel
def temperature_k(alt_m: float) -> float:
    """Return the molecular-scale temperature in K: the air's own to 80 km (within 0.05 % to 86 km), 186.946 K above."""
    if alt_m >= TAIL_BASE_M:
        return TAIL_TEMPERATURE_K
    held_m = max(alt_m, LOWEST_M)
    geopotential_m = held_m * GEOPOTENTIAL_RADIUS_M / (GEOPOTENTIAL_RADIUS_M + held_m)
    i = _layer(geopotential_m)
    temperature: float = LAYERS[i, 1] + LAYERS[i, 2] * (geopotential_m - LAYERS[i, 0])
    return temperature


@kernel
def speed_of_sound_mps(alt_m: float) -> float:
    """Return the speed of sound in m/s (equation 50); the standard gives none above 86 km, there its value is held."""
    return sqrt(HEAT_RATIO * GAS_JPKGK * temperature_k(alt_m))


@kernel
def _layer(geopotential_m: float) -> int:
    """Return the index of the layer that holds a geopotential altitude."""
    i = 0
    while i < 6 and geopotential_m >= LAYERS[i + 1, 0]:
        i += 1
    return i
