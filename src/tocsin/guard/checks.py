"""Building blocks of the allow-list: each check looks at one JSON value and raises GuardDenied if it is not as published.

A check is called with the value, the grids of the rule in force, and the value's name for the error text.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from tocsin.guard.denied import GuardDenied
from tocsin.guard.strict_json import Json
from tocsin.units import WGS84_A_M

MAX_INTEGER: Final = 2**63 - 1
MAX_TEXT: Final = 2_000  # characters
MAX_ENTRIES: Final = 1_024  # of any list
MAX_MAGNITUDE: Final = 1e18  # covariance of a lost track in m2 is below 1e15; larger means a broken stage


class Grids(msgspec.Struct, frozen=True):
    """What the rule in force rounds to; 0 = not rounded."""

    position_m: float
    velocity_mps: float

    @property
    def coarse(self) -> bool:
        """True if anything at all is rounded."""
        return self.position_m > 0.0 or self.velocity_mps > 0.0


Check = Callable[[Json, Grids, str], None]
Step = Callable[[Grids], float]


def exactly(_grids: Grids) -> float:
    """No grid."""
    return 0.0


def by_position(grids: Grids) -> float:
    """The position grid, metres."""
    return grids.position_m


def by_velocity(grids: Grids) -> float:
    """The velocity grid, m/s; also per second for thrust."""
    return grids.velocity_mps


def by_position_tenth(grids: Grids) -> float:
    """A tenth of the position grid, for standard deviations."""
    return grids.position_m / 10.0


def by_velocity_tenth(grids: Grids) -> float:
    """A tenth of the velocity grid, for standard deviations."""
    return grids.velocity_mps / 10.0


def by_beta(grids: Grids) -> float:
    """0.05 of ln(beta) under any grid."""
    return 0.05 if grids.coarse else 0.0


def on_step(value: float, step: float) -> bool:
    """True if value is exactly a whole multiple of step, as multiplication in doubles gives it."""
    return step <= 0.0 or round(value / step) * step == value


def _need_step(value: float, step: float, name: str) -> None:
    if not on_step(value, step):
        raise GuardDenied("too-precise", f"{name}: expected a multiple of {step:g}, got {value!r}")


def _float_of(value: Json, name: str) -> float:
    if type(value) is not float:
        raise GuardDenied("wrong-type", f"{name}: expected a number with a point, got {type(value).__name__}")
    if not -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE:
        raise GuardDenied("out-of-range", f"{name}: expected a magnitude up to {MAX_MAGNITUDE:g}, got {value!r}")
    return value


def number(step: Step = exactly, low: float = -MAX_MAGNITUDE) -> Check:
    """A finite float on the step, not below ``low``."""

    def check(value: Json, grids: Grids, name: str) -> None:
        given = _float_of(value, name)
        if given < low:
            raise GuardDenied("out-of-range", f"{name}: expected at least {low:g}, got {given!r}")
        size = step(grids)
        if size > 0.0:
            _need_step(given, size, name)

    return check


def share(value: Json, grids: Grids, name: str) -> None:
    """A probability 0 to 1; under a grid in whole hundredths."""
    given = _float_of(value, name)
    if not 0.0 <= given <= 1.0:
        raise GuardDenied("out-of-range", f"{name}: expected 0 to 1, got {given!r}")
    _need_hundredths(given, grids, name)


def count_estimate(value: Json, grids: Grids, name: str) -> None:
    """A mean count from 0; under a grid in whole hundredths."""
    given = _float_of(value, name)
    if given < 0.0:
        raise GuardDenied("out-of-range", f"{name}: expected a count from 0, got {given!r}")
    _need_hundredths(given, grids, name)


def _need_hundredths(given: float, grids: Grids, name: str) -> None:
    if grids.coarse and round(given * 100) / 100 != given:
        raise GuardDenied("too-precise", f"{name}: expected whole hundredths, got {given!r}")


def integer(value: Json, _grids: Grids, name: str) -> None:
    """A whole number from 0 to 2^63 - 1."""
    if type(value) is not int:
        raise GuardDenied("wrong-type", f"{name}: expected a whole number, got {type(value).__name__}")
    if not 0 <= value <= MAX_INTEGER:
        raise GuardDenied("out-of-range", f"{name}: expected 0 to {MAX_INTEGER}, got {value}")


def flag(value: Json, _grids: Grids, name: str) -> None:
    """Either true or false."""
    if type(value) is not bool:
        raise GuardDenied("wrong-type", f"{name}: expected true or false, got {type(value).__name__}")


def text(value: Json, _grids: Grids, name: str) -> None:
    """A text of bounded length."""
    if type(value) is not str:
        raise GuardDenied("wrong-type", f"{name}: expected a text, got {type(value).__name__}")
    if len(value) > MAX_TEXT:
        raise GuardDenied("too-long", f"{name}: expected at most {MAX_TEXT} characters, got {len(value)}")


def one_of(*words: str) -> Check:
    """One word of a closed list."""

    def check(value: Json, _grids: Grids, name: str) -> None:
        if not (type(value) is str and value in words):
            raise GuardDenied("wrong-type", f"{name}: expected one of {', '.join(words)}, got {str(value)[:40]!r}")

    return check


def _list_of(value: Json, name: str, least: int, most: int) -> list[Json]:
    if type(value) is not list:
        raise GuardDenied("wrong-type", f"{name}: expected a list, got {type(value).__name__}")
    if not least <= len(value) <= most:
        raise GuardDenied("too-long", f"{name}: expected {least} to {most} entries, got {len(value)}")
    return value


def many(each: Check, least: int = 0, most: int = MAX_ENTRIES) -> Check:
    """A list whose entries all pass one check."""

    def check(value: Json, grids: Grids, name: str) -> None:
        for part in _list_of(value, name, least, most):
            each(part, grids, name)

    return check


def row(*parts: Check) -> Check:
    """A list of fixed length with one check per place."""

    def check(value: Json, grids: Grids, name: str) -> None:
        for part, one in zip(_list_of(value, name, len(parts), len(parts)), parts, strict=True):
            one(part, grids, name)

    return check


def record(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None, place: tuple[str, str] | None = None) -> Check:
    """An object with exactly the named fields; ``place`` names its latitude and longitude, checked together."""
    known = {**needed, **(optional or {})}

    def check(value: Json, grids: Grids, name: str) -> None:
        if type(value) is not dict:
            raise GuardDenied("wrong-type", f"{name}: expected an object, got {type(value).__name__}")
        for key, part in value.items():
            inner = known.get(key)
            if inner is None:
                raise GuardDenied("unknown-field", f"{name}.{key[:40]}: not in the published table")
            inner(part, grids, key)
        for key in needed:
            if key not in value:
                raise GuardDenied("missing-field", f"{name}.{key}: expected, not found")
        if place is not None and place[0] in value:
            check_place(value.get(place[0]), value.get(place[1]), grids, name)

    return check


def check_place(lat_rad: Json, lon_rad: Json, grids: Grids, name: str) -> None:
    """Latitude on steps of grid / equatorial radius; longitude on 2, 6 or 60 of them below 60, below 80 degrees, beyond."""
    lat, lon = _float_of(lat_rad, name), _float_of(lon_rad, name)
    if abs(lat) > math.pi / 2.0 or abs(lon) > math.pi + 0.1:
        raise GuardDenied("out-of-range", f"{name}: expected latitude and longitude in radians, got {lat!r}, {lon!r}")
    if grids.position_m <= 0.0:
        return
    step_rad = grids.position_m / WGS84_A_M
    multiple = 2.0 if abs(lat) < math.pi / 3.0 else 6.0 if abs(lat) < math.pi * 80.0 / 180.0 else 60.0
    _need_step(lat, step_rad, name)
    _need_step(lon, step_rad * multiple, name)


def place_pair(value: Json, grids: Grids, name: str) -> None:
    """[latitude, longitude]."""
    lat_rad, lon_rad = _list_of(value, name, 2, 2)
    check_place(lat_rad, lon_rad, grids, name)


def check_covariance(value: Json, steps: tuple[float, ...], name: str) -> None:
    """Upper triangle row by row: each entry on (step_i x step_j) / 100, each variance at least step^2 / 12."""
    n = len(steps)
    entries = iter(_list_of(value, name, n * (n + 1) // 2, n * (n + 1) // 2))
    for i in range(n):
        for j in range(i, n):
            given = _float_of(next(entries), name)
            if i == j and given < steps[i] * steps[i] / 12.0:
                raise GuardDenied("covariance-too-small", f"{name}: expected at least {steps[i]:g}^2 / 12, got {given!r}")
            _need_step(given, steps[i] * steps[j] / 100.0, name)
