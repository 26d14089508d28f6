"""The warning desk: events and commands in; warnings (only changed ones), the posture and notes out.

One warning per launch event, driven by ``lifecycle.TABLE``. The desk decides nothing about who gets a warning; recipients
of a cancel are those of the warning, found by its ``references``. A cancelled event is not warned about again by itself.
"""

from dataclasses import dataclass
from typing import Final

from tocsin.messages.basics import Nation, Note, World
from tocsin.messages.command import Command
from tocsin.messages.event import EventStatus, LaunchEvent
from tocsin.messages.warning import Posture, Warning
from tocsin.units import NS_PER_S
from tocsin.warning import rules, texts
from tocsin.warning.lifecycle import FINAL, Status, Trigger, next_status

UPDATE_NS: Final = NS_PER_S  # at most one update a second; status changes never wait
ALL_CLEAR_NS: Final = 60 * NS_PER_S  # after presumed down / observed / passed: time for a late detection to arrive
POSTURE_NS: Final = 1_800 * NS_PER_S  # a second launch followed within 30 minutes on most multi-launch days of the catalogue
EXPIRES_NS: Final = 1_800 * NS_PER_S  # a warning without news for 30 minutes must not stand
EXPIRES_AFTER_IMPACT_NS: Final = 900 * NS_PER_S  # and not longer than 15 minutes after the predicted impact, if that is later
EVENT_TRIGGERS: Final[dict[EventStatus, Trigger]] = {
    "suspected": "event-suspected",
    "confirmed": "event-confirmed",
    "presumed-down": "event-presumed-down",
    "observed": "event-observed",
    "cancelled": "event-cancelled",
}


@dataclass(slots=True)
class _Case:
    """One warning's life: what was told last, what the event says now."""

    warning: str
    event: LaunchEvent
    status: Status = "new"
    told: Warning | None = None
    since_ns: int = 0  # of the present status
    by_person: bool = False  # ended by a command
    quiet: tuple[int, int] | None = None  # event and warning revision between which a reader would notice nothing
    clear_since_ns: int | None = None  # since when an alerted land is no longer in danger


class WarningDesk:
    """Warnings of one picture of one nation. ``maintenance`` tells the release side to hold warnings back."""

    def __init__(self, nation: Nation, world: World, picture: str = "joint") -> None:
        self._nation = nation
        self._world: World = world
        self._prefix = f"{nation}-{picture}-"
        self._cases: dict[str, _Case] = {}  # event -> its current case
        self._reopened: dict[str, int] = {}
        self._posture = Posture(level="normal", since_ns=0, until_ns=0, reason="start")
        self.maintenance = False

    def step(
        self, events: tuple[LaunchEvent, ...], commands: tuple[Command, ...], now_ns: int
    ) -> tuple[tuple[Warning, ...], Posture, tuple[Note, ...]]:
        """Apply changed events, then commands, then timers; return changed warnings, the posture and notes."""
        notes: list[Note] = []
        out: list[Warning] = []
        for event in events:
            if event.world != self._world:
                text = f"{event.event}: expected an event of world {self._world}, got {event.world}; refused"
                notes.append(_note("wrong-world", text, now_ns))
                continue
            self._take_event(event, now_ns, out, notes)
        for command in commands:
            self._take_command(command, now_ns, out, notes)
        for name in sorted(self._cases):
            self._timers(self._cases[name], now_ns, out, notes)
        self._decay(now_ns, notes)
        return tuple(out), self._posture, tuple(notes)

    @property
    def next_wake_ns(self) -> int | None:
        """UTC time of the earliest timer (held update, all-clear, expiry, posture), None if there is none."""
        due = [self._posture.until_ns] if self._posture.level == "raised" else []
        for case in self._cases.values():
            if case.told is None or case.status in FINAL:
                continue
            due.append(case.told.expires_ns)
            if case.status in ("presumed-down", "observed", "passed"):
                due.append(case.since_ns + ALL_CLEAR_NS)
            if case.clear_since_ns is not None:
                due.append(case.clear_since_ns + rules.LAND_CLEAR_NS)
            if case.event.revision != case.told.event_revision and self._news(case, case.event.time_ns) is not None:
                due.append(case.told.time_ns + UPDATE_NS)
        return min(due) if due else None

    # --- events -------------------------------------------------------------------------------------------------------

    def _take_event(self, event: LaunchEvent, now_ns: int, out: list[Warning], notes: list[Note]) -> None:
        """Apply one event revision to its case, opening one if needed."""
        case = self._cases.get(event.event)
        if case is not None and case.status in FINAL:
            if event.status != "confirmed" or event.last_detection_ns <= case.since_ns:
                return
            if case.by_person or case.status == "cancelled":
                text = f"{case.warning} was cancelled, but {event.event} is still confirmed: a person must look"
                notes.append(_note("cancelled-but-confirmed", text, now_ns))
                return
            self._reopened[event.event] = self._reopened.get(event.event, 1) + 1
            case = None
        if case is None:
            if event.status not in ("suspected", "confirmed"):
                return
            number = self._reopened.get(event.event, 1)
            name = f"{event.event}-W{number}"
            case = self._cases[event.event] = _Case(name, event)
        case.event = event
        self._watch_danger(case, now_ns)
        trigger = EVENT_TRIGGERS.get(event.status)
        if trigger is None or self._same_level(case, event):
            return
        reason = event.remark or event.status
        if trigger == "event-confirmed" and rules.stale(event):
            if case.status != "new" or event.impact is None or event.impact.time_ns <= now_ns:
                notes.append(_note("stale-not-raised", f"{case.warning}: the newest detection is too old to raise the level", now_ns))
                return
            reason = f"{reason}; received late, predicted from older detections"  # others confirmed it while it was seen
        raised = case.status in ("new", "suspected") and event.status == "confirmed"
        self._move(case, trigger, reason, now_ns, out, notes)
        if raised:
            self._raise(event, now_ns, notes)

    def _same_level(self, case: _Case, event: LaunchEvent) -> bool:
        """True if the event's status brings no new warning status (content changes are left to the update rule)."""
        levels = {
            "suspected": ("suspected",),
            "confirmed": ("confirmed", "updated"),
            "presumed-down": ("presumed-down",),
            "observed": ("observed",),
        }
        return case.status in levels.get(event.status, ()) or (event.status == "suspected" and case.status != "new")

    def _news(self, case: _Case, now_ns: int) -> str | None:
        """What a reader would notice against the warning last told."""
        if case.told is None:
            return None
        return rules.noticed(case.event, case.told, self._land(case, now_ns))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _take_command(self, command: Command, now_ns: int, out: list[Warning], notes: list[Note]) -> None:
        """Apply a person's act; a refused one leaves a note that says why."""
        if command.nation != self._nation:
            text = f"{command.command}: expected a command of {self._nation}, got {command.nation}; refused"
            notes.append(_note("foreign-command", text, now_ns))
            return
        if command.act in ("maintenance-on", "maintenance-off"):
            self.maintenance = command.act == "maintenance-on"
            notes.append(_note(command.act, f"{command.person}: {command.reason or 'no reason given'}", now_ns))
            return
        name = command.warning or ""
        case = next((self._cases[event] for event in sorted(self._cases) if self._cases[event].warning == name), None)
        if case is None:
            if not name or name.startswith(self._prefix):  # the other picture's desk answers for its own
                text = f"{command.command}: expected the name of a warning that stands, got {name!r}"
                notes.append(_note("unknown-warning", text, now_ns))
            return
        problem = self._problem(command)
        if problem is not None:
            notes.append(_note("command-refused", f"{command.command}: {problem}", now_ns))
            return
        trigger: dict[str, Trigger] = {"confirm": "command-confirm", "cancel": "command-cancel", "all-clear": "command-all-clear"}
        reason = f"{command.reason or command.act} (by {command.person})"
        raised = case.status == "suspected" and command.act == "confirm"
        if self._move(case, trigger[command.act], reason, now_ns, out, notes):
            case.by_person = command.act == "cancel"
            if raised:
                self._raise(case.event, now_ns, notes)

    def _problem(self, command: Command) -> str | None:
        """Why a command cannot be taken: a cancel without a reason, or words of the real thing in another world."""
        if command.act == "cancel" and not command.reason.strip():
            return "a cancel needs a reason; say why"
        phrase = texts.live_phrase(command.reason) if self._world != "live" else None
        return f"the words {phrase!r} must not stand in a text of world {self._world}; say it differently" if phrase else None

    # --- timers -------------------------------------------------------------------------------------------------------

    def _timers(self, case: _Case, now_ns: int, out: list[Warning], notes: list[Note]) -> None:
        """Held updates, all-clear, expiry."""
        told = case.told
        if told is None or case.status in FINAL:
            return
        if now_ns >= told.expires_ns:
            self._move(case, "expire", "no news within the time this warning is valid", now_ns, out, notes)
            return
        if case.status in ("presumed-down", "observed", "passed") and now_ns - case.since_ns >= ALL_CLEAR_NS:
            how = "presumed down, not observed" if case.status == "presumed-down" else case.status
            self._move(case, "all-clear-due", f"{how}; no detection for {ALL_CLEAR_NS // NS_PER_S} s", now_ns, out, notes)
            return
        revisions = (case.event.revision, told.revision)
        waits = case.clear_since_ns is not None  # only the end of a land alert comes by time alone
        if now_ns - told.time_ns >= UPDATE_NS and (waits or case.quiet != revisions):
            news = self._news(case, now_ns)
            case.quiet = revisions if news is None and not waits else None
            if news is not None:
                self._move(case, "event-changed", news, now_ns, out, notes)

    # --- one revision -------------------------------------------------------------------------------------------------

    def _move(self, case: _Case, trigger: Trigger, reason: str, now_ns: int, out: list[Warning], notes: list[Note]) -> bool:
        """Take one step of the table and write the new revision; refuse what is not in the table."""
        status = next_status(case.status, trigger)
        if status is None:
            text = f"{case.warning}: {trigger} is not possible while the warning is {case.status}; refused"
            notes.append(_note("illegal-transition", text, now_ns))
            return False
        if status != case.status:
            case.since_ns = now_ns
        case.status = status
        event, told = case.event, case.told
        land = self._land(case, now_ns) if status not in FINAL else ()
        if told is not None and land != told.land_alert:
            notes.append(_note("land-alert", f"{case.warning}: land alert now {', '.join(land) or 'none'}", now_ns))
        cancel_reason = reason if status == "cancelled" else "to be given by the person who cancels"
        impact_ns = event.impact.time_ns if event.impact is not None else 0
        case.told = Warning(
            warning=case.warning,
            revision=told.revision + 1 if told is not None else 1,
            origin=self._nation,
            world=self._world,
            event=event.event,
            event_revision=event.revision,
            salvo=event.salvo,
            time_ns=now_ns,
            status=status,
            missiles_at_least=event.missiles_at_least,
            detected_by=event.detected_by,
            launch=event.launch,
            impact=event.impact,
            path=event.path if status not in FINAL else (),
            zones=event.zones,
            p_outside_eez=event.p_outside_eez,
            land_alert=land,
            apogee_m=event.apogee_m,
            range_m=event.range_m,
            headline=texts.headline(status, event, land),
            reason=texts.reason_text(self._world, reason),
            cancel_ready=texts.cancel_text(event, case.warning, cancel_reason),
            expires_ns=max(now_ns + EXPIRES_NS, impact_ns + EXPIRES_AFTER_IMPACT_NS),
            references=(*told.references, (told.warning, told.revision)) if told is not None else (),
        )
        self._watch_danger(case, now_ns)
        out.append(case.told)
        return True

    def _land(self, case: _Case, now_ns: int) -> tuple[Nation, ...]:
        """Nations alerted on land: widen at once (never on stale data or before burnout), shrink only after a while."""
        event = case.event
        told = case.told.land_alert if case.told is not None else ()
        if event.status == "suspected" and case.status in ("new", "suspected"):
            return ()
        wanted = () if rules.stale(event) else rules.wanted_land(event)
        long_clear = case.clear_since_ns is not None and now_ns - case.clear_since_ns >= rules.LAND_CLEAR_NS
        freed = _out_of_danger(case) if long_clear else ()
        return tuple(sorted((set(told) - set(freed)) | set(wanted)))

    def _watch_danger(self, case: _Case, now_ns: int) -> None:
        """Remember since when an alerted nation is clearly out of danger; one nation back in danger starts all anew."""
        if not _out_of_danger(case):
            case.clear_since_ns = None
        elif case.clear_since_ns is None:
            case.clear_since_ns = now_ns

    # --- posture ------------------------------------------------------------------------------------------------------

    def _raise(self, event: LaunchEvent, now_ns: int, notes: list[Note]) -> None:
        """Raise the watch, or keep it raised, after a confirmed launch."""
        since_ns = self._posture.since_ns if self._posture.level == "raised" else now_ns
        reason = f"confirmed launch {event.event}"
        self._posture = Posture(level="raised", since_ns=since_ns, until_ns=now_ns + POSTURE_NS, reason=reason)
        notes.append(_note("posture-raised", f"{reason}; raised until {texts.utc(self._posture.until_ns)}", now_ns))

    def _decay(self, now_ns: int, notes: list[Note]) -> None:
        """Let the watch return to normal when its time is over."""
        if self._posture.level == "raised" and now_ns >= self._posture.until_ns:
            reason = f"no confirmed launch for {POSTURE_NS // NS_PER_S // 60} minutes"
            self._posture = Posture(level="normal", since_ns=now_ns, until_ns=0, reason=reason)
            notes.append(_note("posture-normal", reason, now_ns))


def _out_of_danger(case: _Case) -> tuple[Nation, ...]:
    """Alerted nations whose land the present estimate clears; no estimate clears none."""
    told = case.told.land_alert if case.told is not None else ()
    still = rules.still_land(case.event)
    return tuple(nation for nation in told if case.event.p_land and nation not in still)


def _note(code: str, text: str, now_ns: int) -> Note:
    return Note(stage="warning", code=code, text=text, time_ns=now_ns)
