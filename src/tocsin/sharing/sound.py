"""Is a message sound: finite, bounded, positive where it must be, printable? Asked before release and at admission.

Says what is wrong with a value, never who may have it (``decide``) or whether its sender may say it (``admit``).
"""

from collections.abc import Iterator
from functools import lru_cache
from math import isfinite, pi
from typing import Final

import msgspec

from tocsin.messages.basics import Vec3
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.track import LaunchEstimate, Track
from tocsin.messages.warning import Warning

Item = Track | LaunchEvent | Warning | Receipt | Heartbeat

STATES: Final = 7  # position, velocity, ln(beta)
MIN_RADIUS_M: Final = 6.30e6  # 50 km below the polar radius: an estimate may dip under ground, not further
MAX_RADIUS_M: Final = 5.0e7  # above geostationary orbit (4.216e7 m): nothing that a warning radar sees is farther
MAX_SPEED_MPS: Final = 8.0e4  # fastest meteors reach the atmosphere at 72 km/s
MAX_THRUST_MPS2: Final = 1.0e3  # 100 g: above any missile motor
MAX_ABS_LN_BETA: Final = 20.0  # beta between 2e-9 and 5e8 kg/m2: anything beyond is a broken filter
MAX_COUNT: Final = 10_000  # missiles, objects or sensors in one event: far above any salvo
MAX_LIST: Final = 1_024  # entries of any list (a warning revised every second for 17 minutes has that many references)
MAX_TEXT: Final = 2_000  # characters of a text; the longest bulletin line is below 1,000
MAX_NAME: Final = 96  # characters of an id
MIN_PIVOT: Final = 1e-12  # smallest conditional over marginal variance; below, the matrix is singular in double precision
SUM_TOLERANCE: Final = 1e-6  # phase probabilities sum to 1 within this

_ONLY_FLOATS: Final = frozenset({float})  # vectors and covariances are checked as a whole: three times as fast
_LAYOUT: Final = str.maketrans("", "", "\n\u3000\u00a0\u202f\u2009")  # line end and spaces that isprintable() rejects

Problem = tuple[str, str]
"""(code, what was expected and what came)."""


@lru_cache(maxsize=256)
def problem_of(item: Item) -> Problem | None:
    """Return the first thing that is wrong with an item, or None. Remembered: the same frozen item goes to each partner in turn."""
    walked = _parts_problem(msgspec.structs.astuple(item))
    if walked is not None:
        return walked
    if isinstance(item, Track):
        return _track_problem(item)
    if isinstance(item, LaunchEvent):
        return _event_problem(item)
    if isinstance(item, Warning):
        return _warning_problem(item)
    return None


def _parts_problem(parts: tuple[object, ...]) -> Problem | None:
    """Check every number, text and list inside a message once: finite, printable, not too long, no negative integer."""
    for part in parts:
        if type(part) is float and isfinite(part):
            continue
        problem = _part_problem(part)
        if problem is not None:
            return problem
    return None


def _part_problem(part: object) -> Problem | None:
    problem: Problem | None = None
    if isinstance(part, str):
        problem = _text_problem(part)
    elif isinstance(part, int):
        problem = None if part >= 0 else ("negative", f"expected counts and times from 0, got {part}")
    elif isinstance(part, float):
        problem = None if isfinite(part) else ("not-finite", f"expected finite numbers, got {part}")
    elif isinstance(part, msgspec.Struct):
        problem = _parts_problem(msgspec.structs.astuple(part))
    elif isinstance(part, tuple):
        if len(part) > MAX_LIST:
            problem = "too-long", f"expected at most {MAX_LIST} entries in a list, got {len(part)}"
        elif not (_ONLY_FLOATS.issuperset(map(type, part)) and all(map(isfinite, part))):
            problem = _parts_problem(part)
    return problem


def _first(problems: Iterator[Problem | None]) -> Problem | None:
    return next((problem for problem in problems if problem is not None), None)


def _text_problem(text: str) -> Problem | None:
    if len(text) > MAX_TEXT:
        return "too-long", f"expected at most {MAX_TEXT} characters in a text, got {len(text)}"
    if not (text.isascii() and text.isprintable()) and not text.translate(_LAYOUT).isprintable():
        return "unprintable", "expected printable text, got control or direction characters"
    return None


def _name_problem(name: str) -> Problem | None:
    if 0 < len(name) <= MAX_NAME:
        return None
    return "bad-name", f"expected an id of 1 to {MAX_NAME} characters, got {len(name)}"


def _track_problem(track: Track) -> Problem | None:
    if track.thrust_sigma_mps2 < 0.0 or track.extra_sigma_m < 0.0:
        return "negative", "expected standard deviations from 0, got a negative one"
    models = track.models
    parts = (models.boost, models.coast, models.reentry, models.manoeuvre)
    if not all(0.0 <= part <= 1.0 for part in parts) or abs(sum(parts) - 1.0) > SUM_TOLERANCE:
        return "bad-probability", f"expected phase probabilities that sum to 1, got {parts}"
    if not track.first_plot_ns <= track.last_plot_ns <= track.time_ns:
        return "bad-order", "expected first plot <= last plot <= time"
    return _name_problem(track.track) or _state_problem(track) or _launch_problem(track.launch)


def _state_problem(track: Track) -> Problem | None:
    radius2_m2 = _square(track.pos_ecef_m)
    if not MIN_RADIUS_M * MIN_RADIUS_M <= radius2_m2 <= MAX_RADIUS_M * MAX_RADIUS_M:
        return "impossible-place", f"expected {MIN_RADIUS_M:g} to {MAX_RADIUS_M:g} m from the Earth's centre, got {track.pos_ecef_m}"
    if _square(track.vel_ecef_mps) > MAX_SPEED_MPS * MAX_SPEED_MPS or abs(track.thrust_mps2) > MAX_THRUST_MPS2:
        return "impossible-speed", f"expected at most {MAX_SPEED_MPS:g} m/s, got {track.vel_ecef_mps}, thrust {track.thrust_mps2}"
    if abs(track.ln_beta) > MAX_ABS_LN_BETA:
        return "impossible-beta", f"expected ln(beta) within {MAX_ABS_LN_BETA:g} of 0, got {track.ln_beta}"
    if not is_positive(track.cov, STATES):
        return "covariance-not-positive", f"expected {STATES * (STATES + 1) // 2} entries of a positive covariance, got otherwise"
    return None


def _launch_problem(launch: LaunchEstimate | None) -> Problem | None:
    if launch is None:
        return None
    if launch.time_sigma_s < 0.0:
        return "negative", "expected a launch time sigma from 0"
    return _place_problem(launch.lat_rad, launch.lon_rad) or _ellipse_problem(launch.cov_en_m2)


def _impact_problem(impact: ImpactEstimate | None) -> Problem | None:
    if impact is None:
        return None
    if impact.time_sigma_s < 0.0:
        return "negative", "expected an impact time sigma from 0"
    ring = impact.manoeuvre_footprint or ()
    problem = _place_problem(impact.lat_rad, impact.lon_rad) or _ellipse_problem(impact.cov_en_m2)
    return problem or _first(_place_problem(lat_rad, lon_rad) for lat_rad, lon_rad in ring)


def _place_problem(lat_rad: float, lon_rad: float) -> Problem | None:
    if abs(lat_rad) <= pi / 2.0 and abs(lon_rad) <= pi + 0.1:  # rounding to a grid may step over the date line
        return None
    return "impossible-place", f"expected a latitude and longitude in radians, got {lat_rad}, {lon_rad}"


def _ellipse_problem(cov_en_m2: Vec3) -> Problem | None:
    if is_positive(cov_en_m2, 2):
        return None
    return "covariance-not-positive", f"expected a positive 2x2 covariance, got {cov_en_m2}"


def _shares_problem(shares: tuple[tuple[str, float], ...]) -> Problem | None:
    for name, share in shares:
        if not 0.0 <= share <= 1.0:
            return "bad-probability", f"expected a probability 0 to 1 for {name!r}, got {share}"
    return None


def _event_problem(event: LaunchEvent) -> Problem | None:
    if max(event.missiles_at_least, event.objects, event.sensors) > MAX_COUNT or not 0.0 <= event.missiles_estimate <= MAX_COUNT:
        return "impossible-count", f"expected at most {MAX_COUNT} missiles, objects and sensors"
    if event.first_detection_ns > event.last_detection_ns:
        return "bad-order", "expected first detection <= last detection"
    if not 0.0 <= event.models_boost <= 1.0:
        return "bad-probability", f"expected models_boost 0 to 1, got {event.models_boost}"
    shares = (event.classes, event.zones, event.p_outside_eez, event.p_land)
    problem = _name_problem(event.event) or _launch_problem(event.launch) or _impact_problem(event.impact)
    return problem or _first(_shares_problem(share) for share in shares)


def _warning_problem(warning: Warning) -> Problem | None:
    if warning.missiles_at_least > MAX_COUNT:
        return "impossible-count", f"expected at most {MAX_COUNT} missiles, got {warning.missiles_at_least}"
    problem = _name_problem(warning.warning) or _name_problem(warning.event)
    problem = problem or _launch_problem(warning.launch) or _impact_problem(warning.impact)
    return problem or _shares_problem(warning.zones) or _shares_problem(warning.p_outside_eez)


def _square(vector: Vec3) -> float:
    x, y, z = vector
    return x * x + y * y + z * z


def is_positive(triangle: tuple[float, ...], n: int) -> bool:
    """True if the symmetric n x n matrix given by its upper triangle, row by row, is positive definite.

    LDL^T without square roots (Golub and Van Loan, Matrix Computations, section 4.1.2): every pivot must exceed
    ``MIN_PIVOT`` times its own diagonal entry. In place on a list of rows; n is 2 or 7, so plain Python is fast enough.
    """
    if len(triangle) != n * (n + 1) // 2:
        return False
    rows: list[list[float]] = []
    start = 0
    for i in range(n):
        rows.append(list(triangle[start : start + n - i]))  # row i from its diagonal on
        start += n - i
    diagonal = [row[0] for row in rows]
    for i in range(n):
        row = rows[i]
        pivot = row[0]
        if not pivot > MIN_PIVOT * diagonal[i] or pivot <= 0.0:
            return False
        for j in range(1, n - i):
            factor = row[j] / pivot
            if factor != 0.0:
                below = rows[i + j]
                for k in range(n - i - j):
                    below[k] -= factor * row[j + k]
    return True
