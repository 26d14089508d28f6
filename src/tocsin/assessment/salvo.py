"""Which missiles belong together: one site, within 15 minutes of each other, chained. Counting lives here too."""

from collections.abc import Mapping
from math import dist, sqrt
from typing import Final

import numpy as np

from tocsin.assessment.record import Record
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.kernels.trajectory import coast_propagate
from tocsin.messages.track import LaunchEstimate
from tocsin.units import KM, NS_PER_S, seconds_between

SALVO_NS: Final = 900 * NS_PER_S  # 15 minutes: the two launches of 2023-08-30 were 8 minutes apart
SITE_M: Final = 30.0 * KM  # launchers of one site disperse so far; published site positions differ by 12 km
SITE_SIGMAS: Final = 2.0  # of both launch ellipses, added to it
REGION_M: Final = 100.0 * KM  # without launch estimates: first seen so near to each other
SUSPECTED_SHARE: Final = 0.5  # what a suspected missile adds to the estimated count
OVERLAP_S: Final = 2.0  # a track may take some last plots of a missile that a new one has already begun to follow
LONGEST_GAP_S: Final = 60.0  # a manoeuvring missile is found again sooner, where anything sees it
TURN_MPS2: Final = 60.0  # 6 g: a strong boost-back, or the lift of a pull-up
SURE_BURN_S: Final = 12.0  # what coasts is taken to burn for 5-10 s after it was first seen; missiles are seen burning for 20-60 s
STAGE_SLACK_NS: Final = 5 * NS_PER_S  # one radar sees the stage a scan or two before the missile
MOST_STAGES: Final = 2  # that one missile leaves while it burns: a spent stage, and what held the two together
LAUNCH_SLACK_S: Final = 5.0
LAUNCH_SIGMAS: Final = 3.0
SLACK_M: Final = 2_000.0  # of two young tracks
SLACK_MPS: Final = 150.0
STEP_S: Final = 1.0


Apart = Mapping[str, tuple[str, int]]  # national track -> (group that flew together, objects it held at least); see tracking.apart


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


def counts(records: tuple[Record, ...], apart: Apart) -> dict[str, tuple[int, float]]:
    """Return salvo -> (at least, estimate) of its missiles: confirmed ones, and half of the suspected. Records in order of birth.

    "At least" must be true: a missile that was first seen after another of the salvo was lost, where a manoeuvre could
    have brought that one, may be the same; it then counts half in the estimate only. And of the missiles whose tracks are in
    ``apart``, no more count than had plots of their own in one scan: in a dense salvo tracks are made and lost.
    """
    found: dict[str, tuple[int, float]] = {}
    confirmed: dict[str, list[Record]] = {}
    stages: dict[str, int] = {}  # missile -> what counts as perhaps left by it
    for record in records:
        if record.status == "cancelled":
            continue
        at_least, estimate = found.get(record.salvo, (0, 0.0))
        if record.status == "suspected":
            found[record.salvo] = at_least, estimate + SUSPECTED_SHARE
            continue
        missile = missile_of_stage(record, records)
        if missile is not None and stages.get(missile.event, 0) < MOST_STAGES:
            stages[missile.event] = stages.get(missile.event, 0) + 1
            found[record.salvo] = at_least, estimate + SUSPECTED_SHARE
            continue
        free = confirmed.setdefault(record.salvo, [])  # not yet taken for the beginning of another
        before = next((k for k, other in enumerate(free) if may_be_same(other, record)), None)
        if before is None:
            found[record.salvo] = at_least + 1, estimate + 1.0
        else:
            del free[before]
            found[record.salvo] = at_least, estimate + SUSPECTED_SHARE
        free.append(record)
    return {salvo: (min(count[0], _seen_apart(confirmed.get(salvo, []), apart)), count[1]) for salvo, count in found.items()}


def _seen_apart(records: list[Record], apart: Apart) -> int:
    """Return how many missiles stand behind some events at least: groups by their plots, events of no known group one each."""
    total = 0
    groups: dict[str, int] = {}
    for record in records:
        known = [apart[view.track] for _, (_, view) in sorted(record.views.items()) if view.track in apart]
        if not known:
            total += 1
        groups.update(known[:1])
    return total + sum(groups.values())


def missile_of_stage(record: Record, others: tuple[Record, ...]) -> Record | None:
    """Return the missile that may have left what was not seen to burn for long: it was flying by then, burnt on, and left at that time."""
    first = record.first
    if first is None or _burnt_s(record) > SURE_BURN_S:
        return None
    for other in others:
        if other is record or other.salvo != record.salvo or other.status == "cancelled" or other.first is None:
            continue
        flying = other.first.first_plot_ns <= first.first_plot_ns + STAGE_SLACK_NS
        burning = other.surely_burning_ns is not None and other.surely_burning_ns > first.first_plot_ns
        if flying and burning and _burnt_s(other) > SURE_BURN_S and _same_launch(record.launch, other.launch):
            return other
    return None


def _burnt_s(record: Record) -> float:
    """Return for how long it was seen, or taken at first, to burn."""
    if record.surely_burning_ns is None or record.first is None:
        return 0.0
    return seconds_between(record.surely_burning_ns, record.first.first_plot_ns)


def _same_launch(one: LaunchEstimate | None, other: LaunchEstimate | None) -> bool:
    """True unless two launch times are told apart; what coasted from the first is told too early by its unseen burn."""
    if one is None or other is None:
        return True
    apart_s = abs(seconds_between(one.time_ns, other.time_ns))
    return apart_s <= LAUNCH_SLACK_S + LAUNCH_SIGMAS * (one.time_sigma_s + other.time_sigma_s)


def may_be_same(before: Record, after: Record) -> bool:
    """True if one missile was last seen before the other was first seen, and could have got there by turning hard."""
    last, first = before.last, after.first
    if last is None or first is None:
        return False
    gap_s = seconds_between(first.first_plot_ns, last.last_plot_ns)
    if not -OVERLAP_S <= gap_s <= LONGEST_GAP_S:
        return False
    ahead_s = seconds_between(first.time_ns, last.time_ns)
    x = np.empty(7)
    coast_propagate(np.array((*last.pos_ecef_m, *last.vel_ecef_mps, last.ln_beta)), ahead_s, STEP_S, x)
    turn_s = abs(ahead_s)
    off_m = dist(x[:3].tolist(), first.pos_ecef_m)
    off_mps = dist(x[3:6].tolist(), first.vel_ecef_mps)
    return off_m <= SLACK_M + 0.5 * TURN_MPS2 * turn_s * turn_s and off_mps <= SLACK_MPS + TURN_MPS2 * turn_s


def launch_time_ns(record: Record) -> int:
    """Launch time if estimated, else the first detection."""
    return record.launch.time_ns if record.launch is not None else record.fused.first_plot_ns


def _largest_variance(launch: LaunchEstimate) -> float:
    """Larger eigenvalue of the 2 x 2 covariance."""
    ee, en, nn = launch.cov_en_m2
    return 0.5 * (ee + nn) + sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
