"""UTC times between ISO 8601 text and integer nanoseconds, exact both ways: no float, no rounding, no time zone but UTC."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from tocsin.units import NS_PER_S

FORM: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|\+00:00)")
EXPECTED: Final = "a UTC time such as 2023-08-30T14:39:12.345Z, at most 9 decimals"
FIRST_YEAR: Final = 1678  # int64 nanoseconds, in which kernels and records hold times, begin in September 1677 ...
LAST_YEAR: Final = 2261  # ... and end in April 2262
SECONDS_PER_DAY: Final = 86_400
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
DATES_KEPT: Final = 256  # a night has two dates; a longer file costs a little more
NS_DIGITS: Final = 9


def iso2ns(text: str) -> int:
    """Return nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX). Raises ``ValueError`` with the reason."""
    match = FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"expected {EXPECTED}")
    day, hour, minute, second, fraction = match.groups()
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if hours > 23 or minutes > 59 or seconds > 59:
        hint = ", and a leap second as the second after it" if seconds == 60 else ""
        raise ValueError(f"expected hours to 23, minutes and seconds to 59{hint}")
    whole_s = _days(day) * SECONDS_PER_DAY + hours * 3_600 + minutes * 60 + seconds
    return whole_s * NS_PER_S + (int(fraction.ljust(NS_DIGITS, "0")) if fraction else 0)


def ns2iso(time_ns: int) -> str:
    """Return the time as ``2023-08-30T14:39:12.345Z``: milliseconds always, finer digits only where they are not zero.

    Raises ``ValueError`` outside the years that nanoseconds in 64 bits can hold.
    """
    seconds, rest_ns = divmod(time_ns, NS_PER_S)
    days, second = divmod(seconds, SECONDS_PER_DAY)
    fraction = f"{rest_ns:09d}".rstrip("0").ljust(3, "0")
    return f"{_date(days)}T{second // 3_600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{fraction}Z"


@lru_cache(DATES_KEPT)
def _days(day: str) -> int:
    """Return days since 1970-01-01 of a calendar date."""
    try:
        found = date.fromisoformat(day)
    except ValueError as problem:
        raise ValueError("expected a date that exists in the calendar") from problem
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"expected a year from {FIRST_YEAR} to {LAST_YEAR}")
    return found.toordinal() - EPOCH_ORDINAL


@lru_cache(DATES_KEPT)
def _date(days: int) -> str:
    """Return the calendar date of days since 1970-01-01."""
    try:
        found = date.fromordinal(days + EPOCH_ORDINAL)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"expected a time in the years {FIRST_YEAR} to {LAST_YEAR}") from problem
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"expected a time in the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.isoformat()
