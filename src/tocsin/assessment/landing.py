"""What a predicted impact means on the map: zones, areas, and the answers for each nation. Approximate, no legal value.

All of them come from the same samples of the impact ellipse. A thrust-ended-now trace gets no answers: it raises no alert.
"""

from dataclasses import dataclass
from math import cos
from typing import Final

from tocsin.assessment.samples import ellipse_samples
from tocsin.geography.areas import area_nation, area_probabilities
from tocsin.geography.zones import EEZ_LIMIT_SIGMA_M, Zones, zone_probabilities
from tocsin.messages.basics import Nation
from tocsin.messages.event import ImpactEstimate

BANDS: Final = ("land", "territorial", "contiguous", "eez")
Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Landing:
    """Probabilities by zone label and by area code, and for each nation outside its EEZ and on its land; all sorted."""

    zones: Shares = ()
    areas: Shares = ()
    outside_eez: tuple[tuple[Nation, float], ...] = ()
    land: tuple[tuple[Nation, float], ...] = ()


NOWHERE: Final = Landing()


def landing_of(zones: Zones, nations: tuple[Nation, ...], impact: ImpactEstimate | None) -> Landing:
    """Return the answers for a predicted impact, the EEZ limits blurred by their own error; empty for a trace."""
    if impact is None or impact.basis == "thrust-ended-now":
        return NOWHERE
    lat, lon = ellipse_samples(impact.lat_rad, impact.lon_rad, cos(impact.lat_rad), impact.cov_en_m2)
    labels = zone_probabilities(zones, lat, lon, EEZ_LIMIT_SIGMA_M)
    areas = area_probabilities(zones, lat, lon)
    shares = dict(labels)
    return Landing(labels, areas, _outside(zones, nations, shares), _land(nations, shares, areas))


def _outside(zones: Zones, nations: tuple[Nation, ...], shares: dict[str, float]) -> tuple[tuple[Nation, float], ...]:
    """P outside each nation's EEZ: not on its land, in its territorial sea, contiguous zone or EEZ.

    Off the grid nothing is said about nations whose EEZ it holds only in part.
    """
    covered = shares.get("not-covered", 0.0) <= 0.0
    return tuple(
        (nation, min(1.0, max(0.0, 1.0 - sum(shares.get(f"{band}:{nation}", 0.0) for band in BANDS))))
        for nation in nations
        if covered or nation in zones.meta.whole_eez
    )


def _land(nations: tuple[Nation, ...], shares: dict[str, float], areas: Shares) -> tuple[tuple[Nation, float], ...]:
    """P on each nation's land: of its areas together, and never less than by the zones (islets that no area holds)."""
    by_area: dict[Nation, float] = {}
    for code, p in areas:
        nation = area_nation(code)
        by_area[nation] = by_area.get(nation, 0.0) + p
    return tuple((nation, min(1.0, max(shares.get(f"land:{nation}", 0.0), by_area.get(nation, 0.0)))) for nation in nations)
