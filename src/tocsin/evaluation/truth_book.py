"""Lines of a truth file into true flights: states sorted by time, and what one line says of launch, burnout and impact."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from tocsin.adapters.formats.rows import PointRow, TruthRow, place_deg
from tocsin.adapters.formats.times import iso2ns
from tocsin.evaluation.flights import TrueFlight, TruePoint, complete, group_of
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.units import DEG


@dataclass
class _Page:
    """What is known of one object so far."""

    kind: str
    parent: str | None = None
    times_ns: "array[int]" = field(default_factory=lambda: array("q"))
    states: "array[float]" = field(default_factory=lambda: array("d"))
    told: TruthRow | None = None


class TruthBook:
    """Takes checked lines in any order; 56 bytes stay in memory per state."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}
        self.states = 0

    def take(self, row: TruthRow) -> None:
        """Take the next line."""
        page = self._pages.setdefault(str(row.missile), _Page(row.kind))
        if row.parent is not None:
            page.parent = str(row.parent)
        if row.time is not None and row.pos_ecef_m is not None and row.vel_ecef_mps is not None:
            page.times_ns.append(iso2ns(row.time))
            page.states.extend(row.pos_ecef_m)
            page.states.extend(row.vel_ecef_mps)
            self.states += 1
        if row.launch is not None or row.burnout is not None or row.impact is not None:
            page.told, page.kind = row, row.kind

    def flights(self) -> tuple[TrueFlight, ...]:
        """Return every object, in order of first mention."""
        return tuple(complete(_flight(name, page)) for name, page in self._pages.items())


def _flight(name: str, page: _Page) -> TrueFlight:
    """Return one object with its states sorted; of states with equal times the first counts."""
    times_ns, first = np.unique(np.array(page.times_ns, dtype=np.int64), return_index=True)
    states = np.array(page.states, dtype=np.float64).reshape(-1, 6)[first]
    told = page.told
    return TrueFlight(
        name=name,
        kind=page.kind,
        group=group_of(page.kind, page.parent),
        times_ns=times_ns,
        pos_ecef_m=np.ascontiguousarray(states[:, :3]),
        vel_ecef_mps=np.ascontiguousarray(states[:, 3:]),
        launch=None if told is None else _point(told.launch),
        burnout_ns=None if told is None else _time_ns(told.burnout),
        impact=None if told is None else _point(told.impact),
        missile_class=None if told is None else told.classes,
    )


def _point(point: PointRow | None) -> TruePoint | None:
    """Return the place if it is told, in degrees or in ECEF."""
    if point is None:
        return None
    place = place_deg(point)
    if place is None:
        if point.pos_ecef_m is None:
            return None
        lat_rad, lon_rad, alt_m = ecef2geodetic(*point.pos_ecef_m)
        return TruePoint(lat_rad=lat_rad, lon_rad=lon_rad, alt_m=alt_m, time_ns=_time_ns(point))
    return TruePoint(lat_rad=place[0] * DEG, lon_rad=place[1] * DEG, alt_m=point.alt_m, time_ns=_time_ns(point))


def _time_ns(point: PointRow | str | None) -> int | None:
    """Return the time of a point, or of its bare text."""
    text = point.time if isinstance(point, PointRow) else point
    return None if text is None else iso2ns(text)
