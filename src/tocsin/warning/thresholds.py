"""From which probability an area is named, and when it is let go: one TOML text per nation, read strictly.

The packaged files (``tocsin/data/thresholds``) are notional. A nation without a file gets those of ``default``. What is
reached, by which event, is decided in ``areas``; nothing here looks at an event.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final

import msgspec

from tocsin.errors import OperatorFault
from tocsin.messages.basics import Nation
from tocsin.units import NS_PER_S, s2ns

DEFAULT: Final = "default"  # name of the file for nations that have none
FOLDER: Final = ("data", "thresholds")
MIN_P: Final = 1.0e-4  # a tenth of one of 1,024 impact samples: nothing is resolved below
MAX_HOLD_S: Final = 600.0  # ten minutes: the longest flight of a short-range missile; a longer hold would be a second warning
MAX_RAISED_S: Final = 86_400.0  # a watch raised for more than a day is the normal one
VERSION: Final = 1  # of the file's layout

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Share = Annotated[float, msgspec.Meta(ge=MIN_P, le=1.0)]


class _LevelText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One audience as it stands in the file."""

    raise_p: _Share
    clear_p: _Share
    hold_s: Annotated[float, msgspec.Meta(ge=1.0, le=MAX_HOLD_S)]
    reason: _Text
    source: _Text


class _LandText(_LevelText, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Land has neighbours."""

    neighbour_p: _Share


class _PostureText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    raised_s: Annotated[float, msgspec.Meta(ge=60.0, le=MAX_RAISED_S)]
    reason: _Text
    source: _Text


class _FileText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole file."""

    nation: Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9]{1,7}$")]
    version: Annotated[int, msgspec.Meta(ge=VERSION, le=VERSION)]
    notice: _Text
    land: _LandText
    overflight: _LevelText
    sea_air: _LevelText
    posture: _PostureText


@dataclass(frozen=True, slots=True)
class Level:
    """Hysteresis of one audience: named from ``raise_p`` on at once, let go when below ``clear_p`` for ``hold_ns``.

    ``neighbour_p``: what lies beside a named area is named from this smaller probability on; equal to ``raise_p``
    where neighbours have no say.
    """

    raise_p: float
    clear_p: float
    hold_ns: int
    neighbour_p: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All that one nation decides about its warnings by numbers."""

    nation: Nation
    land: Level
    overflight: Level
    sea_air: Level
    posture_ns: int  # how long the watch stays raised after a confirmed launch


@dataclass(frozen=True, slots=True)
class ThresholdBook:
    """Thresholds of the nations that have a file, sorted by code, and those of all others."""

    nations: tuple[Thresholds, ...]
    default: Thresholds

    def of(self, nation: Nation) -> Thresholds:
        """Return a nation's thresholds; the default's where it has none."""
        return next((entry for entry in self.nations if entry.nation == nation), self.default)


def parse_thresholds(text: str, name: str) -> Thresholds:
    """Return the thresholds of one file. ``name``: the file's name in error texts.

    Raises:
        OperatorFault: malformed TOML, an unknown or missing key, a value out of its limits, or levels in the wrong order.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise OperatorFault(f"{name}: expected TOML text, but {problem}; correct that line") from None
    try:
        found = msgspec.convert(values, _FileText)
    except msgspec.ValidationError as problem:
        raise OperatorFault(f"{name}: {problem}{_came(values, str(problem))}; correct that key") from None
    posture_ns = s2ns(found.posture.raised_s)
    return Thresholds(
        nation=found.nation,
        land=_level(found.land, found.land.neighbour_p, f"{name}: [land]"),
        overflight=_level(found.overflight, found.overflight.raise_p, f"{name}: [overflight]"),
        sea_air=_level(found.sea_air, found.sea_air.raise_p, f"{name}: [sea-air]"),
        posture_ns=posture_ns,
    )


@lru_cache(maxsize=1)
def load_thresholds() -> ThresholdBook:
    """Return the packaged thresholds (notional; read once)."""
    folder = files("tocsin").joinpath(*FOLDER)
    entries = sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    read = {name.removesuffix(".toml"): parse_thresholds(text, name) for name, text in entries}
    return ThresholdBook(nations=tuple(found for name, found in read.items() if name != DEFAULT), default=read[DEFAULT])


def _level(found: _LevelText, neighbour_p: float, place: str) -> Level:
    """Return one audience's levels; they must stand in order, or an area would come and go."""
    if not found.clear_p < found.raise_p:
        raise OperatorFault(
            f"{place}: clear_p = {found.clear_p:g}: expected less than raise_p = {found.raise_p:g}, so that an area does not flutter"
        )
    if neighbour_p > found.raise_p:
        raise OperatorFault(
            f"{place}: neighbour_p = {neighbour_p:g}: expected at most raise_p = {found.raise_p:g}; neighbours are named earlier"
        )
    return Level(found.raise_p, found.clear_p, int(found.hold_s * NS_PER_S), neighbour_p)


def _came(values: object, problem: str) -> str:
    """Return ", came <value>" for the place that a validation error names; empty where there is no single value."""
    _, _, path = problem.rpartition("`$.")
    for key in path.rstrip("`").split("."):
        if not isinstance(values, dict) or key not in values:
            return ""
        values = values[key]
    return "" if isinstance(values, dict) else f", came {values!r}"
