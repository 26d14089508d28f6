"""The people of one node: their signed acts come in, and what is theirs to decide stays here until enough of them agreed.

An act is opened with the person's public key, taken once, and only near its own time. Approvals and rejections go to the public desk; a
cancel goes on to the warning desks, after a second person where the machine still holds a confirmed threat. Everything else goes on
as it is. A refused act leaves one note and changes nothing.
"""

from typing import Final

import msgspec

from tocsin.messages.basics import Note
from tocsin.messages.command import Act, Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.people import Presence, Staffing
from tocsin.messages.public import Proposal
from tocsin.messages.warning import Warning
from tocsin.node.config import NodeConfig
from tocsin.units import NS_PER_S
from tocsin.warning.public import PublicDesk, Signed
from tocsin.warning.rules import machine_holds
from tocsin.warning.texts import live_phrase, utc
from tocsin.wire.command import open_command
from tocsin.wire.faults import WireFault

COMMAND_SKEW_NS: Final = 120 * NS_PER_S  # clocks agree within a second; a person may take a minute from reading to the second keystroke
CANCEL_WAIT_NS: Final = 300 * NS_PER_S  # how long the first person's cancel waits for the second; after that it must be asked for anew
EVENTS_KEPT: Final = 2_000  # some weeks of busy days; a cancel is about a warning that stands, minutes old
ALL_CLEAR_WORDS: Final = ("all clear", "all-clear")  # a cancel never reads as one
PASSED_ON: Final[tuple[Act, ...]] = ("all-clear", "maintenance-on", "maintenance-off", "report", "journal")

Item = Proposal | Staffing


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What an act leads to: commands for the pipeline, things to show and record, notes."""

    commands: tuple[Command, ...] = ()
    items: tuple[Item, ...] = ()
    notes: tuple[Note, ...] = ()


class Duty:
    """Who is on duty, which acts were taken, which cancels wait for a second person, and the drafts for the public."""

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        self._people = {person.key_id: person for person in config.people}
        self._desk = PublicDesk(config.nation, config.world, config.public)
        self._seen: dict[tuple[str, str], int] = {}  # (key, command) -> when it was taken
        self._present: dict[str, Presence] = {}
        self._drill = ""
        self._asked: dict[str, tuple[Signed, int]] = {}  # warning -> the first person's cancel, and when
        self._agreed: dict[str, tuple[Signed, ...]] = {}  # warning -> who signed the cancel that went on in this step
        self._events: dict[str, LaunchEvent] = {}  # newest revision of both pictures' events
        self._own_tracks: dict[str, set[str]] = {}  # alone event -> own tracks that it ever had
        self._warnings: dict[str, Warning] = {}  # newest revision by name, both pictures
        self._maintenance = False
        self._shown: Staffing | None = None

    def command(self, frame: bytes, now_ns: int) -> Taken:
        """Take one act as it came from a terminal."""
        try:
            command, person = open_command(frame, self._people, self._config.nation, self._config.world)
        except WireFault as problem:
            return Taken(notes=(_note(problem.code, f"an act is refused: {problem}", now_ns),))
        problem_text = self._problem(command, person.key_id, now_ns)
        if problem_text is not None:
            text = f"{command.act} {command.command} of {person.person} is refused: {problem_text[1]}"
            return Taken(notes=(_note(problem_text[0], text, now_ns),))
        self._seen[(person.key_id, command.command)] = now_ns
        signed = Signed(command=command, person=person)
        notes = self._presence(signed, now_ns)
        taken = self._apply(signed, now_ns)
        shown = (*taken.items, *self._staffing(now_ns))
        return Taken(commands=taken.commands, items=shown, notes=(*notes, *taken.notes))

    def step(
        self,
        events: tuple[LaunchEvent, ...],
        warnings: tuple[Warning, ...],
        joint: tuple[Warning, ...],
        now_ns: int,
        *,
        maintenance: bool,
    ) -> tuple[tuple[Item, ...], tuple[Note, ...]]:
        """Take what both pictures changed; return drafts and the staffing that changed, and notes.

        Args:
            events, warnings: of both pictures; remembered, so that a cancel can be judged.
            joint: changed warnings of the joint picture: drafts are made from these.
            now_ns: UTC.
            maintenance: nothing may be released now.
        """
        self._maintenance = maintenance
        for event in events:
            self._events[event.event] = event
            if event.picture == "alone":
                tracks = self._own_tracks.setdefault(event.event, set())
                tracks.update(view.track for view in event.nations if view.nation == self._config.nation)
        for warning in warnings:
            self._warnings[warning.warning] = warning
        agreed, self._agreed = self._agreed, {}
        proposals, notes = self._desk.step(joint, (), agreed, now_ns, maintenance=maintenance)
        self._forget()
        return (*proposals, *self._staffing(now_ns)), notes

    # --- which acts count ---------------------------------------------------------------------------------------------

    def _problem(self, command: Command, key_id: str, now_ns: int) -> tuple[str, str] | None:
        """Return (code, text) of why an opened act is not taken."""
        for key in [key for key, when in self._seen.items() if now_ns - when > 2 * COMMAND_SKEW_NS]:
            del self._seen[key]  # too old by its own time anyway
        if (key_id, command.command) in self._seen:
            return "replayed-command", "it was taken before; each act needs a new id"
        if abs(now_ns - command.time_ns) > COMMAND_SKEW_NS:
            text = f"expected a time within {COMMAND_SKEW_NS // NS_PER_S} s of {utc(now_ns)}, came {utc(command.time_ns)}; set the clock"
            return "command-time", text
        phrase = live_phrase(_words_of(command)) if self._config.world != "live" else None
        if phrase is not None:
            return "live-phrase", f"the words {phrase!r} must not stand in world {self._config.world}; say it differently"
        if command.act in ("drill-start", "drill-end") and self._config.world != "exercise":
            return "no-drill-here", f"drills exist in world exercise only, this is {self._config.world}"
        return self._cancel_problem(command) if command.act == "cancel" else None

    def _cancel_problem(self, command: Command) -> tuple[str, str] | None:
        if command.cause is None:
            return "command-refused", "a cancel needs a cause: error, threat-over or outside-area"
        if not command.reason.strip():
            return "command-refused", "a cancel needs a reason; say why"
        if any(words in " ".join(command.reason.lower().split()) for words in ALL_CLEAR_WORDS):
            return "command-refused", "a cancel must not read as an all-clear; say what was wrong"
        return None

    def _apply(self, signed: Signed, now_ns: int) -> Taken:
        """Do what an act asks for, or hand it on."""
        command = signed.command
        if command.act == "confirm":
            return Taken(commands=self._confirms(command))
        if command.act in PASSED_ON:
            return Taken(commands=(command,))
        if command.act in ("approve", "reject"):
            items, notes = self._desk.step((), (signed,), {}, now_ns, maintenance=self._maintenance)
            return Taken(items=items, notes=notes)
        if command.act == "cancel":
            return self._cancel(signed, now_ns)
        if command.act in ("drill-start", "drill-end"):
            return Taken(notes=self._drill_act(command, now_ns))
        return Taken()  # sign-on, sign-off: presence only

    # --- cancel -------------------------------------------------------------------------------------------------------

    def _cancel(self, signed: Signed, now_ns: int) -> Taken:
        """Let a cancel go on, at once or after a second person where the machine still holds a confirmed threat."""
        command = signed.command
        name = command.warning or ""
        warning = self._warnings.get(name)
        threat = None if warning is None else self._threat(warning)
        if threat is None:
            self._asked.pop(name, None)
            self._agreed[name] = (signed,)
            return Taken(commands=self._everywhere(command))
        asked = self._asked.get(name)
        if asked is None or now_ns - asked[1] > CANCEL_WAIT_NS:
            self._asked[name] = (signed, now_ns)
            text = (
                f"{name}: the machine still holds a confirmed threat ({threat.event}, last detected {utc(threat.last_detection_ns)}); "
                f"{signed.person.person} wants to cancel ({command.cause}: {command.reason}); a second person must cancel it too"
            )
            return Taken(notes=(_note("second-person-needed", text, now_ns),))
        first = asked[0]
        problem = _second_problem(first, signed)
        if problem is not None:
            return Taken(notes=(_note("second-person-needed", f"{name}: {problem}", now_ns),))
        del self._asked[name]
        self._agreed[name] = (first, signed)
        both = f"{first.command.reason} (asked for by {first.person.person} while the machine held a confirmed threat)"
        return Taken(commands=self._everywhere(command, both))

    def _threat(self, warning: Warning) -> LaunchEvent | None:
        """Return the event that the machine still holds confirmed behind a warning, in either picture."""
        for name in (warning.event, *self._alone_of(warning.event)):
            event = self._events.get(name)
            if event is not None and machine_holds(event):
                return event
        return None

    def _everywhere(self, command: Command, at_home: str = "") -> tuple[Command, ...]:
        """Return the cancel of a joint warning and of the same missile's own warnings, which partners hold.

        at_home: the reason where it stays at home: that the machine held a threat may rest on what another partner shared.
        """
        warning = self._warnings.get(command.warning or "")
        alone = () if warning is None else self._alone_of(warning.event)
        names = [w.warning for w in self._warnings.values() if w.event in alone and w.status not in ("cancelled", "all-clear", "expired")]
        first = msgspec.structs.replace(command, reason=at_home) if at_home else command
        return (first, *(msgspec.structs.replace(command, warning=name) for name in sorted(names)))

    def _confirms(self, command: Command) -> tuple[Command, ...]:
        """Return a confirmation; one that takes a cancel back also goes to the same missile's own warnings, whose cancel partners got."""
        warning = self._warnings.get(command.warning or "")
        if warning is None or warning.status != "cancelled":
            return (command,)
        alone = self._alone_of(warning.event)
        newest = {own.event: own for own in self._warnings.values() if own.event in alone}
        names = sorted(own.warning for own in newest.values() if own.status == "cancelled")
        return (command, *(msgspec.structs.replace(command, warning=name) for name in names))

    def _alone_of(self, joint_event: str) -> tuple[str, ...]:
        """Return the alone picture's events that rest on the same own tracks as a joint event."""
        event = self._events.get(joint_event)
        if event is None or event.picture != "joint":
            return ()
        own = {view.track for view in event.nations if view.nation == self._config.nation}
        return tuple(sorted(name for name, tracks in self._own_tracks.items() if tracks & own))

    # --- who is here --------------------------------------------------------------------------------------------------

    def _presence(self, signed: Signed, now_ns: int) -> tuple[Note, ...]:
        """Record who is on duty: by sign-on, and by any act, for an act shows that the person is here."""
        person, command = signed.person, signed.command
        if command.act == "sign-off":
            was = self._present.pop(person.person, None)
            return (_note("sign-off", f"{person.person} ({person.role}) signed off{'' if was else ' without having been on'}", now_ns),)
        known = self._present.get(person.person)
        if known is not None and known.terminal == command.terminal:
            return ()
        self._present[person.person] = Presence(person=person.person, role=person.role, terminal=command.terminal, since_ns=now_ns)
        return (_note("sign-on", f"{person.person} ({person.role}) is on duty at {command.terminal or 'no named terminal'}", now_ns),)

    def _drill_act(self, command: Command, now_ns: int) -> tuple[Note, ...]:
        name = command.reason.strip() or command.command
        if command.act == "drill-start":
            self._drill = name
            return (_note("drill-start", f"drill {name} begins ({command.person})", now_ns),)
        ended, self._drill = self._drill, ""
        return (_note("drill-end", f"drill {ended or 'without a start'} is over ({command.person})", now_ns),)

    def _staffing(self, now_ns: int) -> tuple[Staffing, ...]:
        """Return who is on duty if it changed."""
        present = tuple(self._present[person] for person in sorted(self._present))
        staffing = Staffing(
            nation=self._config.nation,
            world=self._config.world,
            time_ns=now_ns,
            present=present,
            supervisor=any(presence.role == "supervisor" for presence in present),
            persons=self._config.public.persons,
            at_limit=self._config.public.at_limit,
            maintenance=self._maintenance,
            drill=self._drill,
        )
        before = self._shown
        if before is None and not (present or self._maintenance or self._config.people):
            return ()
        if before is not None and msgspec.structs.replace(before, time_ns=now_ns) == staffing:
            return ()
        self._shown = staffing
        return (staffing,)

    def _forget(self) -> None:
        """Keep the newest events and warnings only."""
        for kept in (self._events, self._own_tracks, self._warnings):
            for name in list(kept)[: max(0, len(kept) - EVENTS_KEPT)]:
                kept.pop(name)


def _words_of(command: Command) -> str:
    """Return everything that a person wrote in an act."""
    said = command.report.source if command.report is not None else ""
    entered = f"{command.entry.text} {command.entry.source}" if command.entry is not None else ""
    return f"{command.reason} {said} {entered}"


def _second_problem(first: Signed, second: Signed) -> str | None:
    """Return why a second cancel does not count, None if it does."""
    if second.person.person == first.person.person or second.person.key_id == first.person.key_id:
        return f"{first.person.person} asked for the cancel already; a second person must cancel it too"
    if not second.command.terminal.strip() or second.command.terminal == first.command.terminal:
        return "the second person must use another terminal, and name it"
    if second.command.cause != first.command.cause:
        return f"{first.person.person} gave the cause {first.command.cause}, {second.person.person} {second.command.cause}; agree on one"
    return None


def _note(code: str, text: str, now_ns: int) -> Note:
    return Note(stage="people", code=code, text=text, time_ns=now_ns)
