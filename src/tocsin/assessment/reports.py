"""What people report of a launch, judged: accepted, flagged, or refused, each with what was expected, what came, and the likely slip.

A report is compared with itself (a flight of that apogee and range has a flight time) and with a reference: what was measured, or
another report. Lower bounds stay bounds: "at least 1" does not contradict 4. A judgement changes no estimate, and a report is
never averaged into one. Nothing here knows a clock or an event's history.
"""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Final, Literal

from tocsin.assessment.arc import arc_flight_s
from tocsin.assessment.energy import MEAN_RADIUS_M
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import Bound, JudgedReport, Report
from tocsin.units import DEG, KM, NAUTICAL_MILE_M, NS_PER_S, seconds_between

SIGMAS: Final = 3.0  # of what was measured, added to every tolerance
TIME_S: Final = 900.0  # nations' times of one launch differ by 1-2 minutes, once by 13 (18 December 2022)
SAID_EARLY_NS: Final = 300 * NS_PER_S  # said so long before the launch: clocks of two offices differ by less
FIGURE_SHARE: Final = 0.25  # published apogees and ranges of one flight differ so much in good cases ...
FIGURE_M: Final = 30.0 * KM  # ... and low flights by so much: 30 against 50 km, 28 September 2022
SLIP_SHARE: Final = 0.15  # undoing a slip must bring a figure so near; two likely slips differ by more
PLACE_M: Final = 50.0 * KM  # two nations named sites 12 km apart (25 March 2021); a first estimate may be tens of km off
ARC_SHARE: Final = 0.25  # a flight time so far off the arc means a manoeuvre or bad data
ARC_FIT: Final = 0.12  # a slip explains a time if the arc then fits so well; real flights last 4-6 % longer than the arc
REAL_LONGER: Final = 1.05  # than the drag-free arc
ABOUT_SHARE: Final = 0.10  # "about 10" is 9 to 11
HIGHEST_M: Final = 20_000.0 * KM  # no missile has flown higher than 7,700 km
FARTHEST_M: Final = pi * MEAN_RADIUS_M  # half the circumference
LOWEST_SHARE: Final = 0.03  # an arc this flat leaves the ground at 7 degrees and ends in the air
LEAST_FLAT_M: Final = 100.0 * KM  # shorter flights may be artillery
SMALL_M: Final = 10.0 * KM  # a range and an apogee both below it are a failure on the pad, or kilometres entered as metres

TIME_SLIPS: Final = ((12 * 3_600, "AM and PM"), (9 * 3_600, "Korean or Japanese time and UTC"), (24 * 3_600, "the day"))
UNIT_SLIPS: Final = (
    (1_000.0, "kilometres were entered as metres"),
    (0.001, "metres were entered as kilometres"),
    (0.3048, "feet were entered as metres"),
    (1.0 / 0.3048, "metres were entered as feet"),
    (1.609344, "miles were entered as kilometres"),
    (1.0 / 1.609344, "kilometres were entered as miles"),
    (NAUTICAL_MILE_M / KM, "nautical miles were entered as kilometres"),
    (KM / NAUTICAL_MILE_M, "kilometres were entered as nautical miles"),
)

THOUSANDS: Final = (1_000.0, 0.001)  # a slip that a single figure shows
Verdict = Literal["accepted", "flagged", "refused"]
ORDER: Final[tuple[Verdict, ...]] = ("accepted", "flagged", "refused")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a report is held against, with 1-sigmas; None where unknown. ``missiles`` with its bound."""

    name: str
    launch_ns: int | None = None
    launch_sigma_s: float = 0.0
    launch_lat_rad: float | None = None
    launch_lon_rad: float | None = None
    place_sigma_m: float = 0.0
    apogee_m: float | None = None
    apogee_sigma_m: float = 0.0
    apogee_bound: Bound = "exact"
    range_m: float | None = None
    range_sigma_m: float = 0.0
    range_bound: Bound = "exact"
    flight_s: float | None = None
    missiles: int | None = None
    missiles_bound: Bound = "at-least"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a report, and how bad."""

    verdict: Verdict
    text: str


def reference_of(event: LaunchEvent) -> Reference:
    """Return what was measured of an event. Its count is a lower bound, and a flight time needs launch and impact."""
    launch, impact = event.launch, event.impact
    predicted = impact is not None and impact.basis != "thrust-ended-now"
    place_sigma_m = sqrt(max(0.0, launch.cov_en_m2[0] + launch.cov_en_m2[2])) if launch is not None else 0.0
    flight_s = seconds_between(impact.time_ns, launch.time_ns) if launch is not None and impact is not None and predicted else None
    return Reference(
        name=event.event,
        launch_ns=launch.time_ns if launch is not None else event.first_detection_ns,
        launch_sigma_s=launch.time_sigma_s if launch is not None else 0.0,
        launch_lat_rad=launch.lat_rad if launch is not None else None,
        launch_lon_rad=launch.lon_rad if launch is not None else None,
        place_sigma_m=place_sigma_m,
        apogee_m=event.apogee_m,
        apogee_sigma_m=event.apogee_sigma_m or 0.0,
        range_m=event.range_m,
        range_sigma_m=event.range_sigma_m or 0.0,
        flight_s=flight_s,
        missiles=event.missiles_at_least or None,
    )


def reference_of_report(report: Report) -> Reference:
    """Return another report as a reference: two statements about one launch are compared like a statement and a measurement."""
    return Reference(
        name=f"{report.nation}: {report.source}",
        launch_ns=report.launch_ns,
        launch_lat_rad=report.launch_lat_rad,
        launch_lon_rad=report.launch_lon_rad,
        apogee_m=report.apogee_m,
        apogee_bound=report.apogee_bound,
        range_m=report.range_m,
        range_bound=report.range_bound,
        flight_s=report.flight_s,
        missiles=report.missiles,
        missiles_bound=report.missiles_bound,
    )


def judge(report: Report, known: Reference | None = None) -> JudgedReport:
    """Return the report with a verdict and its reasons: refused if impossible or if a slip explains it, flagged if only odd.

    Without a reference the report is only held against itself.
    """
    findings = [*_alone(report)]
    if not any(finding.verdict == "refused" for finding in findings):
        findings += _flight(report)
    if known is not None and not any(finding.verdict == "refused" for finding in findings):
        findings += [*_time(report, known), *_place(report, known), *_figures(report, known), *_count(report, known)]
    verdict = max((finding.verdict for finding in findings), key=ORDER.index, default=ORDER[0])
    return JudgedReport(report=report, verdict=verdict, reasons=tuple(finding.text for finding in findings))


def _alone(report: Report) -> list[Finding]:
    """Values that cannot be, whatever the launch."""
    found = []
    for what, value, most in (("apogee", report.apogee_m, HIGHEST_M), ("range", report.range_m, FARTHEST_M)):
        if value is not None and not 0.0 <= value <= most:
            less = f"; {_km(value / 1_000.0)} if metres were entered as kilometres" if 0.0 < value / 1_000.0 <= most else ""
            found.append(Finding("refused", f"{what}: expected 0 to {_km(most)}, came {_km(value)}{less}"))
    if report.flight_s is not None and not report.flight_s > 0.0:
        found.append(Finding("refused", f"flight time: expected more than 0 s, came {report.flight_s:.0f} s"))
    if report.missiles is not None and report.missiles < 0:
        found.append(Finding("refused", f"missiles: expected 0 or more, came {report.missiles}"))
    lat, lon = report.launch_lat_rad, report.launch_lon_rad
    if lat is not None and lon is not None and not abs(lat) <= 90.0 * DEG:
        undone = f"; {_place_text(lon, lat)} if latitude and longitude were swapped" if abs(lon) <= 90.0 * DEG else ""
        found.append(Finding("refused", f"launch place: expected a latitude within 90 degrees, came {lat / DEG:.2f}{undone}"))
    if report.launch_ns is not None and report.launch_ns - report.time_ns > SAID_EARLY_NS:
        ahead_s = seconds_between(report.launch_ns, report.time_ns)
        undone = "; 12 h earlier it would fit (AM and PM)" if ahead_s <= TIME_SLIPS[0][0] else ""
        found.append(Finding("refused", f"launch time: expected before it was said, came {ahead_s / 60.0:.0f} minutes later{undone}"))
    return found


def _flight(report: Report) -> list[Finding]:
    """Apogee, range and flight time against each other."""
    apogee_m, range_m, flight_s = report.apogee_m, report.range_m, report.flight_s
    if apogee_m is None or range_m is None:
        return []
    if 0.0 < max(apogee_m, range_m) < SMALL_M and report.apogee_bound != "at-least":
        undone = f"; {_km(apogee_m * KM)} and {_km(range_m * KM)} if kilometres were entered as metres"
        return [Finding("flagged", f"apogee and range: {apogee_m:.0f} m and {range_m:.0f} m are a failure on the pad{undone}")]
    if range_m > LEAST_FLAT_M and apogee_m < LOWEST_SHARE * range_m and report.apogee_bound in ("exact", "about"):
        text = f"apogee: expected more than {_km(LOWEST_SHARE * range_m)} for a range of {_km(range_m)}, came {_km(apogee_m)}"
        return [Finding("flagged", text)]
    arc_s = arc_flight_s(range_m, apogee_m)
    if flight_s is None or arc_s is None or abs(flight_s / arc_s - 1.0) <= ARC_SHARE:
        return []
    text = (
        f"flight time: expected about {_duration(REAL_LONGER * arc_s)} for {_km(apogee_m)} and {_km(range_m)}, came {_duration(flight_s)}"
    )
    slip = _flight_slip(apogee_m, range_m, flight_s)
    if slip is None:
        return [Finding("flagged", f"{text}; a manoeuvre, or a wrong figure")]
    return [Finding("refused", f"{text}; it fits if {slip}")]


def _flight_slip(apogee_m: float, range_m: float, flight_s: float) -> str | None:
    """Return the one slip that makes a flight time fit, None if there is none or more than one.

    Miles and feet are not tried: a time grows only with the root of the size, so a glide looks like one of them.
    """
    thousands = [(range_m * factor, apogee_m * factor, flight_s, words) for factor, words in UNIT_SLIPS if factor in THOUSANDS]
    fitting = []
    for far_m, high_m, long_s, words in [
        (apogee_m, range_m, flight_s, "apogee and range were swapped"),
        (range_m, apogee_m, flight_s * 60.0, "minutes were entered as seconds"),
        (range_m, apogee_m, flight_s / 60.0, "seconds were entered as minutes"),
        *thousands,
    ]:
        arc_s = arc_flight_s(far_m, high_m)
        if arc_s is not None and abs(long_s / (REAL_LONGER * arc_s) - 1.0) <= ARC_FIT:
            fitting.append(words)
    return fitting[0] if len(fitting) == 1 else None


def _time(report: Report, known: Reference) -> list[Finding]:
    """Launch time against the reference; a difference that a usual slip of hours undoes is refused."""
    if report.launch_ns is None or known.launch_ns is None:
        return []
    slack_s = TIME_S + SIGMAS * known.launch_sigma_s
    late_s = seconds_between(report.launch_ns, known.launch_ns)
    if abs(late_s) <= slack_s:
        return []
    side = "later" if late_s > 0.0 else "earlier"
    text = f"launch time: expected that of {known.name} within {slack_s / 60.0:.0f} minutes, came {_duration(abs(late_s))} {side}"
    for slip_s, words in TIME_SLIPS:
        if abs(abs(late_s) - slip_s) <= slack_s:
            back = "earlier" if late_s > 0.0 else "later"
            return [Finding("refused", f"{text}; {slip_s // 3_600} h {back} it would fit: {words} mixed up")]
    return [Finding("flagged", f"{text}; another launch, or a wrong time")]


def _place(report: Report, known: Reference) -> list[Finding]:
    """Launch place against the reference."""
    lat, lon, lat0, lon0 = report.launch_lat_rad, report.launch_lon_rad, known.launch_lat_rad, known.launch_lon_rad
    if lat is None or lon is None or lat0 is None or lon0 is None:
        return []
    slack_m = PLACE_M + SIGMAS * known.place_sigma_m
    off_m = float(ground_distance_m(lat, lon, lat0, lon0))
    if off_m <= slack_m:
        return []
    text = f"launch place: expected within {_km(slack_m)} of {known.name}, came {_km(off_m)} away"
    tries = [(lat, -lon, "east and west mixed up"), (-lat, lon, "north and south mixed up")]
    if abs(lon) <= 90.0 * DEG:
        tries.append((lon, lat, "latitude and longitude swapped"))
    for other_lat, other_lon, words in tries:
        if ground_distance_m(other_lat, other_lon, lat0, lon0) <= slack_m:
            return [Finding("refused", f"{text}; {_place_text(other_lat, other_lon)} would fit: {words}")]
    return [Finding("flagged", f"{text}; another launch, or a wrong place")]


def _figures(report: Report, known: Reference) -> list[Finding]:
    """Apogee, range and flight time against the reference: swapped, in another unit, or simply different."""
    figures = [
        ("apogee", report.apogee_m, report.apogee_bound, known.apogee_m, known.apogee_bound, known.apogee_sigma_m),
        ("range", report.range_m, report.range_bound, known.range_m, known.range_bound, known.range_sigma_m),
    ]
    both = [(what, came, b1, want, b2, s) for what, came, b1, want, b2, s in figures if came is not None and want is not None]
    wrong = [(what, came, want) for what, came, b1, want, b2, s in both if _contradict(came, b1, want, b2, s)]
    found = []
    if wrong:
        text = "; ".join(f"{what}: expected about {_km(want)} ({known.name}), came {_km(came)}" for what, came, want in wrong)
        slip = _figure_slip(report, known, [(came, want) for _, came, _, want, _, _ in both if want > 0.0])
        found.append(Finding("refused" if slip else "flagged", f"{text}; {slip or 'a manoeuvre seen by one side only, or a wrong figure'}"))
    known_s = known.flight_s if known.flight_s is not None and known.flight_s > 0.0 else None
    if report.flight_s is not None and known_s is not None and abs(report.flight_s / known_s - 1.0) > ARC_SHARE:
        text = f"flight time: expected about {_duration(known_s)} ({known.name}), came {_duration(report.flight_s)}"
        slips = ((60.0, "minutes were entered as seconds"), (1.0 / 60.0, "seconds were entered as minutes"))
        words = next((w for f, w in slips if abs(report.flight_s * f / known_s - 1.0) <= SLIP_SHARE), None)
        found.append(Finding("refused" if words else "flagged", f"{text}; it fits if {words}" if words else text))
    return found


def _contradict(came: float, came_bound: Bound, want: float, want_bound: Bound, sigma: float) -> bool:
    """True if two figures cannot both hold, as bounds and within what published figures differ by."""
    slack = max(FIGURE_M, FIGURE_SHARE * max(came, want)) + SIGMAS * sigma
    if came > want + slack:
        return came_bound != "at-most" and want_bound != "at-least"
    if came < want - slack:
        return came_bound != "at-least" and want_bound != "at-most"
    return False


def _figure_slip(report: Report, known: Reference, pairs: list[tuple[float, float]]) -> str | None:
    """Return the slip that explains every figure that can be compared; for a single figure only a factor of 1,000 is sure enough."""
    if report.apogee_m is not None and report.range_m is not None and known.apogee_m is not None and known.range_m is not None:
        swapped = _near(report.apogee_m, known.range_m, known.range_sigma_m) and _near(report.range_m, known.apogee_m, known.apogee_sigma_m)
        if swapped:
            return f"it would be {_km(report.range_m)} and {_km(report.apogee_m)}: apogee and range were swapped"
    fitting: list[tuple[float, str]] = []
    for factor, words in UNIT_SLIPS if pairs else ():
        off = max(abs(came * factor / want - 1.0) for came, want in pairs)
        if (len(pairs) > 1 or factor in THOUSANDS) and off <= SLIP_SHARE:
            fitting.append((off, f"it would be {' and '.join(_km(came * factor) for came, _ in pairs)}: {words}"))
    return min(fitting)[1] if fitting else None


def _near(value: float, want: float, sigma: float) -> bool:
    """True if an undone slip brings a figure near enough."""
    return abs(value - want) <= SLIP_SHARE * want + SIGMAS * sigma


def _count(report: Report, known: Reference) -> list[Finding]:
    """Counts as the ranges that their bounds allow: they contradict only if no number satisfies both."""
    if report.missiles is None or known.missiles is None:
        return []
    low, high = _allowed(report.missiles, report.missiles_bound)
    low0, high0 = _allowed(known.missiles, known.missiles_bound)
    if max(low, low0) <= min(high, high0):
        return []
    want, came = _count_text(known.missiles, known.missiles_bound), _count_text(report.missiles, report.missiles_bound)
    return [Finding("flagged", f"missiles: expected {want} ({known.name}), came {came}")]


def _allowed(number: int, bound: Bound) -> tuple[float, float]:
    """Return the least and the greatest count that a bound allows."""
    if bound == "at-least":
        return number, float("inf")
    if bound == "at-most":
        return 0.0, number
    slack = max(1.0, ABOUT_SHARE * number) if bound == "about" else 0.0
    return number - slack, number + slack


def _count_text(number: int, bound: Bound) -> str:
    return str(number) if bound == "exact" else f"{bound.replace('-', ' ')} {number}"


def _km(metres: float) -> str:
    """A length for people: whole kilometres from 10 on."""
    return f"{metres / KM:,.0f} km" if metres >= SMALL_M else f"{metres / KM:,.3g} km"


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7_200.0 else f"{int(seconds) // 3_600} h {int(seconds) // 60 % 60:02d} min"


def _place_text(lat_rad: float, lon_rad: float) -> str:
    return f"{lat_rad / DEG:.2f}, {lon_rad / DEG:.2f}"
