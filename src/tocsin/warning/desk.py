"""The warning desk: events and commands in; warnings (only changed ones), the posture and notes out.

One warning per launch event, driven by ``lifecycle.TABLE``; which areas it names is decided in ``areas``. The desk decides
nothing about who gets a warning; recipients of a cancel are those of the warning, found by its ``references``. A cancelled
event is not warned about again by itself.
"""

from dataclasses import dataclass, field
from typing import Final

from tocsin.messages.basics import Nation, Note, World
from tocsin.messages.command import Command
from tocsin.messages.event import EventStatus, LaunchEvent
from tocsin.messages.warning import CancelCause, Posture, WarnedArea, Warning, WarningStatus
from tocsin.units import NS_PER_S
from tocsin.warning import areas as named_areas
from tocsin.warning import posture, rules, texts
from tocsin.warning.areas import Held
from tocsin.warning.lifecycle import FINAL, Status, Trigger, next_status
from tocsin.warning.places import GEOGRAPHY, Places
from tocsin.warning.thresholds import ThresholdBook, load_thresholds

UPDATE_NS: Final = NS_PER_S  # at most one update a second; status changes never wait
ALL_CLEAR_NS: Final = 60 * NS_PER_S  # after presumed down or observed, and after the last detection: time for a late one to arrive
EXPIRES_NS: Final = 1_800 * NS_PER_S  # a warning without news for 30 minutes must not stand
EXPIRES_AFTER_DOWN_NS: Final = 900 * NS_PER_S  # and not longer than 15 minutes after it must be down, if that is later
LONGEST_NS: Final = 3 * 3_600 * NS_PER_S  # twice the longest flight of the catalogue (86 minutes, 2024-10-31): no news may ask for more
FORGET_NS: Final = 3_600 * NS_PER_S  # ended warnings stay known as long as the assessment knows ended events
MOST_CASES: Final = 1_000  # three times all missiles of the catalogue; beyond it suspicions are noted and not followed
MOST_WHY: Final = 64  # entries; more than all prefectures of Japan, the rest stands in the log
MOST_REFERENCES: Final = 256  # some 10 kB of the 32 that a message may have: a long life must not keep its end from partners
REPEAT_NS: Final = 60 * NS_PER_S  # a note that asks for a person is repeated, not poured
DOWN: Final = ("presumed-down", "observed")
EVENT_TRIGGERS: Final[dict[EventStatus, Trigger]] = {
    "suspected": "event-suspected",
    "confirmed": "event-confirmed",
    "presumed-down": "event-presumed-down",
    "observed": "event-observed",
    "cancelled": "event-cancelled",
}
COMMAND_TRIGGERS: Final[dict[str, Trigger]] = {
    "confirm": "command-confirm",
    "cancel": "command-cancel",
    "all-clear": "command-all-clear",
}


@dataclass(slots=True)
class _Case:
    """One warning's life: what was told last, what the event says now."""

    warning: str
    event: LaunchEvent
    status: Status = "new"
    told: Warning | None = None
    since_ns: int = 0  # of the present status
    held: tuple[Held, ...] = ()  # areas named now
    why: tuple[str, ...] = ()
    cause: CancelCause | None = None
    crossed: tuple[str, ...] = ()  # named areas of this nation that a detection lies beyond
    by_person: bool = False  # ended by a command
    quiet: tuple[int, int, tuple[Held, ...]] | None = None  # event and warning revision, areas: a reader would notice nothing
    asked_ns: int = -REPEAT_NS  # when a person was last asked to look


@dataclass(slots=True)
class _Effects:
    """What one step changed so far."""

    now_ns: int
    warnings: list[Warning] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, code: str, text: str) -> None:
        self.notes.append(Note(stage="warning", code=code, text=text, time_ns=self.now_ns))


class WarningDesk:
    """Warnings of one picture of one nation. ``maintenance`` tells the release side to hold warnings back."""

    def __init__(
        self, nation: Nation, world: World, picture: str = "joint", *, book: ThresholdBook | None = None, places: Places = GEOGRAPHY
    ) -> None:
        self._nation = nation
        self._world: World = world
        self._prefix = f"{nation}-{picture}-"
        self._book = book if book is not None else load_thresholds()
        self._places = places
        self._cases: dict[str, _Case] = {}  # event -> its current case
        self._reopened: dict[str, int] = {}
        self._posture = posture.NORMAL
        self.maintenance = False

    def step(
        self, events: tuple[LaunchEvent, ...], commands: tuple[Command, ...], now_ns: int
    ) -> tuple[tuple[Warning, ...], Posture, tuple[Note, ...]]:
        """Apply changed events, then commands, then timers; return changed warnings, the posture and notes."""
        effects = _Effects(now_ns)
        for event in events:
            if event.world != self._world:
                effects.note("wrong-world", f"{event.event}: expected an event of world {self._world}, got {event.world}; refused")
                continue
            self._take_event(event, effects)
        for command in commands:
            self._take_command(command, effects)
        for name in sorted(self._cases):
            self._timers(self._cases[name], effects)
        self._forget(now_ns)
        self._posture, decayed = posture.decayed(self._posture, self._book.of(self._nation).posture_ns, now_ns)
        return tuple(effects.warnings), self._posture, (*effects.notes, *decayed)

    @property
    def next_wake_ns(self) -> int | None:
        """UTC time of the earliest timer (held update, area let go, all-clear, expiry, posture), None if there is none."""
        due = [self._posture.until_ns] if self._posture.level == "raised" else []
        for case in self._cases.values():
            if case.told is None or case.status in FINAL:
                continue
            due.append(case.told.expires_ns)
            if case.status in DOWN:
                due.append(_all_clear_ns(case))
            let_go_ns = named_areas.next_let_go_ns(case.held, self._book)
            if let_go_ns is not None:
                due.append(max(let_go_ns, case.told.time_ns + UPDATE_NS))
            if self._news(case) is not None:
                due.append(case.told.time_ns + UPDATE_NS)
        return min(due) if due else None

    # --- events -------------------------------------------------------------------------------------------------------

    def _take_event(self, event: LaunchEvent, effects: _Effects) -> None:
        """Apply one event revision to its case, opening one if needed."""
        case = self._cases.get(event.event)
        if case is not None and case.status in FINAL:
            case = self._again(case, event, effects)
            if case is None:
                return
        case = case or self._open(event, effects)
        if case is None:
            return
        case.event = event
        if not (event.status == "suspected" and case.status in ("new", "suspected")):
            case.held = named_areas.revise(case.held, event, self._book, self._nation, self._places, effects.now_ns)
            self._watch_crossings(case)
        trigger = self._trigger(case, event)
        late = trigger == "event-confirmed" and rules.stale(event)
        if late and (case.status != "new" or event.impact is None or event.impact.time_ns <= effects.now_ns):
            effects.note("stale-not-raised", f"{case.warning}: the newest detection is too old to raise the level")
            if case.status == "new":
                del self._cases[event.event]  # nothing was told, so nothing needs an end
            return
        if trigger is None:
            return
        case.cause = rules.cause_of(event) if trigger == "event-cancelled" else None
        raised = case.status in ("new", "suspected") and event.status == "confirmed"
        self._move(case, trigger, self._reason(case, trigger, late=late), effects)
        if raised:
            self._raise(event, effects)

    def _reason(self, case: _Case, trigger: Trigger, *, late: bool) -> str:
        """Say why an event changes the status of its warning."""
        if trigger == "event-passed":
            return f"detected beyond {', '.join(self._places.name(area) for area in case.crossed)}"
        if case.status == "passed" and trigger == "event-confirmed":
            return "detected beyond the areas named before, but more land here is in danger"
        reason = case.event.remark or case.event.status
        return f"{reason}; received late, predicted from older detections" if late else reason  # others confirmed it while it was seen

    def _again(self, case: _Case, event: LaunchEvent, effects: _Effects) -> _Case | None:
        """Open a new warning for an event that is detected after its warning ended; after a cancel only a person is asked."""
        case.event = event
        if event.status != "confirmed" or event.last_detection_ns <= case.since_ns:
            return None
        if case.by_person or case.status == "cancelled":
            text = f"was cancelled, but {event.event} is still confirmed; to warn again, confirm the warning"
            self._ask(case, "cancelled-but-confirmed", text, effects)
            return None
        return self._reopen(event, effects)

    def _reopen(self, event: LaunchEvent, effects: _Effects) -> _Case | None:
        """Open the next warning about an event whose last one ended."""
        self._reopened[event.event] = self._reopened.get(event.event, 1) + 1
        return self._open(event, effects)

    def _open(self, event: LaunchEvent, effects: _Effects) -> _Case | None:
        """Open the case of an event that calls for one."""
        if event.status not in ("suspected", "confirmed"):
            return None
        if event.status == "suspected" and len(self._cases) >= MOST_CASES:
            effects.note(
                "too-many-warnings", f"{event.event}: a suspicion beyond {MOST_CASES} warnings is not followed until it is confirmed"
            )
            return None
        name = f"{event.event}-W{self._reopened.get(event.event, 1)}"
        case = self._cases[event.event] = _Case(name, event)
        return case

    def _trigger(self, case: _Case, event: LaunchEvent) -> Trigger | None:
        """Return what an event's status means for its warning, None if it brings no new status (content is left to the update rule)."""
        trigger = EVENT_TRIGGERS.get(event.status)
        levels = {
            "suspected": ("suspected",),
            "confirmed": ("confirmed", "updated"),
            "presumed-down": ("presumed-down",),
            "observed": ("observed",),
        }
        standing = case.status in ("confirmed", "updated", "passed")  # a suspicion that a person confirmed stands too
        if event.status == "confirmed" or (event.status == "suspected" and standing):
            passed = self._has_passed(case)
            if case.status == "passed":
                return None if passed else "event-confirmed"  # land here is in danger again
            if passed and case.status in ("confirmed", "updated", "presumed-down"):
                return "event-passed"
        same = case.status in levels.get(event.status, ()) or (event.status == "suspected" and case.status != "new")
        return None if same else trigger

    def _watch_crossings(self, case: _Case) -> None:
        """Remember which named areas of this nation a detection lies beyond."""
        beyond = [o.area for o in case.event.overflights if o.nation == self._nation and named_areas.beyond(o, case.event)]
        mine = [h.area.area for h in case.held if h.area.kind == "overflight" and h.area.nation == self._nation]
        case.crossed = tuple(dict.fromkeys((*case.crossed, *(area for area in mine if area in beyond))))

    def _has_passed(self, case: _Case) -> bool:
        """True if it was detected beyond every area of this nation that it was to pass above, and no land of it is in danger."""
        mine = [h.area for h in case.held if h.area.nation == self._nation and h.area.kind in ("land", "overflight")]
        return bool(case.crossed) and all(area.kind == "overflight" and area.area in case.crossed for area in mine)

    # --- commands -----------------------------------------------------------------------------------------------------

    def _take_command(self, command: Command, effects: _Effects) -> None:
        """Apply a person's act; a refused one leaves a note that says why."""
        if command.nation != self._nation:
            effects.note("foreign-command", f"{command.command}: expected a command of {self._nation}, got {command.nation}; refused")
            return
        if command.act in ("maintenance-on", "maintenance-off"):
            self.maintenance = command.act == "maintenance-on"
            effects.note(command.act, f"{command.person}: {command.reason or 'no reason given'}")
            return
        trigger = COMMAND_TRIGGERS.get(command.act)
        if trigger is None:
            return  # acts about drafts, drills and reports are not this desk's
        name = command.warning or ""
        case = self._case(name)
        if case is None:
            if not name or name.startswith(self._prefix):  # the other picture's desk answers for its own
                effects.note("unknown-warning", f"{command.command}: expected the name of a warning that stands, got {name!r}")
            return
        problem = self._problem(command, case, effects.now_ns)
        if problem is not None:
            effects.note("command-refused", f"{command.command}: {problem}")
            return
        self._apply_command(command, case, trigger, effects)

    def _apply_command(self, command: Command, case: _Case, trigger: Trigger, effects: _Effects) -> None:
        """Move a warning by a person's act that nothing speaks against."""
        again = self._confirmed_again(command, case, effects)
        if again is not None:
            case, trigger = again, "event-confirmed"
        raised = case.status in ("new", "suspected") and command.act == "confirm"
        if raised:  # a suspicion names no area
            case.held = named_areas.revise(case.held, case.event, self._book, self._nation, self._places, effects.now_ns)
        against = command.act == "cancel" and case.status not in FINAL and rules.machine_holds(case.event)
        case.cause = command.cause if command.act == "cancel" and case.status not in FINAL else case.cause
        if not self._move(case, trigger, f"{command.reason or command.act} (by {command.person})", effects):
            return
        case.by_person = command.act == "cancel"
        if against:
            seen = texts.utc(case.event.last_detection_ns)
            effects.note("cancel-against-machine", f"{case.warning}: cancelled while {case.event.event} is confirmed, last detected {seen}")
        if raised:
            self._raise(case.event, effects)

    def _confirmed_again(self, command: Command, case: _Case, effects: _Effects) -> _Case | None:
        """Open a new warning where a person takes a cancel back while the machine still holds the threat; None otherwise."""
        if command.act != "confirm" or case.status != "cancelled" or not rules.machine_holds(case.event):
            return None
        return self._reopen(case.event, effects)

    def _case(self, warning: str) -> _Case | None:
        return next((case for case in self._cases.values() if case.warning == warning), None)

    def _problem(self, command: Command, case: _Case, now_ns: int) -> str | None:
        """Why a command cannot be taken."""
        if command.act == "cancel" and command.cause is None:
            return f"a cancel needs a cause: {', '.join(texts.CAUSE_WORDS)}"
        if command.act == "cancel" and not command.reason.strip():
            return "a cancel needs a reason; say why"
        if command.act == "all-clear" and case.event.down_by_ns is not None and now_ns < case.event.down_by_ns:
            return f"it may still come down until {texts.utc(case.event.down_by_ns)}; give the all-clear then"
        phrase = texts.live_phrase(command.reason) if self._world != "live" else None
        return f"the words {phrase!r} must not stand in a text of world {self._world}; say it differently" if phrase else None

    # --- timers -------------------------------------------------------------------------------------------------------

    def _timers(self, case: _Case, effects: _Effects) -> None:
        """Areas let go, held updates, all-clear, expiry."""
        told, now_ns = case.told, effects.now_ns
        if told is None or case.status in FINAL:
            return
        if now_ns >= told.expires_ns:
            self._move(case, "expire", "no news within the time this warning is valid", effects)
            return
        if case.status in DOWN and now_ns >= _all_clear_ns(case):
            how = "presumed down, not observed" if case.status == "presumed-down" else case.status
            self._move(case, "all-clear-due", f"{how}; no detection for {ALL_CLEAR_NS // NS_PER_S} s", effects)
            return
        case.held = named_areas.let_go(case.held, self._book, now_ns)
        if now_ns - told.time_ns >= UPDATE_NS:
            news = self._news(case)
            if news is not None:
                self._move(case, "event-changed", news, effects)

    def _news(self, case: _Case) -> str | None:
        """What a reader would notice against the warning last told; looked at once per revision and set of areas."""
        if case.told is None:
            return None
        now = (case.event.revision, case.told.revision, case.held)
        if case.quiet is not None and case.quiet[:2] == now[:2] and case.quiet[2] is now[2]:
            return None
        news = rules.noticed(case.event, case.told, _areas(case))
        case.quiet = now if news is None else None
        return news

    def _forget(self, now_ns: int) -> None:
        """Drop warnings that ended an hour ago and whose missile has not been seen since."""
        old = [
            name
            for name, case in self._cases.items()
            if case.status in FINAL and now_ns - max(case.since_ns, case.event.last_detection_ns) >= FORGET_NS
        ]
        for name in old:
            del self._cases[name]
            self._reopened.pop(name, None)

    # --- one revision -------------------------------------------------------------------------------------------------

    def _move(self, case: _Case, trigger: Trigger, reason: str, effects: _Effects) -> bool:
        """Take one step of the table and write the new revision; refuse what is not in the table."""
        status = next_status(case.status, trigger)
        if status is None:
            effects.note("illegal-transition", f"{case.warning}: {trigger} is not possible while the warning is {case.status}; refused")
            return False
        if status != case.status:
            case.since_ns = effects.now_ns
        if status == "passed" and case.status != "passed":  # a detection beyond them ends them at once
            case.held = tuple(h for h in case.held if not (h.area.kind == "overflight" and h.area.nation == self._nation))
        if status in FINAL:
            case.held = ()
        self._log_areas(case, status, reason, effects)
        case.status = status
        case.told = self._written(case, status, reason, effects.now_ns)
        effects.warnings.append(case.told)
        return True

    def _log_areas(self, case: _Case, status: Status, reason: str, effects: _Effects) -> None:
        """Leave a note for each area that comes or goes, and keep why a warning was raised."""
        told = case.told.areas if case.told is not None else ()
        before, after = {(a.kind, a.area): a for a in told}, [(h.area.kind, h.area.area) for h in case.held]
        if status in ("confirmed", "updated") and case.status not in ("confirmed", "updated"):
            self._keep_why(case, f"{texts.utc(effects.now_ns)} {status}: {reason}; {texts.evidence(case.event)}")
        for held in case.held:
            if (held.area.kind, held.area.area) not in before:
                text = f"{texts.area_words(held.area, self._places.name)}: {held.why}; {texts.evidence(case.event)}"
                self._keep_why(case, f"{texts.utc(held.area.since_ns)} {text}")
                effects.note("area-named", f"{case.warning}: {text}")
            elif held.area.ring != before[held.area.kind, held.area.area].ring:
                effects.note(
                    "area-redrawn", f"{case.warning}: {texts.area_words(held.area, self._places.name)}; {texts.evidence(case.event)}"
                )
        for area in told:
            if (area.kind, area.area) not in after:
                effects.note("area-let-go", f"{case.warning}: {texts.area_words(area, self._places.name)}: {reason}")
        land = named_areas.land_of(case.held)
        if land != (case.told.land_alert if case.told is not None else ()):
            effects.note("land-alert", f"{case.warning}: land alert now {', '.join(land) or 'none'}")

    def _keep_why(self, case: _Case, text: str) -> None:
        if len(case.why) < MOST_WHY:
            case.why = (*case.why, text)

    def _written(self, case: _Case, status: WarningStatus, reason: str, now_ns: int) -> Warning:
        """Write the revision: what is known, and the cancel and the correction that stand ready."""
        event, told, areas, reason = case.event, case.told, _areas(case), texts.plain(reason)
        land = named_areas.land_of(case.held)
        cause = case.cause if status == "cancelled" else None
        cancel_reason = reason if status == "cancelled" else texts.TO_BE_GIVEN
        down_ns = max(event.impact.time_ns if event.impact is not None else 0, event.down_by_ns or 0)
        return Warning(
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
            headline=texts.headline(status, event, land, cause),
            reason=texts.reason_text(self._world, reason),
            cancel_ready=texts.cancel_text(event, case.warning, cause, cancel_reason),
            expires_ns=min(max(now_ns + EXPIRES_NS, down_ns + EXPIRES_AFTER_DOWN_NS), now_ns + LONGEST_NS),
            references=_references(told),
            areas=areas,
            why=case.why,
            correction_ready=texts.correction_text(event, case.warning, areas, reason, self._places.name),
            cancel_cause=cause,
        )

    def _raise(self, event: LaunchEvent, effects: _Effects) -> None:
        """Raise the watch, or keep it raised, after a confirmed launch."""
        self._posture, note = posture.raised(self._posture, event.event, self._book.of(self._nation).posture_ns, effects.now_ns)
        effects.notes.append(note)

    def _ask(self, case: _Case, code: str, text: str, effects: _Effects) -> None:
        """Ask for a person, again only after a while."""
        if effects.now_ns - case.asked_ns >= REPEAT_NS:
            case.asked_ns = effects.now_ns
            effects.note(code, f"{case.warning} {text}: a person must look")


def _references(told: Warning | None) -> tuple[tuple[str, int], ...]:
    """Return what a revision follows: the first one and the newest ones before it."""
    if told is None:
        return ()
    every = (*told.references, (told.warning, told.revision))
    return every if len(every) <= MOST_REFERENCES else (every[0], *every[1 - MOST_REFERENCES :])


def _areas(case: _Case) -> tuple[WarnedArea, ...]:
    return tuple(held.area for held in case.held)


def _all_clear_ns(case: _Case) -> int:
    """When the all-clear is due: a while after it was said to be down and was last detected, and when all of its footprint is down."""
    quiet_ns = max(case.since_ns, case.event.last_detection_ns) + ALL_CLEAR_NS
    return max(quiet_ns, case.event.down_by_ns or 0)
