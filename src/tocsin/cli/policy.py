"""``tocsin policy explain``: what a partner would get, field by field, how precise, and by which rule."""

from itertools import groupby
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.adapters.config import read_text
from tocsin.api.stand import read_rules
from tocsin.errors import OperatorFault
from tocsin.messages.basics import Nation, World
from tocsin.messages.coalition import Coalition
from tocsin.messages.release import Policy
from tocsin.sharing.explain import ExplainRow, check_policy, explain
from tocsin.sharing.fields import WORLDS
from tocsin.sharing.rules import parse_policy
from tocsin.sim.scenario import load_coalition, packaged

WIDTH: Final = 100  # columns where no terminal says otherwise; the longest row has 90


def run_explain(nation: str, partner: str, world: str, rules: Path | None) -> None:
    """Print one table a product. Raises ``OperatorFault`` for a nation, partner or world that does not exist."""
    coalition = _coalition_of(nation)
    policy = _policy(nation, coalition, rules)
    known = _partners(policy, coalition)
    if partner not in known:
        raise OperatorFault(f"partner {partner!r}: expected one of {', '.join(known) or 'none'}", exit_code=2)
    found = next((known_world for known_world in WORLDS if known_world == world), None)
    if found is None:
        raise OperatorFault(f"--world {world}: expected one of {', '.join(WORLDS)}", exit_code=2)
    _print(policy, partner, found, coalition)


def _coalition_of(nation: Nation) -> Coalition | None:
    """Return the packaged coalition that a nation is a member of, None where there is none."""
    for name in packaged("coalitions"):
        coalition = load_coalition(name)
        if any(spec.nation == nation for spec in coalition.nations):
            return coalition
    return None


def _policy(nation: Nation, coalition: Coalition | None, rules: Path | None) -> Policy:
    """Return a nation's rules: of a file if one is given, else the packaged ones."""
    if rules is not None:
        if not rules.is_file():
            raise OperatorFault(f"{rules}: expected a rules file (TOML), found none; check the path", exit_code=2)
        policy = parse_policy(read_text(rules), rules.name)
        if policy.nation != nation:
            raise OperatorFault(f"{rules}: expected the rules of {nation}, came those of {policy.nation}; name that nation", exit_code=2)
        return policy
    if coalition is None:
        members = [spec.nation for name in packaged("coalitions") for spec in load_coalition(name).nations]
        raise OperatorFault(f"nation {nation!r}: expected one of {', '.join(members)}, or a file with --rules", exit_code=2)
    return parse_policy(read_rules(coalition.coalition, nation), f"{coalition.coalition}/{nation}.toml")


def _partners(policy: Policy, coalition: Coalition | None) -> tuple[Nation, ...]:
    """Return everyone whom rules or coalition name, but the nation itself."""
    members = [spec.nation for spec in coalition.nations] if coalition is not None else []
    return tuple(sorted({*members, *(rule.partner for rule in policy.rules)} - {policy.nation}))


def _print(policy: Policy, partner: Nation, world: World, coalition: Coalition | None) -> None:
    """Print the answer, then what is wrong with the rules as a whole."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    rows = explain(policy, partner, world)
    console.print(f"What {policy.nation} releases to {partner} in world {world}, by rules version {policy.version}.", markup=False)
    console.print("What no rule names does not leave. Identity, time and state always go with a product that leaves.\n", markup=False)
    for product, group in groupby(rows, key=lambda row: row.product):
        console.print(_table(product, tuple(group)))
    if coalition is not None:
        for note in check_policy(policy, coalition):
            console.print(f"CHECK  {note.text}", markup=False)


def _table(product: str, rows: tuple[ExplainRow, ...]) -> Table:
    """Return the table of one product."""
    left = [row for row in rows if row.released]
    title = (
        f"{product}: {len(left)} of {len(rows)} fields leave, by {rows[0].rule}" if left else f"{product}: NOTHING leaves, {rows[0].rule}"
    )
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, width in (("field", 22), ("leaves", 7), ("how precise", 32)):
        table.add_column(heading, min_width=width, no_wrap=True)
    for row in rows:
        table.add_row(row.field, "yes" if row.released else "NO", row.precision, style="" if row.released else "dim")
    return table
