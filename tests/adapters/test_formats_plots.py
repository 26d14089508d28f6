"""Plot files: what is read, what is refused and why, and that nothing in a file can raise."""

import io
import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.adapters.formats import plots
from tocsin.adapters.formats.plot_line import LIMITS
from tocsin.adapters.formats.plots import LINE_CAP_BYTES, PlotReader, plot_line
from tocsin.adapters.formats.problem import Problem, problem_text, shown
from tocsin.adapters.formats.times import iso2ns
from tocsin.errors import OperatorFault, OurFault
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor

RADAR = Sensor(sensor="radar-1", nation="OWN", kind="radar", pos_ecef_m=(6.4e6, 0.0, 0.0), lat_rad=0.0, lon_rad=0.0, alt_m=0.0)
INFRARED = Sensor(sensor="ir-1", nation="OWN", kind="infrared", pos_ecef_m=(4.2e7, 0.0, 0.0), lat_rad=0.0, lon_rad=0.0, alt_m=3.6e7)
SENSORS = (RADAR, INFRARED)

# the example of the file description
GOOD = (
    b'{"time":"2023-08-30T14:39:12.345Z","sensor":"radar-1","azimuth_deg":43.2,"elevation_deg":5.6,'
    b'"range_m":512345.6,"range_rate_mps":-812.0}'
)
GOOD_IR = b'{"time":"2023-08-30T14:39:13Z","sensor":"ir-1","los_ecef":[0.6,0.0,0.8]}'
NOT_AFTER_NS = iso2ns("2023-08-30T15:00:00Z")


def read(data: bytes, sensors: tuple[Sensor, ...] | None = SENSORS) -> list[Plot | Problem]:
    return list(PlotReader(io.BytesIO(data), "plots.jsonl", sensors=sensors, not_after_ns=NOT_AFTER_NS))


def only_plots(data: bytes, sensors: tuple[Sensor, ...] | None = SENSORS) -> list[Plot]:
    found = read(data, sensors)
    assert all(isinstance(item, Plot) for item in found), found
    return [item for item in found if isinstance(item, Plot)]


def edited(**changes: object) -> bytes:
    """Return the good line with keys changed; ... removes a key."""
    values = json.loads(GOOD) | changes
    return json.dumps({key: value for key, value in values.items() if value is not ...}).encode()


# --- what is read ---------------------------------------------------------------------------------------------------------


def test_a_radar_plot_is_read_in_si_units_and_radians() -> None:
    (plot,) = only_plots(GOOD)
    assert plot == Plot(
        time_ns=1_693_406_352_345_000_000,
        sensor="radar-1",
        azimuth_rad=math.radians(43.2),
        elevation_rad=math.radians(5.6),
        range_m=512_345.6,
        range_rate_mps=-812.0,
    )


def test_an_infrared_plot_is_read_as_a_line_of_sight() -> None:
    (plot,) = only_plots(GOOD_IR)
    assert plot == Plot(time_ns=1_693_406_353_000_000_000, sensor="ir-1", los_ecef=(0.6, 0.0, 0.8))


def test_a_line_of_sight_that_was_rounded_is_brought_to_length_one() -> None:
    (plot,) = only_plots(b'{"time":"2023-08-30T14:39:13Z","sensor":"ir-1","los_ecef":[0.577,0.577,0.577]}')
    assert plot.los_ecef == pytest.approx((3**-0.5, 3**-0.5, 3**-0.5), abs=1e-15)


def test_a_plot_may_carry_its_own_errors_and_a_moving_sensors_place() -> None:
    line = edited(
        range_rate_mps=None, sigma_azimuth_deg=0.05, sigma_elevation_deg=0.06, sigma_range_m=50, sensor_pos_ecef_m=[6.4e6, 1.0, 2.0]
    )
    (plot,) = only_plots(line)
    assert plot.range_rate_mps is None
    assert plot.sigma_azimuth_rad == math.radians(0.05)
    assert plot.sigma_range_m == 50.0
    assert plot.sensor_pos_ecef_m == (6.4e6, 1.0, 2.0)


def test_blank_lines_line_ends_of_windows_and_a_byte_order_mark_do_no_harm() -> None:
    assert len(only_plots(b"\xef\xbb\xbf\r\n" + GOOD + b"\r\n\r\n  " + GOOD_IR + b"  \r\n")) == 2
    assert len(only_plots(b"\xef\xbb\xbf" + GOOD)) == 1


def test_an_empty_file_has_neither_plots_nor_problems() -> None:
    assert read(b"") == []
    assert read(b"\n\n") == []


def test_lines_need_not_be_sorted() -> None:
    later, earlier = edited(time="2023-08-30T14:39:14Z"), edited(time="2023-08-30T14:39:10Z")
    times = [plot.time_ns for plot in only_plots(later + b"\n" + earlier)]
    assert times[0] > times[1]


def test_csv_with_the_same_headers_reads_to_the_same_plots() -> None:
    text = (
        b"sensor,time,range_m,azimuth_deg,elevation_deg,range_rate_mps,los_ecef\r\n"
        b"radar-1,2023-08-30T14:39:12.345Z,512345.6,43.2,5.6,-812.0,\r\n"
        b'"ir-1",2023-08-30T14:39:13Z,,,,,"[0.6, 0.0, 0.8]"\r\n'
        b"ir-1,2023-08-30T14:39:14Z,,,,,0.6 0.0 0.8\r\n"
    )
    found = only_plots(text)
    assert found[:2] == only_plots(GOOD + b"\n" + GOOD_IR)
    assert found[2].los_ecef == (0.6, 0.0, 0.8)


def test_without_a_sensor_list_any_id_will_do_and_the_fields_tell_the_kind() -> None:
    assert len(only_plots(edited(sensor="anything") + b"\n" + GOOD_IR, sensors=None)) == 2


# --- what is refused ------------------------------------------------------------------------------------------------------

NAN_LINE = GOOD.replace(b"512345.6", b"NaN")
BAD: dict[str, tuple[bytes, str, str]] = {
    # name: (line, reason, field)
    "NaN": (NAN_LINE, "not-finite", "range_m"),
    "Infinity": (GOOD.replace(b"512345.6", b"Infinity"), "not-finite", "range_m"),
    "a number beyond doubles": (GOOD.replace(b"512345.6", b"1e999"), "not-finite", "range_m"),
    "an integer beyond doubles": (GOOD.replace(b"512345.6", b"9" * 400), "not-finite", "range_m"),
    "an integer of thousands of digits": (GOOD.replace(b"512345.6", b"9" * 5_000), "not-json", ""),
    "NaN in a vector": (GOOD_IR.replace(b"0.8", b"NaN"), "not-finite", "los_ecef"),
    "negative range": (edited(range_m=-1.0), "out-of-range", "range_m"),
    "range beyond the Moon": (edited(range_m=5e8), "out-of-range", "range_m"),
    "elevation above the zenith": (edited(elevation_deg=90.001), "out-of-range", "elevation_deg"),
    "azimuth beyond a turn": (edited(azimuth_deg=361), "out-of-range", "azimuth_deg"),
    "range rate beyond the solar system's": (edited(range_rate_mps=2e5), "out-of-range", "range_rate_mps"),
    "sigma of zero": (edited(sigma_range_m=0), "out-of-range", "sigma_range_m"),
    "line of sight of no length": (GOOD_IR.replace(b"0.6", b"0.0").replace(b"0.8", b"0.0"), "out-of-range", "los_ecef"),
    "sensor inside the Earth": (edited(sensor_pos_ecef_m=[6.4e3, 0, 0]), "out-of-range", "sensor_pos_ecef_m"),
    "unknown sensor": (edited(sensor="radar-9"), "unknown-sensor", "sensor"),
    "time in the future": (edited(time="2023-08-30T15:00:00.000000001Z"), "time-in-future", "time"),
    "local time": (edited(time="2023-08-30T23:39:12+09:00"), "bad-time", "time"),
    "time as a number": (edited(time=1_693_406_352), "wrong-type", "time"),
    "text for a number": (edited(range_m="512345.6"), "wrong-type", "range_m"),
    "truth for a number": (edited(range_m=True), "wrong-type", "range_m"),
    "two numbers for three": (GOOD_IR.replace(b",0.8", b""), "wrong-type", "los_ecef"),
    "a number for three": (edited(los_ecef=1.0), "wrong-type", "los_ecef"),
    "no time": (edited(time=...), "missing-field", "time"),
    "no sensor": (edited(sensor=None), "missing-field", "sensor"),
    "no range": (edited(range_m=...), "missing-field", "range_m"),
    "no line of sight": (GOOD_IR.replace(b"los_ecef", b"los"), "missing-field", "los_ecef"),
    "radar with a line of sight": (edited(los_ecef=[0.6, 0.0, 0.8]), "wrong-kind", "los_ecef"),
    "infrared with a range": (GOOD_IR.replace(b"}", b',"range_m":5.0}'), "wrong-kind", "range_m"),
    "no JSON": (b"radar-1 saw something", "not-json", ""),
    "half a line": (GOOD[:60], "not-json", ""),
    "two objects in a line": (GOOD + GOOD_IR, "not-json", ""),
    "a list": (b"[" + GOOD + b"]", "not-json", ""),
    "a deep nest": (b'{"a":' + b"[" * 30_000, "not-json", ""),
    "no UTF-8": (GOOD.replace(b"radar-1", b"radar-\xff"), "not-utf8", ""),
    "a line of megabytes": (b'{"time":"' + b"x" * 3_000_000 + b'"}', "line-too-long", ""),
    "NUL bytes": (b"\x00" * 50, "not-json", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_one_problem_with_a_named_reason_and_the_good_lines_around_it_stay(name: str) -> None:
    line, reason, field = BAD[name]
    found = [
        item for item in read(GOOD + b"\n" + line + b"\n" + GOOD_IR) if not isinstance(item, Problem) or item.reason != "unknown-field"
    ]
    assert [type(item) for item in found] == [Plot, Problem, Plot]
    problem = found[1]
    assert isinstance(problem, Problem)
    assert (problem.file, problem.line, problem.reason, problem.field) == ("plots.jsonl", 2, reason, field)
    text = problem_text(problem)
    assert "expected" in text
    assert "came" in text
    assert text.isprintable()
    assert len(text) < 500


def test_the_problem_reads_as_one_clear_line() -> None:
    (problem,) = read(edited(elevation_deg=91.5))
    assert isinstance(problem, Problem)
    assert problem_text(problem) == (
        "plots.jsonl line 1, field elevation_deg: expected -90 to 90 degrees above the horizon, came 91.5; "
        "the line is left out: check the unit"
    )


@pytest.mark.parametrize("field", sorted(LIMITS))
def test_each_limit_has_two_sides(field: str) -> None:
    for limit, outward in ((LIMITS[field][0], -math.inf), (LIMITS[field][1], math.inf)):
        line = edited(**{field: limit}) if field != "sigma_los_deg" else GOOD_IR.replace(b"}", f',"{field}":{limit!r}}}'.encode())
        assert len(only_plots(line)) == 1
        beyond = repr(math.nextafter(limit, outward)).encode()
        (problem,) = read(
            line.replace(f'"{field}": {limit!r}'.encode(), b'"%s": %s' % (field.encode(), beyond)).replace(
                f":{limit!r}}}".encode(), b":" + beyond + b"}"
            )
        )
        assert isinstance(problem, Problem)
        assert (problem.reason, problem.field) == ("out-of-range", field)


def test_the_time_limit_has_two_sides() -> None:
    assert len(only_plots(edited(time="2023-08-30T15:00:00Z"))) == 1
    assert [item.reason for item in read(edited(time="2023-08-30T15:00:00.000000001Z")) if isinstance(item, Problem)] == ["time-in-future"]


def test_the_longest_line_is_still_read() -> None:
    fits = GOOD + b" " * (LINE_CAP_BYTES - len(GOOD) - 1) + b"\n"
    assert len(only_plots(fits + GOOD_IR)) == 2
    problem, plot = read(b" " + fits + GOOD_IR)
    assert isinstance(problem, Problem)
    assert problem.reason == "line-too-long"
    assert isinstance(plot, Plot)


def test_unknown_fields_are_ignored_with_one_warning_for_the_whole_file() -> None:
    lines = [edited(time=f"2023-08-30T14:39:{second}Z", snr_db=12.5, note="x") for second in range(10, 20)]
    found = read(GOOD + b"\n" + b"\n".join(lines))
    assert [item.reason for item in found if isinstance(item, Problem)] == ["unknown-field"]
    warning = next(item for item in found if isinstance(item, Problem))
    assert (warning.line, warning.field) == (2, "'snr_db'")
    assert sum(isinstance(item, Plot) for item in found) == 11


def test_an_unknown_column_of_csv_is_one_warning_about_the_header() -> None:
    text = (
        b"time,sensor,snr,azimuth_deg,elevation_deg,range_m\n2023-08-30T14:39:12Z,radar-1,9,1,2,3\n2023-08-30T14:39:13Z,radar-1,9,1,2,3\n"
    )
    found = read(text)
    assert [type(item) for item in found] == [Problem, Plot, Plot]
    assert isinstance(found[0], Problem)
    assert (found[0].line, found[0].field) == (1, "'snr'")


def test_a_repeated_plot_counts_once_however_it_is_written() -> None:
    again = json.dumps(dict(reversed(json.loads(GOOD).items()))).encode()
    found = read(GOOD + b"\n" + GOOD_IR + b"\n" + again)
    assert [getattr(item, "reason", "plot") for item in found] == ["plot", "plot", "duplicate"]


def test_repetitions_are_found_within_a_bounded_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "DUPLICATE_WINDOW", 20)
    lines = [edited(range_m=1_000.0 + i) for i in range(100)]
    near, far = lines[:11] + lines[:1], lines[:21] + lines[:1]
    assert [item.reason for item in read(b"\n".join(near)) if isinstance(item, Problem)] == ["duplicate"]
    assert len(only_plots(b"\n".join(far))) == 22


BAD_CSV = {
    "one column too few": (b"radar-1,2023-08-30T14:39:12Z,1,2", "wrong-columns"),
    "one column too many": (b"radar-1,2023-08-30T14:39:12Z,1,2,3,,4", "wrong-columns"),
    "text for a number": (b"radar-1,2023-08-30T14:39:12Z,one,2,3,", "wrong-type"),
    "digits with underscores": (b"radar-1,2023-08-30T14:39:12Z,1_0,2,3,", "wrong-type"),
    "digits of another script": ("radar-1,2023-08-30T14:39:12Z,\u0661,2,3,".encode(), "wrong-type"),
    "NaN": (b"radar-1,2023-08-30T14:39:12Z,1,2,nan,", "not-finite"),
    "infinity": (b"radar-1,2023-08-30T14:39:12Z,1,2,inf,", "not-finite"),
    "no time": (b"radar-1, ,1,2,3,", "missing-field"),
    "no azimuth": (b"radar-1,2023-08-30T14:39:12Z,,2,3,", "missing-field"),
    "four numbers of a vector": (b"ir-1,2023-08-30T14:39:12Z,,,,1 0 0 0", "wrong-type"),
    "no UTF-8": (b"radar-\xff,2023-08-30T14:39:12Z,1,2,3,", "not-utf8"),
    "an open quote": (b'radar-1,"2023-08-30T14:39:12Z,1,2,3,', "wrong-columns"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_a_bad_line_of_csv_is_one_problem_and_the_good_lines_around_it_stay(name: str) -> None:
    line, reason = BAD_CSV[name]
    header = b"sensor,time,azimuth_deg,elevation_deg,range_m,los_ecef\n"
    good = b"radar-1,2023-08-30T14:39:%d.5Z, 1,2 ,3,\n"
    found = read(header + good % 20 + line + b"\n" + good % 21)
    assert [type(item) for item in found] == [Plot, Problem, Plot]
    assert isinstance(found[1], Problem)
    assert (found[1].line, found[1].reason) == (3, reason)


def test_a_column_given_twice_stops_the_file_because_no_line_of_it_is_sure() -> None:
    with pytest.raises(OperatorFault, match=r"plots\.jsonl line 1: expected each column once, came 'range_m' twice"):
        read(b"time,sensor,range_m,range_m\n")


def test_counts_tell_lines_plots_and_problems_by_reason() -> None:
    reader = PlotReader(io.BytesIO(b"\n".join([GOOD, NAN_LINE, NAN_LINE, b"x", b"", GOOD, GOOD_IR])), "-", sensors=SENSORS)
    list(reader)
    counts = reader.counts()
    assert (counts.lines, counts.plots) == (7, 2)
    assert counts.problems == (("duplicate", 1), ("not-finite", 2), ("not-json", 1))


def test_a_stream_that_fails_is_an_operator_fault_with_the_line() -> None:
    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OperatorFault, match=r"expected to read on after line 0, came: .*Input/output error"):
        list(PlotReader(Broken(), "plots.jsonl"))


def test_shown_values_are_short_plain_and_never_raise() -> None:
    assert shown("\x1b[31mred\n한") == "'\\x1b[31mred\\n\\ud55c'"
    assert len(shown("x" * 1_000)) == 60
    assert shown(10**5_000) == "a int too large to show"


# --- properties -----------------------------------------------------------------------------------------------------------


def mutate(rng: random.Random, line: bytes) -> bytes:
    """Flip, cut, insert, repeat or splice bytes; sometimes exchange a value for a nasty one."""
    data = bytearray(line)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[place % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[place : place + rng.randrange(1, 20)]
            case 2:
                data[place:place] = rng.randbytes(rng.randrange(1, 5))
            case 3:
                data[place:place] = data[max(0, place - 9) : place]
            case 4:
                data[place:place] = rng.choice(
                    (b"NaN", b"-", b"1e400", b"null", b"[", b'"', b"\\ud800", b"\x00", b",", b"9" * 30, b"\xed\xa0\x80")
                )
            case _:
                data = bytearray(data.replace(b"512345.6", rng.choice((b"1e308", b"-0", b"{}", b'"a"', b"1E5", b"0x1", b"1.", b"true"))))
    return bytes(data).replace(b"\n", b" ")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_twenty_thousand_mutated_lines_raise_nothing_and_lose_no_good_line(form: str) -> None:
    """Every tenth line is good and new; all of these must come out, whatever stands between them."""
    rng = random.Random(5)
    header = b"sensor,time,azimuth_deg,elevation_deg,range_m,range_rate_mps,los_ecef\n" if form == "csv" else b""
    bases = (
        (GOOD, GOOD_IR)
        if form == "jsonl"
        else (b"radar-1,2023-08-30T14:39:12.345Z,43.2,5.6,512345.6,-812.0,", b"ir-1,2023-08-30T14:39:13Z,,,,,0.6 0 0.8")
    )
    lines, wanted = [], 0
    for number in range(20_000):
        if number % 10 == 0:
            stamp = f"2023-08-30T14:{wanted // 60 % 60:02d}:{wanted % 60:02d}.{number:06d}Z".encode()
            lines.append(bases[0].replace(b"2023-08-30T14:39:12.345Z", stamp))
            wanted += 1
        else:
            lines.append(mutate(rng, rng.choice(bases)))
    reader = PlotReader(io.BytesIO(header + b"\n".join(lines)), "fuzz", sensors=SENSORS, not_after_ns=NOT_AFTER_NS)
    found = list(reader)
    lines_of_problems = [item.line for item in found if isinstance(item, Problem) and item.reason != "unknown-field"]
    good = {(10 * n + 1) + bool(header) for n in range(wanted)}
    assert good.isdisjoint(lines_of_problems)
    assert all(problem_text(item).isprintable() for item in found if isinstance(item, Problem))
    for item in found:
        if isinstance(item, Plot):
            assert item.time_ns <= NOT_AFTER_NS
            assert item.range_m is None or 0.0 <= item.range_m <= 4.0e8
    assert len([item for item in found if isinstance(item, Plot)]) >= wanted
    assert reader.counts().lines == 20_000 + bool(header)


angle_deg = st.floats(-90.0, 90.0)
maybe_sigma = st.none() | st.floats(1e-3, 80.0)


@st.composite
def any_plot(draw: st.DrawFn) -> Plot:
    time_ns = draw(st.integers(iso2ns("1980-01-01T00:00:00Z"), NOT_AFTER_NS))
    position = draw(st.none() | st.tuples(st.floats(6.4e6, 5e7), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)))
    if draw(st.booleans()):
        yaw, pitch = draw(st.floats(0.0, 6.28)), draw(st.floats(-1.5, 1.5))
        los = (math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), math.sin(pitch))
        return Plot(time_ns=time_ns, sensor="ir-1", los_ecef=los, sensor_pos_ecef_m=position)
    return Plot(
        time_ns=time_ns,
        sensor="radar-1",
        azimuth_rad=math.radians(draw(st.floats(-180.0, 360.0))),
        elevation_rad=math.radians(draw(angle_deg)),
        range_m=draw(st.floats(0.0, 4e8)),
        range_rate_mps=draw(st.none() | st.floats(-1e5, 1e5)),
        sigma_azimuth_rad=None if (sigma := draw(maybe_sigma)) is None else math.radians(sigma),
        sigma_range_m=draw(maybe_sigma),
        sensor_pos_ecef_m=position,
    )


@pytest.mark.slow
@given(any_plot())
@settings(derandomize=True, deadline=None)
def test_a_written_plot_reads_back_bit_for_bit_when_its_angles_came_from_degrees(plot: Plot) -> None:
    assert only_plots(plot_line(plot)) == [plot]


@given(st.floats(-math.pi, 2 * math.pi))
@settings(derandomize=True, deadline=None)
def test_any_angle_survives_to_the_last_bit_of_a_double_or_the_next(azimuth_rad: float) -> None:
    plot = Plot(time_ns=0, sensor="radar-1", azimuth_rad=azimuth_rad, elevation_rad=0.0, range_m=1.0)
    (again,) = only_plots(plot_line(plot))
    assert again.azimuth_rad is not None
    assert abs(again.azimuth_rad - azimuth_rad) <= math.ulp(azimuth_rad)


def test_a_number_that_is_not_finite_is_never_written() -> None:
    with pytest.raises(OurFault, match="plot of radar-1: expected finite numbers, came nan"):
        plot_line(Plot(time_ns=0, sensor="radar-1", azimuth_rad=0.0, elevation_rad=0.0, range_m=math.nan))


def test_reading_holds_no_more_than_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "DUPLICATE_WINDOW", 100)
    reader = PlotReader(io.BytesIO(b"\n".join(edited(range_m=1.0 + i) for i in range(1_000))), "plots.jsonl")
    for _ in reader:
        assert len(reader._recent) + len(reader._before) <= 100
