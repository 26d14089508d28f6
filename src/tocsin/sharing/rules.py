"""Read a nation's release rules from TOML. Everything unknown, doubled or doubtful is refused with the place named.

No decisions here (``decide``), no file reading (the caller gives the text).
"""

import re
import tomllib
from math import isfinite
from typing import Annotated, Final

import msgspec

from tocsin.errors import OperatorFault
from tocsin.messages.basics import Nation, Product, World
from tocsin.messages.release import Detail, Policy, Rule
from tocsin.sharing.fields import FREE_TEXT, OPTIONAL, PRODUCTS, TRACK_KINDS, WITH_SIGMA, WORLDS

MAX_POSITION_GRID_M: Final = 100_000.0  # coarser than 100 km says nothing about a missile with a range of 300 km
MAX_VELOCITY_GRID_MPS: Final = 1_000.0  # coarser than 1 km/s hides whether it flies at all
MIN_GRID: Final = 0.001  # m or m/s; finer multiples are lost in the rounding of doubles at 6,000 km
MAX_DELAY_S: Final = 3_600.0  # a flight lasts less than an hour; a longer delay is a typing error
MAX_INTERVAL_S: Final = 60.0  # a slower stream would outlive the receiver's validity window (sharing/admit.py)

NATION_PATTERN: Final = r"^[A-Z][A-Z0-9]{1,7}\Z"
_RULE_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"

_NationText = Annotated[str, msgspec.Meta(pattern=NATION_PATTERN)]


class _RuleLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[rule]]`` table as written."""

    rule: Annotated[str, msgspec.Meta(pattern=_RULE_PATTERN)]
    product: Product
    partner: _NationText
    worlds: tuple[World, ...]
    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    position_grid_m: float = 0.0
    velocity_grid_mps: float = 0.0
    delay_s: float = 0.0
    interval_s: float = 0.0


class _PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file as written."""

    nation: _NationText
    version: Annotated[int, msgspec.Meta(ge=1)]
    notice: str = ""
    rule: tuple[_RuleLine, ...] = ()


def parse_policy(text: str, name: str) -> Policy:
    """Return the policy in a TOML text; ``name`` says in errors where it came from.

    Raises OperatorFault for anything that is not understood completely: a rule that is only half understood might
    release what nobody meant to.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OperatorFault(f"{name}: not valid TOML: {error}. Correct the file.") from error
    try:
        file = msgspec.convert(table, _PolicyFile)
    except msgspec.ValidationError as error:
        raise OperatorFault(f"{_place(text, name, str(error))}: {error}. {_EXPECTED}") from error
    rules = tuple(_checked(line, index, text, name, file.nation) for index, line in enumerate(file.rule))
    _refuse_doubles(rules, text, name)
    return Policy(nation=file.nation, version=file.version, rules=rules)


_EXPECTED: Final = (
    "Expected at the top nation, version and [[rule]] tables with rule, product "
    f"({', '.join(PRODUCTS)}), partner, worlds ({', '.join(WORLDS)}) and optionally fields, kinds, position_grid_m, "
    "velocity_grid_mps, delay_s, interval_s."
)


def _place(text: str, name: str, message: str) -> str:
    """Name the rule table that a msgspec message points at: ``$.rule[3]`` becomes a line."""
    found = re.search(r"\$\.rule\[(\d+)\]", message)
    return name if found is None else f"{name}, line {_line_of_rule(text, int(found.group(1)))}"


def _line_of_rule(text: str, index: int) -> int:
    """Return the line (from 1) where the index-th ``[[rule]]`` table begins; 0 if the file writes its tables otherwise."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.replace(" ", "").startswith("[[rule]]")]
    return lines[index] if index < len(lines) else 0


def _checked(line: _RuleLine, index: int, text: str, name: str, nation: Nation) -> Rule:
    problem = _problem_of(line, nation)
    if problem:
        raise OperatorFault(f"{name}, line {_line_of_rule(text, index)}, rule {line.rule!r}: {problem}")
    detail = Detail(
        fields=tuple(sorted(line.fields)),
        position_grid_m=line.position_grid_m,
        velocity_grid_mps=line.velocity_grid_mps,
        delay_s=line.delay_s,
        interval_s=line.interval_s,
        kinds=tuple(sorted(line.kinds)),
    )
    return Rule(rule=line.rule, product=line.product, partner=line.partner, worlds=line.worlds, detail=detail)


def _problem_of(line: _RuleLine, nation: Nation) -> str:
    """Return what is wrong with one rule beyond its types, or the empty text."""
    checks = (
        _names_problem("worlds", line.worlds, WORLDS, empty_allowed=False),
        _names_problem("fields", line.fields, OPTIONAL[line.product], empty_allowed=True),
        _names_problem("kinds", line.kinds, TRACK_KINDS if line.product == "track" else (), empty_allowed=True),
        "" if line.partner != nation else f"partner is the nation itself ({nation}); name a partner.",
        _pairs_problem(line),
        _numbers_problem(line),
    )
    return next((problem for problem in checks if problem), "")


def _names_problem(key: str, given: tuple[str, ...], known: tuple[str, ...], *, empty_allowed: bool) -> str:
    if not given and not empty_allowed:
        return f"{key} is empty, so the rule permits nothing; name at least one of {', '.join(known)}."
    for item in given:
        if item not in known:
            return f"{key} has {item!r}; expected only {', '.join(known) or 'nothing for this product'}."
        if given.count(item) > 1:
            return f"{key} names {item!r} twice; name it once."
    return ""


def _pairs_problem(line: _RuleLine) -> str:
    for value, sigma in WITH_SIGMA:
        if sigma in OPTIONAL[line.product] and (value in line.fields) != (sigma in line.fields):
            return f"fields must name {value} and {sigma} together; a value never leaves without its uncertainty."
    return ""


def _numbers_problem(line: _RuleLine) -> str:
    limits = (
        ("position_grid_m", line.position_grid_m, MAX_POSITION_GRID_M if line.product in {"track", "event", "warning"} else 0.0),
        ("velocity_grid_mps", line.velocity_grid_mps, MAX_VELOCITY_GRID_MPS if line.product == "track" else 0.0),
        ("delay_s", line.delay_s, MAX_DELAY_S),
        ("interval_s", line.interval_s, MAX_INTERVAL_S if line.product == "track" else 0.0),
    )
    for key, value, most in limits:
        if not (isfinite(value) and 0.0 <= value <= most):
            return f"{key} = {value}; expected 0 to {most:g} for the product {line.product}."
        if "grid" in key and 0.0 < value < MIN_GRID:
            return f"{key} = {value}; expected 0 (no grid) or at least {MIN_GRID:g}."
    texts = tuple(field for field in line.fields if field in FREE_TEXT[line.product])
    if line.position_grid_m > 0.0 and texts:
        return f"position_grid_m with {', '.join(texts)}: a text may quote exact figures; drop the texts or the grid."
    return ""


def _refuse_doubles(rules: tuple[Rule, ...], text: str, name: str) -> None:
    for index, rule in enumerate(rules):
        for earlier in rules[:index]:
            same_name = earlier.rule == rule.rule
            shared = tuple(world for world in rule.worlds if world in earlier.worlds)
            overlap = earlier.product == rule.product and earlier.partner == rule.partner and shared
            if same_name or overlap:
                reason = "has the same name as" if same_name else f"permits {rule.product} to {rule.partner} in {shared[0]} as well as"
                raise OperatorFault(
                    f"{name}, line {_line_of_rule(text, index)}, rule {rule.rule!r} {reason} rule {earlier.rule!r}; "
                    "expected at most one rule for each product, partner and world. Remove one."
                )
