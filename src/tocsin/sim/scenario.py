"""Scenarios: published facts of a night as frozen values, parsed from TOML text, and the packaged files.

Facts only: how a missile flies through them is flight.py, how aircraft fly is aircraft.py.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from tocsin.assessment.legal import legal_texts, load_legal
from tocsin.errors import OperatorFault
from tocsin.messages.basics import Nation, Note, World
from tocsin.messages.coalition import Coalition
from tocsin.node.settings import Table, latlon_rad, parse_coalition, read_table
from tocsin.units import DEG, KM

DEFAULT_BURN_S: Final = 75.0  # middle of the published prior 40-120 s
DEFAULT_KICK_S: Final = 8.0  # inside the published prior 4-15 s
DEFAULT_BETA_KGPM2: Final = 5_000.0  # median of the published prior
APOGEE_KM: Final = (5.0, 8_000.0)  # the catalogue's highest is 7,687 km
DISTANCE_KM: Final = (10.0, 15_000.0)
FLIGHTS: Final = ("ballistic", "pull-up")
VARIANT_KEY: Final = "variant_of"
AIRCRAFT_KINDS: Final = ("bomber", "fighter", "airliner")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fact was published."""

    source: str  # short id, referred to by statements
    text: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a nation said in public, word for word where quoted, with the figures in it."""

    nation: Nation
    text: str
    missiles_at_least: int
    first: bool  # a first report, before any analysis
    source: str


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: burn, coast after it, thrust acceleration against the first stage's, its change over the burn (share)."""

    burn_s: float
    coast_s: float = 0.0
    thrust_ratio: float = 1.0
    slope: float = 0.0


class Missile(msgspec.Struct, frozen=True, kw_only=True):
    """Published facts of one launch, and the notional boost that is assumed to reach them.

    ``flight`` says how it is flown; ``manoeuvre_reported`` is the catalogue's flag, shown even where it is flown
    ballistic. ``glide_m``: how far beyond the ballistic point a pull-up comes down (part of ``range_m``).
    """

    missile: str
    row: str  # catalogue row id, "" where there is none
    name: str
    site: str
    launch_ns: int
    lat_rad: float
    lon_rad: float
    alt_m: float
    apogee_m: float
    range_m: float
    bearing_rad: float
    flight: Literal["ballistic", "pull-up"]
    manoeuvre_reported: bool
    glide_m: float
    kick_s: float
    stages: tuple[Stage, ...]
    beta_kgpm2: float


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of an aircraft's path: a great-circle leg (``turn_rad`` 0) or a coordinated turn (positive right)."""

    length_m: float = 0.0
    turn_rad: float = 0.0
    load_factor: float = 1.0  # lift over weight in the turn, "g"


class Aircraft(msgspec.Struct, frozen=True, kw_only=True):
    """A notional flight at constant speed and altitude; ``repeat`` flies the legs over and over, else straight on."""

    aircraft: str
    kind: Literal["bomber", "fighter", "airliner"]
    lat_rad: float
    lon_rad: float
    alt_m: float
    heading_rad: float
    speed_mps: float
    legs: tuple[Leg, ...]
    repeat: bool


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A night. ``notes``: keys of the file that mean nothing."""

    scenario: str
    title: str
    notice: str
    world: World
    coalition: str
    missiles: tuple[Missile, ...]  # in order of launch
    aircraft: tuple[Aircraft, ...]
    statements: tuple[Statement, ...]
    legal: tuple[str, ...]  # as in ``NodeConfig``; the packaged resolutions unless the file gives its own
    eez_nation: Nation  # whose exclusive economic zone the public asks about, "" where nobody does
    sources: tuple[Source, ...]
    notes: tuple[Note, ...] = ()


def parse_scenario(text: str, name: str) -> Scenario:
    """Return the scenario in a TOML text; OperatorFault says what is wrong with which fact in file ``name``."""
    return _scenario(read_table(text, name))


def _scenario(top: Table) -> Scenario:
    """Return the scenario of a whole file."""
    missiles = sorted((_missile(table) for table in top.tables("missile", "missile")), key=lambda m: (m.launch_ns, m.missile))
    if not missiles:
        raise top.fault("no [[missile]] found; expected at least one table with site, time, apogee, distance and bearing")
    aircraft = tuple(_aircraft(table) for table in top.tables("aircraft", "aircraft"))
    for names in ([m.missile for m in missiles], [a.aircraft for a in aircraft]):
        twins = [item for i, item in enumerate(names) if item in names[:i]]
        if twins:
            raise top.fault(f"id {twins[0]!r} is given twice; expected each once")
    sources = tuple(Source(source=t.identity("id"), text=t.text("text")) for t in top.tables("source", "source"))
    scenario = Scenario(
        scenario=top.identity("id"),
        title=top.text("title"),
        notice=top.text("notice"),
        world=cast("World", top.choice("world", ("exercise", "test"))),
        coalition=top.text("coalition"),
        missiles=tuple(missiles),
        aircraft=aircraft,
        statements=_statements(top, [s.source for s in sources]),
        legal=top.texts("legal") or legal_texts(load_legal()),
        eez_nation=top.text("eez_nation", ""),
        sources=sources,
    )
    return msgspec.structs.replace(scenario, notes=top.unknown())


def load_scenario(name_or_path: str) -> Scenario:
    """Return a packaged scenario by name ("2023-08-30") or one from a file.

    With ``variant_of = "2023-08-30"`` at its top a file takes every top-level key that it does not give from that one.
    """
    own = read_table(*_read("scenarios", name_or_path))
    if not own.has(VARIANT_KEY):
        return _scenario(own)
    base = read_table(*_read("scenarios", own.text(VARIANT_KEY)))
    merged = Table(base.values | own.values, own.name, "")
    merged.has(VARIANT_KEY)
    return _scenario(merged)


def load_coalition(name_or_path: str) -> Coalition:
    """Return a packaged coalition by name ("northeast-asia") or one from a file."""
    return parse_coalition(*_read("coalitions", name_or_path))


def packaged(folder: Literal["scenarios", "coalitions"]) -> tuple[str, ...]:
    """Return the names of the packaged files, sorted."""
    names = [entry.name for entry in (files("tocsin") / "data" / folder).iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _read(folder: Literal["scenarios", "coalitions"], name_or_path: str) -> tuple[str, str]:
    """Return (text, name) of a packaged file or of a path."""
    if name_or_path in packaged(folder):
        return (files("tocsin") / "data" / folder / f"{name_or_path}.toml").read_text(encoding="utf-8"), f"{name_or_path}.toml"
    try:
        return Path(name_or_path).read_text(encoding="utf-8"), name_or_path
    except UnicodeDecodeError:
        raise OperatorFault(f"{name_or_path}: expected TOML text in UTF-8, found other bytes; save it as UTF-8") from None
    except OSError as problem:
        known = ", ".join(packaged(folder))
        reason = problem.strerror or "cannot be read"
        raise OperatorFault(f"{name_or_path}: {reason}; expected a file or one of: {known}", exit_code=2) from None


def _missile(table: Table) -> Missile:
    """Return the facts of one [[missile]]."""
    lat_rad, lon_rad = latlon_rad(table)
    pull_up = table.choice("flight", FLIGHTS, "ballistic") == "pull-up"
    range_km = table.number("distance_km", *DISTANCE_KM)
    glide_km = table.number("glide_km", 1.0, 0.9 * range_km) if pull_up else 0.0
    return Missile(
        missile=table.identity("id"),
        row=table.text("row", ""),
        name=table.text("name", "ballistic missile"),
        site=table.text("site"),
        launch_ns=table.utc_ns("launch"),
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=table.number("alt_m", -500.0, 6_000.0, 0.0),
        apogee_m=table.number("apogee_km", *APOGEE_KM) * KM,
        range_m=range_km * KM,
        bearing_rad=table.number("bearing_deg", 0.0, 360.0) * DEG,
        flight="pull-up" if pull_up else "ballistic",
        manoeuvre_reported=table.flag("manoeuvre_reported", default=False),
        glide_m=glide_km * KM,
        kick_s=table.number("kick_s", 1.0, 30.0, DEFAULT_KICK_S),
        stages=_stages(table),
        beta_kgpm2=table.number("beta_kgpm2", 100.0, 100_000.0, DEFAULT_BETA_KGPM2),
    )


def _stages(table: Table) -> tuple[Stage, ...]:
    """Return [[missile.stage]] or, without any, one stage from burn_s and slope."""
    stages = tuple(
        Stage(
            burn_s=stage.number("burn_s", 10.0, 300.0),
            coast_s=stage.number("coast_s", 0.0, 60.0, 0.0),
            thrust_ratio=stage.number("thrust_ratio", 0.1, 10.0, 1.0),
            slope=stage.number("slope", -0.9, 0.9, 0.0),
        )
        for stage in table.tables("stage", "stage")
    )
    if not stages:
        return (Stage(burn_s=table.number("burn_s", 20.0, 300.0, DEFAULT_BURN_S), slope=table.number("slope", -0.9, 0.9, 0.0)),)
    if table.has("burn_s"):
        raise table.fault("burn_s and [[missile.stage]] are both given; expected only one of them")
    return stages


def _statements(top: Table, sources: list[str]) -> tuple[Statement, ...]:
    """Return all [[statement]]; each must name a [[source]]."""
    found: list[Statement] = []
    for table in top.tables("statement", "statement", "nation"):
        source = table.identity("source")
        if source not in sources:
            raise table.fault(f"source = {source!r}: expected the id of a [[source]]: {', '.join(sources) or 'there is none'}")
        found.append(
            Statement(
                nation=table.nation("nation"),
                text=table.text("text"),
                missiles_at_least=int(table.number("missiles_at_least", 0, 1_000)),
                first=table.flag("first", default=False),
                source=source,
            )
        )
    return tuple(found)


def _aircraft(table: Table) -> Aircraft:
    """Return one [[aircraft]]."""
    lat_rad, lon_rad = latlon_rad(table)
    legs: list[Leg] = []
    for leg in table.tables("leg", "leg"):
        length_km = leg.optional("leg_km", 0.1, 10_000.0)
        turn_deg = leg.optional("turn_deg", -720.0, 720.0)
        if (length_km is None) == (turn_deg is None):
            raise leg.fault("expected either leg_km or turn_deg with load_factor")
        if length_km is not None:
            legs.append(Leg(length_m=length_km * KM))
        elif turn_deg:
            legs.append(Leg(turn_rad=turn_deg * DEG, load_factor=leg.number("load_factor", 1.02, 9.0)))
    return Aircraft(
        aircraft=table.identity("id"),
        kind=cast("Literal['bomber', 'fighter', 'airliner']", table.choice("kind", AIRCRAFT_KINDS)),
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=table.number("alt_m", 0.0, 30_000.0),
        heading_rad=table.number("heading_deg", 0.0, 360.0) * DEG,
        speed_mps=table.number("speed_mps", 30.0, 1_000.0),
        legs=tuple(legs),
        repeat=table.flag("repeat", default=False),
    )
