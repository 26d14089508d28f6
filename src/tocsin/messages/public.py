"""Proposal: a frozen draft for the public, and who has agreed to it. Nothing is published without the persons its nation asks for."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, World
from tocsin.messages.people import Role

Audience = Literal["land", "sea-air"]
"""``land``: people on the ground; ``sea-air``: ships and aircraft. Two answers, never one."""

ProposalKind = Literal["alert", "update", "passed", "all-clear", "cancel", "correction"]
ProposalStatus = Literal["open", "half", "held", "released", "rejected", "superseded"]
"""``half``: one of two persons agreed. ``held``: the time limit passed without them; it is escalated and never published by itself,
unless the nation's signed configuration says otherwise."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """One person's signed consent to the digest."""

    person: str
    role: Role
    terminal: str
    command: str
    time_ns: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A draft. Text, areas and world are frozen: ``digest`` is their SHA-256, and that is what persons sign."""

    proposal: str
    nation: Nation
    world: World
    warning: str
    warning_revision: int
    audience: Audience
    kind: ProposalKind
    text: str
    areas: tuple[str, ...]
    digest: str
    persons: int  # whose consent is needed
    made_ns: int
    limit_ns: int
    status: ProposalStatus
    approvals: tuple[Approval, ...] = ()
    reason: str = ""  # why it has this status
    references: tuple[str, ...] = ()  # earlier released proposals that this one replaces, corrects or cancels
