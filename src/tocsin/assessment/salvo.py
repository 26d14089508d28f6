"""Which missiles belong together: one site, within 15 minutes of each other, chained. Counting lives here too."""

from math import sqrt
from typing import Final

from tocsin.assessment.record import Record
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.track import LaunchEstimate
from tocsin.units import KM, NS_PER_S

SALVO_NS: Final = 900 * NS_PER_S  # 15 minutes: the two launches of 2023-08-30 were 8 minutes apart
SITE_M: Final = 30.0 * KM  # launchers of one site disperse so far; published site positions differ by 12 km
SITE_SIGMAS: Final = 2.0  # of both launch ellipses, added to it
REGION_M: Final = 100.0 * KM  # without launch estimates: first seen so near to each other
SUSPECTED_SHARE: Final = 0.5  # what a suspected missile adds to the estimated count


def same_site(one: Record, other: Record) -> bool:
    """True if two missiles may have left one site, by launch ellipses, or by where they were first seen."""
    if one.launch is None or other.launch is None:
        apart_m = ground_distance_m(one.first_lat_rad, one.first_lon_rad, other.first_lat_rad, other.first_lon_rad)
        return bool(apart_m <= REGION_M)
    apart_m = ground_distance_m(one.launch.lat_rad, one.launch.lon_rad, other.launch.lat_rad, other.launch.lon_rad)
    spread_m = sqrt(_largest_variance(one.launch) + _largest_variance(other.launch))
    return bool(apart_m <= SITE_M + SITE_SIGMAS * spread_m)


def find_salvo(record: Record, others: tuple[Record, ...]) -> str | None:
    """Return the salvo of the latest earlier missile from the same site within 15 minutes, else None."""
    for other in reversed(others):
        near = abs(launch_time_ns(record) - launch_time_ns(other)) <= SALVO_NS
        if other is not record and other.status != "cancelled" and near and same_site(record, other):
            return other.salvo
    return None


def count(record: Record, others: tuple[Record, ...]) -> tuple[int, float]:
    """Return (at least, estimate) of the missiles in a record's salvo: confirmed ones, and half of the suspected."""
    at_least, estimate = 0, 0.0
    for other in others:
        if other.salvo == record.salvo and other.status != "cancelled":
            if other.status == "suspected":
                estimate += SUSPECTED_SHARE
            else:
                at_least += 1
    return at_least, at_least + estimate


def launch_time_ns(record: Record) -> int:
    """Launch time if estimated, else the first detection."""
    return record.launch.time_ns if record.launch is not None else record.fused.first_plot_ns


def _largest_variance(launch: LaunchEstimate) -> float:
    """Larger eigenvalue of the 2 x 2 covariance."""
    ee, en, nn = launch.cov_en_m2
    return 0.5 * (ee + nn) + sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
