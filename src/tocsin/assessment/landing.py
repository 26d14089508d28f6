"""What a predicted impact means on the map: zones, areas, and the answers for each nation. Approximate, no legal value.

All of them come from the same samples of the impact ellipse. A thrust-ended-now trace gets no answers: it raises no alert.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, sqrt
from typing import Final

from tocsin.assessment.estimate import BOOST_LEVEL, fall_of
from tocsin.assessment.samples import ellipse_samples
from tocsin.geography.areas import area_nation, area_probabilities
from tocsin.geography.zones import NOTICE, Zones, zone_of, zone_probabilities
from tocsin.messages.basics import Nation
from tocsin.messages.event import ImpactEstimate
from tocsin.messages.track import FusedTrack
from tocsin.units import DEG, KM, NS_PER_S

PART_SIGMAS: Final = 2.0  # of a part's ellipse, as a radius: about 95 %
PART_WIDEST_M: Final = 100.0 * KM  # a drop zone wider than that helps nobody yet
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
    """Return the answers for a predicted impact, the EEZ limits blurred by their error at each place; empty for a trace."""
    if impact is None or impact.basis == "thrust-ended-now":
        return NOWHERE
    lat, lon = ellipse_samples(impact.lat_rad, impact.lon_rad, cos(impact.lat_rad), impact.cov_en_m2)
    labels = zone_probabilities(zones, lat, lon)
    areas = area_probabilities(zones, lat, lon)
    shares = dict(labels)
    return Landing(labels, areas, _outside(nations, shares), _land(nations, shares, areas))


def _outside(nations: tuple[Nation, ...], shares: dict[str, float]) -> tuple[tuple[Nation, float], ...]:
    """P outside each nation's EEZ: not on its land, in its territorial sea, contiguous zone or EEZ."""
    return tuple((nation, min(1.0, max(0.0, 1.0 - sum(shares.get(f"{band}:{nation}", 0.0) for band in BANDS)))) for nation in nations)


def _land(nations: tuple[Nation, ...], shares: dict[str, float], areas: Shares) -> tuple[tuple[Nation, float], ...]:
    """P on each nation's land: of its areas together, and never less than by the zones (islets that no area holds)."""
    by_area: dict[Nation, float] = {}
    for code, p in areas:
        nation = area_nation(code)
        by_area[nation] = by_area.get(nation, 0.0) + p
    return tuple((nation, min(1.0, max(shares.get(f"land:{nation}", 0.0), by_area.get(nation, 0.0)))) for nation in nations)


def part_falls(track: FusedTrack, zones: Zones) -> str | None:
    """Return where and when a spent stage or debris comes down, in words for the watch; None while that is not known well enough.

    Parts are ballistic objects without an event of their own: they are no missiles, but ships and aircraft are below them too.
    """
    fall = fall_of(track) if track.models.boost <= BOOST_LEVEL else None
    if fall is None:
        return None
    impact = fall.impact
    radius_m = PART_SIGMAS * sqrt(max(0.0, impact.cov_en_m2[0] + impact.cov_en_m2[2]))
    if radius_m > PART_WIDEST_M:
        return None
    zone = zone_of(zones, impact.lat_rad, impact.lon_rad).label
    when = datetime.fromtimestamp(impact.time_ns // NS_PER_S, tz=UTC).strftime("%H:%M:%SZ")
    place = f"{impact.lat_rad / DEG:.2f}, {impact.lon_rad / DEG:.2f}"
    return f"its part {track.track} is predicted to come down at {when} near {place} within {radius_m / KM:.0f} km, {zone} ({NOTICE})"
