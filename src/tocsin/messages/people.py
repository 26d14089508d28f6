"""Who may act in a nation, and how many of them it takes. Read from the nation's signed configuration."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, World

Role = Literal["duty-officer", "supervisor"]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One credential: a person's public key for one world. The world of an act comes from the key, never from a field of a form."""

    person: str
    nation: Nation
    role: Role
    world: World
    key_id: str
    public_hex: str  # 32 bytes Ed25519, hexadecimal


class PublicRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a nation releases to its public. ``at_limit`` other than "hold" is shown on the screen always."""

    persons: int = 2  # 1 or 2
    limit_s: float = 60.0  # to agree before the proposal is held and escalated
    at_limit: Literal["hold", "publish"] = "hold"


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """A person on duty, where, and since when."""

    person: str
    role: Role
    terminal: str
    since_ns: int


class Staffing(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on duty and by which rules their nation releases: shown always, and recorded when it changes."""

    nation: Nation
    world: World
    time_ns: int
    present: tuple[Presence, ...]  # sorted by person
    supervisor: bool  # one is on duty
    persons: int  # whose consent a public release needs
    at_limit: Literal["hold", "publish"]
    maintenance: bool  # nothing can be released now
    drill: str = ""  # the drill that is on, "" if none
