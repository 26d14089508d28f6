"""The guard's own reading of the release rules: same file, other parser. What it does not understand, it refuses."""

import re
import tomllib
from typing import Final

import msgspec

from tocsin.errors import OperatorFault
from tocsin.guard.table import FREE_TEXTS, RELEASABLE
from tocsin.units import NS_PER_S

_TOP: Final = {"nation", "version", "notice", "rule"}
_KEYS: Final = {
    "rule", "product", "partner", "worlds", "fields", "kinds", "position_grid_m", "velocity_grid_mps", "delay_s", "interval_s",
}  # fmt: skip
_WORLDS: Final = {"live", "exercise", "test"}
MIN_GRID: Final = 0.001  # m or m/s; below, multiples of the grid are lost in the rounding of doubles
_NATION: Final = re.compile(r"[A-Z][A-Z0-9]{1,7}")


class Permit(msgspec.Struct, frozen=True):
    """One permission as the guard enforces it."""

    rule: str
    product: str
    partner: str
    worlds: tuple[str, ...]
    fields: frozenset[str]
    kinds: frozenset[str]
    position_grid_m: float
    velocity_grid_mps: float
    delay_ns: int


def read_permits(text: str | bytes, nation: str) -> tuple[Permit, ...]:
    """Return the permissions of ``nation`` in a TOML text; raises OperatorFault for whatever is unclear."""
    try:
        table = tomllib.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorFault(f"guard rules of {nation}: not valid TOML: {error}. Correct the file.") from error
    _need(set(table) <= _TOP, nation, f"top-level keys {sorted(_TOP)}", sorted(set(table) - _TOP))
    _need(table.get("nation") == nation, nation, f"rules of {nation}", table.get("nation"))
    entries = table.get("rule", [])
    _need(isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries), nation, "[[rule]] tables", entries)
    permits = tuple(_permit(entry, nation) for entry in entries)
    taken: set[tuple[str, str, str]] = set()
    for permit in permits:
        for world in permit.worlds:
            place = (permit.product, permit.partner, world)
            _need(place not in taken, nation, "one rule per product, partner and world", f"two for {place}")
            taken.add(place)
    _need(len({permit.rule for permit in permits}) == len(permits), nation, "distinct rule names", "a name twice")
    return permits


def _need(condition: bool, nation: str, expected: str, came: object) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise OperatorFault(f"guard rules of {nation}: expected {expected}, got {came!r}. Correct the file; until then nothing is signed.")


def _permit(entry: dict[str, object], nation: str) -> Permit:
    _need(set(entry) <= _KEYS, nation, f"rule keys {sorted(_KEYS)}", sorted(set(entry) - _KEYS))
    rule, product, partner = entry.get("rule"), entry.get("product"), entry.get("partner")
    if not (isinstance(rule, str) and rule and isinstance(product, str) and isinstance(partner, str)):
        raise OperatorFault(f"guard rules of {nation}: expected rule, product and partner as texts, got {entry!r}. Correct the file.")
    _need(product in RELEASABLE, nation, f"product of rule {rule} among {sorted(RELEASABLE)}", product)
    _need(bool(_NATION.fullmatch(partner)) and partner != nation, nation, f"a partner in rule {rule}", partner)
    worlds = _names(entry, "worlds", nation)
    fields = frozenset(_names(entry, "fields", nation))
    kinds = frozenset(_names(entry, "kinds", nation))
    _need(bool(worlds) and set(worlds) <= _WORLDS, nation, f"worlds of rule {rule} among {sorted(_WORLDS)}", worlds)
    _need(fields <= RELEASABLE[product], nation, f"fields of rule {rule} among {sorted(RELEASABLE[product])}", sorted(fields))
    _need(not kinds or product == "track", nation, f"no kinds in rule {rule}, which is not for tracks", sorted(kinds))
    position_grid_m = _grid(entry, "position_grid_m", nation)
    texts = sorted(fields & FREE_TEXTS)
    _need(not (position_grid_m > 0.0 and texts), nation, f"no free text beside a grid in rule {rule}", texts)
    return Permit(
        rule=rule,
        product=product,
        partner=partner,
        worlds=worlds,
        fields=fields,
        kinds=kinds,
        position_grid_m=position_grid_m,
        velocity_grid_mps=_grid(entry, "velocity_grid_mps", nation),
        delay_ns=int(_number(entry, "delay_s", nation) * NS_PER_S),
    )


def _names(entry: dict[str, object], key: str, nation: str) -> tuple[str, ...]:
    given = entry.get(key, [])
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise OperatorFault(f"guard rules of {nation}: expected {key} as a list of texts, got {given!r}. Correct the file.")
    return tuple(name for name in given if isinstance(name, str))


def _grid(entry: dict[str, object], key: str, nation: str) -> float:
    given = _number(entry, key, nation)
    _need(given == 0.0 or given >= MIN_GRID, nation, f"{key} of 0 or at least {MIN_GRID:g}", given)
    return given


def _number(entry: dict[str, object], key: str, nation: str) -> float:
    given = entry.get(key, 0.0)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0.0 <= given <= 1e6:
        raise OperatorFault(f"guard rules of {nation}: expected {key} between 0 and 1e6, got {given!r}. Correct the file.")
    return float(given)
