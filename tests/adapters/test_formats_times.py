"""UTC times between text and nanoseconds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.adapters.formats.times import iso2ns, ns2iso

FIRST_NS = -9_214_560_000_000_000_000  # 1678-01-01, coreutils: date -u -d 1678-01-01 +%s
LAST_NS = 9_214_646_399_999_999_999  # 2261-12-31T23:59:59.999999999Z


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        # seconds by coreutils: date -u -d <text> +%s
        ("1970-01-01T00:00:00Z", 0),
        ("2023-08-30T14:39:12.345Z", 1_693_406_352_345_000_000),
        ("2023-08-30T14:39:12.000000001Z", 1_693_406_352_000_000_001),
        ("2000-02-29T23:59:59.5+00:00", 951_868_799_500_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("1678-01-01T00:00:00Z", FIRST_NS),
        ("2261-12-31T23:59:59.999999999Z", LAST_NS),
    ],
)
def test_a_time_is_read_to_the_nanosecond(text: str, time_ns: int) -> None:
    assert iso2ns(text) == time_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-08-30",
        "2023-08-30 14:39:12Z",
        "2023-08-30T14:39:12",
        "2023-08-30T14:39:12+09:00",
        "2023-08-30T14:39:12.Z",
        "2023-08-30T14:39:12.1234567890Z",
        "2023-08-30T24:00:00Z",
        "2023-08-30T14:60:00Z",
        "2016-12-31T23:59:60Z",
        "2023-02-29T00:00:00Z",
        "2023-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1677-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z",
        "2023-08-30T14:39:12Z\n",
        "2023-08-30T\u0661\u0664:39:12Z",
        "2023-08-30T+4:39:12Z",
    ],
)
def test_what_is_no_utc_time_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        iso2ns(text)


def test_a_leap_second_says_how_to_write_it() -> None:
    with pytest.raises(ValueError, match="a leap second as the second after it"):
        iso2ns("2016-12-31T23:59:60Z")


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_693_406_352_345_000_000, "2023-08-30T14:39:12.345Z"),
        (1_693_406_352_345_600_000, "2023-08-30T14:39:12.3456Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_milliseconds_are_always_written_and_finer_digits_where_they_count(time_ns: int, text: str) -> None:
    assert ns2iso(time_ns) == text


@pytest.mark.parametrize("time_ns", [FIRST_NS - 1, LAST_NS + 1, 10**40, -(10**40)])
def test_a_time_that_64_bits_cannot_hold_is_not_written(time_ns: int) -> None:
    with pytest.raises(ValueError, match="years 1678 to 2261"):
        ns2iso(time_ns)


@given(st.integers(FIRST_NS, LAST_NS))
@settings(derandomize=True, deadline=None)
def test_every_nanosecond_survives_the_round_trip(time_ns: int) -> None:
    assert iso2ns(ns2iso(time_ns)) == time_ns


@given(st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - the strategy adds it
@settings(derandomize=True, deadline=None)
def test_the_calendar_is_the_standard_librarys(moment: datetime) -> None:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    assert iso2ns(moment.isoformat()) == microseconds * 1_000


@given(st.text(max_size=40))
@settings(derandomize=True, deadline=None)
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        iso2ns(text)
    except ValueError as problem:
        assert "expected" in str(problem)  # noqa: PT017 - most texts are refused, none may raise anything else
