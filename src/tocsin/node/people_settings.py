"""Configuration text in, posts and rules out: who may act in each nation and how many a public release takes (TOML). No keys here.

Errors are OperatorFaults as in ``settings``. A nation that the text does not name gets the defaults: two duty officers, one supervisor,
two persons, hold at the limit.
"""

from typing import Literal, cast

import msgspec

from tocsin.messages.basics import Nation
from tocsin.messages.people import PublicRules, Role
from tocsin.node.settings import ID_FORM, Table, read_table


class Posts(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's posts in order, and its rules for the public."""

    nation: Nation
    rules: PublicRules
    posts: tuple[tuple[str, Role], ...]


def default_posts(nation: Nation) -> Posts:
    """Return the posts of a nation of which nothing is said."""
    posts: tuple[tuple[str, Role], ...] = (
        (f"{nation}-duty-1", "duty-officer"),
        (f"{nation}-duty-2", "duty-officer"),
        (f"{nation}-supervisor", "supervisor"),
    )
    return Posts(nation=nation, rules=PublicRules(), posts=posts)


def parse_posts(text: str, name: str) -> dict[Nation, Posts]:
    """Return the posts by nation. ``name`` is the file's name in error texts; an unknown key is an error: this file decides who may act."""
    top = read_table(text, name)
    found: dict[Nation, Posts] = {}
    for table in top.tables("nation", "nation", "code"):
        posts = _posts(table)
        if posts.nation in found:
            raise table.fault(f"nation {posts.nation!r} is given twice; expected each once")
        found[posts.nation] = posts
    unknown = top.unknown()
    if unknown:
        raise top.fault(unknown[0].text.replace("is unknown and ignored", "is unknown"))
    return found


def _posts(table: Table) -> Posts:
    """Return one nation's posts."""
    officers = _names(table, "duty_officers")
    supervisors = _names(table, "supervisors")
    twins = [name for name in officers if name in supervisors]
    if twins or len(set(officers)) < len(officers) or len(set(supervisors)) < len(supervisors):
        raise table.fault("a post is given twice; two persons are two posts")
    persons = table.number("persons", 1, 2, 2.0)
    if persons != int(persons):
        raise table.fault(f"persons = {persons:g}: expected 1 or 2")
    rules = PublicRules(
        persons=int(persons),
        limit_s=table.number("limit_s", 5.0, 600.0, 60.0),
        at_limit=cast("Literal['hold', 'publish']", table.choice("at_limit", ("hold", "publish"), "hold")),
    )
    duty: tuple[tuple[str, Role], ...] = tuple((name, "duty-officer") for name in officers)
    above: tuple[tuple[str, Role], ...] = tuple((name, "supervisor") for name in supervisors)
    return Posts(nation=table.nation("code"), rules=rules, posts=(*duty, *above))


def _names(table: Table, key: str) -> tuple[str, ...]:
    """Return the names under a key; each must be an id."""
    names = table.texts(key)
    for name in names:
        if not ID_FORM.fullmatch(name):
            raise table.fault(f"{key}: {name!r}: expected letters, digits, '.', '-', '_' only, at most 64")
    return names
