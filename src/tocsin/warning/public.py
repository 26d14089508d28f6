"""Release to the public: drafts made from warnings, frozen, and released only by the persons whom their nation asks for.

One line of drafts per warning and audience; at most one draft of a line waits at a time. A newer draft supersedes it, and consent never
carries over: each person signs the digest of one draft. At the time limit a draft is held and escalated; it is never published by
itself, unless the nation's configuration says so, and then only a warning, never an all-clear. Under maintenance nothing is released.
Nothing is sent here: a released proposal is recorded first, and channels come later. An all-clear waits while another missile threatens
one of its areas: nobody is told to leave shelter under the second missile because the first one is down.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from tocsin.messages.basics import Nation, Note, World
from tocsin.messages.command import Command
from tocsin.messages.people import Person, PublicRules
from tocsin.messages.public import Approval, Audience, Proposal, ProposalKind, ProposalStatus
from tocsin.messages.warning import CancelCause, Warning
from tocsin.units import NS_PER_S, s2ns
from tocsin.warning.public_text import Named, Words, draft_text, named

AUDIENCES: Final[tuple[Audience, ...]] = ("land", "sea-air")
WAITING: Final[tuple[ProposalStatus, ...]] = ("open", "half", "held")
AT_LIMIT_KINDS: Final[tuple[ProposalKind, ...]] = ("alert", "update")  # what a configuration may let go without persons
REDRAFT_NS: Final = 60 * NS_PER_S  # hours that move by more are other hours to a reader; texts give whole minutes
PROPOSALS_KEPT: Final = 2_000  # some weeks of busy days; the log keeps all
DIGEST_CONTEXT: Final = b"tocsin-draft-v1\x00"
MAINTENANCE: Final = "maintenance: nothing can be released; it waits for persons"
OVER: Final = ("all-clear", "cancelled", "expired")  # this warning says nothing more
ENDED: Final = ("passed", "all-clear", "cancelled", "expired", "presumed-down", "observed")


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """An act and the person whose key signed it, as opened by ``wire.command``."""

    command: Command
    person: Person


def digest_of(
    nation: Nation, world: World, audience: Audience, kind: ProposalKind, text: str, areas: tuple[str, ...], references: tuple[str, ...]
) -> str:
    """Return the SHA-256 (hexadecimal) of a draft: ``DIGEST_CONTEXT`` and the JSON array of exactly these parts, in this order."""
    parts = [nation, world, audience, kind, text, list(areas), list(references)]
    return hashlib.sha256(DIGEST_CONTEXT + msgspec.json.encode(parts)).hexdigest()


@dataclass(slots=True)
class _Line:
    """All drafts of one warning to one audience."""

    last: Proposal | None = None
    said: Named | None = None  # what the last draft names
    phase: str = ""
    drafts: int = 0
    told: list[str] = field(default_factory=list)  # areas that were ever released
    standing: tuple[str, ...] = ()  # areas that people believe to be warned now
    out: Named | None = None  # what the last released draft named, while the warning still stood
    released: list[str] = field(default_factory=list)  # names, in order, of what is out and was not ended
    keys: list[str] = field(default_factory=list)  # that agreed to the last draft
    over: bool = False  # its warning ended
    clear: Warning | None = None  # its all-clear, until people were told
    put_off: bool = False  # that all-clear waits for another warning's end


class PublicDesk:
    """Proposals of one nation in one world. ``step`` returns those that changed."""

    def __init__(self, nation: Nation, world: World, rules: PublicRules) -> None:
        self._nation = nation
        self._world: World = world
        self._rules = rules
        self._lines: dict[tuple[str, Audience], _Line] = {}
        self._maintenance = False
        self._changed: dict[str, Proposal] = {}
        self._notes: list[Note] = []
        self._now_ns = 0

    def step(
        self,
        warnings: tuple[Warning, ...],
        acts: tuple[Signed, ...],
        cancels: Mapping[str, tuple[Signed, ...]],
        now_ns: int,
        *,
        maintenance: bool = False,
    ) -> tuple[tuple[Proposal, ...], tuple[Note, ...]]:
        """Apply maintenance, changed warnings, acts on proposals, then the time limits; return changed proposals and notes.

        Args:
            warnings: changed warnings of the joint picture, oldest first.
            acts: signed "approve" and "reject"; others are not looked at.
            cancels: by warning, who signed the cancel that this step's warnings show.
            now_ns: UTC.
            maintenance: nothing may be released now.
        """
        self._now_ns = now_ns
        self._changed, self._notes = {}, []
        self._maintain(maintenance=maintenance)
        for warning in warnings:
            if warning.world != self._world or warning.origin != self._nation:
                text = f"{warning.warning}: a warning of {warning.origin} in world {warning.world} is no base for a draft here"
                self._note("wrong-world", text)
                continue
            for audience in AUDIENCES:
                self._warning(warning, audience, cancels.get(warning.warning, ()))
        self._look_again()
        for signed in acts:
            if signed.command.act in ("approve", "reject"):
                self._act(signed)
        for line in self._waiting():
            self._limit(line)
        return tuple(self._changed.values()), tuple(self._notes)

    def _maintain(self, *, maintenance: bool) -> None:
        """Hold every draft while maintenance lasts, and call people to them when it is over: held drafts have no time limit."""
        was, self._maintenance = self._maintenance, maintenance
        for line in self._waiting():
            if maintenance and line.last is not None and line.last.status != "held":
                self._set(line, "held", MAINTENANCE)
            elif was and not maintenance and line.last is not None:
                text = f"{line.last.proposal} ({line.last.kind}, {line.last.audience}): maintenance is over, it waits for its persons"
                self._note("escalated", text)

    def waiting(self) -> tuple[Proposal, ...]:
        """Return the drafts that wait for persons, in the order of their lines."""
        return tuple(line.last for line in self._waiting() if line.last is not None)

    # --- drafts -------------------------------------------------------------------------------------------------------

    def _look_again(self) -> None:
        """Ask again whether the all-clears that people were not told yet may be said."""
        for (_, audience), line in list(self._lines.items()):
            if line.clear is not None:
                self._warning(line.clear, audience, ())

    def _warning(self, warning: Warning, audience: Audience, cancel: tuple[Signed, ...]) -> None:
        """Make the draft that this revision asks for, or take back the one that waits."""
        line = self._lines.get((warning.warning, audience), _Line())
        said = named(warning, audience, self._nation)
        phase = _phase(warning, audience)
        line.over = phase in OVER
        kind = _kind(phase, said, line)
        if kind is None:
            if phase in ENDED or not said.areas:
                self._take_back(line, f"the warning is now {warning.status}; nobody is warned by it")
            return
        if phase != "standing" or kind == "correction":  # an end goes to whoever was told, an update to those who still believe it
            who = line.standing if kind in ("update", "passed") else line.told
            said = Named(areas=tuple(sorted(who)), from_ns=said.from_ns, to_ns=said.to_ns)
        elif line.out is not None and _same(said, line.out):  # what people have is right (again)
            self._take_back(line, "what was released before says the same again")
            return
        line.clear = warning if kind == "all-clear" else None
        if line.clear is not None and self._threatened(line, audience, said.areas):
            return
        if _is_news(line, kind, phase, said):
            self._put(line, warning, audience, kind, said, cancel)

    def _put(self, line: _Line, warning: Warning, audience: Audience, kind: ProposalKind, said: Named, cancel: tuple[Signed, ...]) -> None:
        """Put a new draft in the place of the one that waits."""
        phase = _phase(warning, audience)
        self._lines[(warning.warning, audience)] = line
        carried = self._replace(line, kind, same_phase=line.phase == phase)
        line.phase = phase
        self._draft(line, warning, audience, kind, said, cancel)
        if self._maintenance:
            self._set(line, "held", MAINTENANCE)
        elif kind == "cancel" and cancel:  # its text follows from the signed cancel: warning, cause and reason
            for signed in cancel:
                self._agree(line, signed)
        elif carried is not None:
            self._carry(line, carried)
        self._forget()

    def _threatened(self, line: _Line, audience: Audience, areas: tuple[str, ...]) -> bool:
        """Whether another warning stands for one of these areas, or waits to be told: then this all-clear waits, or is taken back."""
        others = [
            other
            for (_, whom), other in self._lines.items()
            if whom == audience and other is not line and not other.over and not set(areas).isdisjoint(_threat_of(other))
        ]
        names = ", ".join(sorted({other.last.warning for other in others if other.last is not None}))
        if others and not line.put_off and line.clear is not None:
            self._take_back(line, f"the all-clear waits for the end of {names}, which names one of its areas")
            self._note("all-clear-waits", f"{line.clear.warning} ({audience}): over, but {names} still names one of its areas")
        line.put_off = bool(others)
        return line.put_off

    def _replace(self, line: _Line, kind: ProposalKind, *, same_phase: bool) -> Proposal | None:
        """Supersede the draft that waits; return it if the new one is of the same phase, so that its time limit goes on."""
        old = line.last
        taken_back = self._take_back(line, f"a newer draft replaces it: {kind}")
        return old if taken_back and same_phase else None

    def _take_back(self, line: _Line, reason: str) -> bool:
        """Supersede the draft that waits; return whether there was one."""
        waits = line.last is not None and line.last.status in WAITING
        if waits:
            self._set(line, "superseded", reason)
        return waits

    def _carry(self, line: _Line, old: Proposal) -> None:
        """Let the old draft's time limit go on for the new one: drafts that follow each other quickly must not put off the escalation."""
        if line.last is None:
            return
        line.last = msgspec.structs.replace(line.last, limit_ns=min(old.limit_ns, line.last.limit_ns))
        self._changed[line.last.proposal] = line.last
        if old.status == "held":
            self._set(line, "held", "the draft that it replaces was held; held, not released")

    def _draft(
        self, line: _Line, warning: Warning, audience: Audience, kind: ProposalKind, said: Named, cancel: tuple[Signed, ...]
    ) -> None:
        """Freeze a new draft."""
        dropped = tuple(area for area in line.standing if area not in said.areas) if kind == "update" else ()
        cause: CancelCause | None = warning.cancel_cause or (cancel[0].command.cause if cancel else None)
        why = cancel[0].command.reason if cancel else None
        text = draft_text(kind, audience, warning, said, Words(dropped=dropped, cause=cause, why=why))
        references = tuple(line.released)
        line.drafts += 1
        line.said, line.keys = said, []
        line.last = Proposal(
            proposal=f"{warning.warning}-{audience}-P{line.drafts}",
            nation=self._nation,
            world=self._world,
            warning=warning.warning,
            warning_revision=warning.revision,
            audience=audience,
            kind=kind,
            text=text,
            areas=said.areas,
            digest=digest_of(self._nation, self._world, audience, kind, text, said.areas, references),
            persons=max(1, len(cancel)) if kind == "cancel" else self._rules.persons,
            made_ns=self._now_ns,
            limit_ns=self._now_ns + s2ns(self._rules.limit_s),
            status="open",
            reason=f"warning {warning.status}",
            references=references,
        )
        self._changed[line.last.proposal] = line.last

    # --- persons ------------------------------------------------------------------------------------------------------

    def _act(self, signed: Signed) -> None:
        """Take a person's yes or no to a draft; what does not fit is refused with the reason."""
        command = signed.command
        line = next((each for each in self._lines.values() if each.last is not None and each.last.proposal == command.proposal), None)
        if line is None or line.last is None:
            text = f"{command.command}: {command.proposal!r} is no draft that waits here (a newer one may have replaced it); read it again"
            self._note("unknown-proposal", text)
            return
        problem = self._problem(line, line.last, signed)
        if problem is not None:
            self._note(problem[0], f"{command.command} of {signed.person.person}: {problem[1]}; {line.last.proposal} is unchanged")
        elif command.act == "reject":
            self._set(line, "rejected", f"rejected by {signed.person.person}: {command.reason.strip() or 'no reason given'}")
        else:
            self._agree(line, signed)

    def _problem(self, line: _Line, proposal: Proposal, signed: Signed) -> tuple[str, str] | None:
        """Return (code, text) of why an act on a draft does not count."""
        command, person = signed.command, signed.person
        yes = command.act == "approve"
        given = proposal.approvals
        checks = (
            (proposal.status not in WAITING, "proposal-closed", f"the draft is {proposal.status}, it cannot be agreed to or rejected"),
            (
                command.digest != proposal.digest,
                "wrong-digest",
                "expected the digest of the draft as it stands, got another; read it again",
            ),
            (yes and self._maintenance, "maintenance", "nothing can be released under maintenance"),
            (yes and not command.terminal.strip(), "no-terminal", "expected the name of the terminal, got none"),
            (yes and person.person in [each.person for each in given], "same-person", "this person agreed already; a second person must"),
            (
                yes and command.terminal in [each.terminal for each in given],
                "same-terminal",
                f"somebody agreed at {command.terminal} already; the second person must use another terminal",
            ),
            (yes and person.key_id in line.keys, "same-key", "this key agreed already; a second key must"),
        )
        return next(((code, text) for wrong, code, text in checks if wrong), None)

    def _agree(self, line: _Line, signed: Signed) -> None:
        """Count one consent, and release when it was the last one needed."""
        if line.last is None:
            return
        command, person = signed.command, signed.person
        consent = Approval(
            person=person.person, role=person.role, terminal=command.terminal, command=command.command, time_ns=command.time_ns
        )
        line.keys.append(person.key_id)
        line.last = msgspec.structs.replace(line.last, approvals=(*line.last.approvals, consent))
        given, needed = len(line.last.approvals), line.last.persons
        if given >= needed:
            self._release(line, f"agreed to by {', '.join(approval.person for approval in line.last.approvals)}")
        else:
            status: ProposalStatus = "held" if line.last.status == "held" else "half"
            self._set(line, status, f"{given} of {needed} persons agreed")

    def _limit(self, line: _Line) -> None:
        """At the time limit: hold and escalate, or, where the nation's configuration says so, let a warning go."""
        last = line.last
        if last is None or last.status == "held" or self._now_ns < last.limit_ns:
            return
        if self._rules.at_limit == "publish" and last.kind in AT_LIMIT_KINDS:
            self._release(line, f"time limit: released with {len(last.approvals)} of {last.persons} persons, as the configuration says")
            return
        text = f"escalated: {len(last.approvals)} of {last.persons} persons agreed within the time limit; held, not released"
        self._set(line, "held", text)
        self._note("escalated", f"{last.proposal} ({last.kind}, {last.audience}): {text}; call the second person")

    # --- status -------------------------------------------------------------------------------------------------------

    def _release(self, line: _Line, reason: str) -> None:
        self._set(line, "released", reason)
        last = line.last
        if last is None:
            return
        if last.kind in ("all-clear", "cancel"):
            line.released, line.told, line.standing, line.out, line.clear = [], [], (), None, None
            return
        line.released.append(last.proposal)
        line.told = sorted({*line.told, *last.areas})
        line.standing = () if last.kind == "correction" else last.areas
        line.out = line.said if line.phase == "standing" and last.kind != "correction" else None

    def _set(self, line: _Line, status: ProposalStatus, reason: str) -> None:
        if line.last is not None:
            line.last = msgspec.structs.replace(line.last, status=status, reason=reason)
            self._changed[line.last.proposal] = line.last

    def _waiting(self) -> list[_Line]:
        return [line for line in self._lines.values() if line.last is not None and line.last.status in WAITING]

    def _forget(self) -> None:
        """Let the oldest lines go that wait for nobody."""
        for key in list(self._lines)[: max(0, len(self._lines) - PROPOSALS_KEPT)]:
            last = self._lines[key].last
            if last is None or last.status not in WAITING:
                del self._lines[key]

    def _note(self, code: str, text: str) -> None:
        self._notes.append(Note(stage="people", code=code, text=text, time_ns=self._now_ns))


def _phase(warning: Warning, audience: Audience) -> str:
    """Return what the warning's status means to an audience: what has passed the land has not passed the ships ahead of it."""
    standing = warning.status in ("confirmed", "updated") or (warning.status == "passed" and audience == "sea-air")
    return "standing" if standing else warning.status


def _kind(phase: str, said: Named, line: _Line) -> ProposalKind | None:
    """What kind of word this revision asks for; None where the audience was told nothing and need not be."""
    ends: dict[str, ProposalKind] = {"passed": "passed", "all-clear": "all-clear", "cancelled": "cancel"}
    if phase in ends:
        return ends[phase] if line.released and (line.standing or phase != "passed") else None
    if phase in ENDED:
        return "update" if line.standing else None
    if phase == "suspected":
        return None
    if said.areas:
        return "update" if line.standing else "alert"
    return "correction" if line.standing else None


def _threat_of(line: _Line) -> tuple[str, ...]:
    """Return the areas that people believe to be warned by a line, and those of an alert that waits to be told."""
    waits = line.last is not None and line.last.status in WAITING and line.last.kind in AT_LIMIT_KINDS
    return (*line.standing, *(line.last.areas if waits and line.last is not None else ()))


def _is_news(line: _Line, kind: ProposalKind, phase: str, said: Named) -> bool:
    """Whether the last draft of the line does not say this already. A draft that waits is replaced by a wider one, not a narrower one."""
    last, before = line.last, line.said
    if last is None or before is None or last.status == "superseded" or line.phase != phase:
        return True
    if last.kind != kind and not (last.kind in AT_LIMIT_KINDS and kind in AT_LIMIT_KINDS):
        return True
    if last.status in WAITING:
        return not set(said.areas) <= set(before.areas) or _later(said, before)
    return not _same(said, before)


def _same(said: Named, before: Named) -> bool:
    """Whether a reader would be told the same areas and hours."""
    return set(said.areas) == set(before.areas) and not _later(said, before)


def _later(said: Named, before: Named) -> bool:
    """Whether the hours reach beyond those before by more than a reader would let pass."""
    return said.to_ns - before.to_ns > REDRAFT_NS or before.from_ns - said.from_ns > REDRAFT_NS
