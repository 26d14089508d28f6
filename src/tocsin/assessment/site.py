"""The known launch site nearest to an estimated launch point: a hint for people, never a fact and never used in an estimate."""

from math import sqrt
from typing import Final

from tocsin.geography.sites import nearest_site
from tocsin.messages.event import SiteHint
from tocsin.messages.track import LaunchEstimate
from tocsin.units import KM

SIGMAS: Final = 3.0  # the site may lie so far outside the launch ellipse ...
PUBLISHED_M: Final = 12.0 * KM  # ... and published positions of one site differ so much (Hamju and Sondok, 25 March 2021)
WIDEST_M: Final = 100.0 * KM  # an ellipse with three sigmas beyond holds several sites: naming one of them would mislead


def site_hint(launch: LaunchEstimate | None) -> SiteHint | None:
    """Return the nearest site if the launch ellipse reaches it; None without a launch point, or if it is too wide to tell."""
    if launch is None:
        return None
    ee, en, nn = launch.cov_en_m2
    largest = 0.5 * (ee + nn) + sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
    reach_m = SIGMAS * sqrt(max(0.0, largest))
    if reach_m > WIDEST_M:
        return None
    site = nearest_site(launch.lat_rad, launch.lon_rad)
    if site is None or site.distance_m > reach_m + PUBLISHED_M:
        return None
    return SiteHint(name=site.name, distance_m=site.distance_m)
