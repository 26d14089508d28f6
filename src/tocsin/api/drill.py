"""Play a drill script on a stand in the exercise world: scripted persons sign with demo keys, and what came of it is compared.

Nothing here touches a live store; ``live_proof`` reads one afterwards and shows that nothing of the drill is in it.
"""

from pathlib import Path
from typing import Final

import msgspec

from tocsin.api.drill_script import Expectation, Script, ScriptStep
from tocsin.api.live_proof import store_facts
from tocsin.api.stand import Fed, Stand
from tocsin.errors import OperatorFault
from tocsin.geography import Zones
from tocsin.messages.basics import Nation, Note
from tocsin.messages.coalition import Coalition
from tocsin.messages.command import Command
from tocsin.messages.people import Staffing
from tocsin.messages.public import Proposal
from tocsin.messages.warning import Warning
from tocsin.node.inputs import ScanIn
from tocsin.node.outputs import View
from tocsin.sim.coalition import place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import play
from tocsin.sim.scenario import Scenario
from tocsin.units import NS_PER_S, s2ns
from tocsin.warning.texts import MARKS, live_phrase, utc

WAITING: Final = ("open", "half", "held")


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people of a nation could see, in a script's words."""

    time_ns: int
    what: str
    text: str = ""
    persons: int = 0


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was expected and what happened. ``lines``: the drill as it went; ``differences``: what was not as the script says."""

    script: Script
    lines: tuple[str, ...]
    results: tuple[str, ...]
    differences: tuple[str, ...]
    proposals: tuple[Proposal, ...]


def run_drill(script: Script, scenario: Scenario, coalition: Coalition, zones: Zones, seed: int, log_dir: Path) -> DrillReport:
    """Play a script; logs go to ``log_dir``. Raises OperatorFault if the script does not fit scenario and coalition."""
    if scenario.world != "exercise":
        raise OperatorFault(f"scenario {scenario.scenario} is of world {scenario.world}: drills exist in world exercise only")
    if script.nation not in [spec.nation for spec in coalition.nations]:
        raise OperatorFault(f"drill {script.drill}: nation {script.nation!r} is no member of {coalition.coalition}")
    return _Play(script, scenario, coalition, zones, seed, log_dir).run()


class _Play:
    """One drill in progress."""

    def __init__(self, script: Script, scenario: Scenario, coalition: Coalition, zones: Zones, seed: int, log_dir: Path) -> None:
        self._script = script
        self._night: Night = make_night(scenario)
        self._scenario = scenario
        self._sensors = place(coalition)
        self._seed = seed
        self._lift_off_ns = self._night.flights[0].launch_ns
        self._start_ns = self._lift_off_ns + s2ns(script.from_s)
        self._log_dir = log_dir
        self._stand = Stand(
            coalition,
            self._sensors,
            "exercise",
            zones,
            seed=seed,
            log_dir=log_dir,
            legal=scenario.legal,
            start_utc_ns=self._start_ns,
        )
        self._happened: list[Happened] = []
        self._differences: list[str] = []
        self._lines: list[str] = []
        self._said: set[str] = set()
        self._proposals: dict[str, Proposal] = {}
        self._warnings: dict[str, Warning] = {}  # the nation's joint ones
        self._due: list[tuple[int, int]] = []  # (when, number of the step)
        self._planned: set[int] = set()
        self._acts = 0

    def run(self) -> DrillReport:
        """Play to the end and compare."""
        script = self._script
        end_ns = self._lift_off_ns + s2ns(script.until_s)
        owners = {sensor.sensor: sensor.nation for sensor in self._sensors}
        for number, step in enumerate(script.steps):
            if step.at_s is not None:
                self._plan(number, self._lift_off_ns + s2ns(step.at_s))
        self._do(self._leader("drill-start"), self._start_ns)
        for sim_scan in play(self._scenario, self._sensors, self._seed, self._night):
            time_ns = sim_scan.scan.time_ns
            if time_ns >= end_ns:
                break
            if time_ns >= self._start_ns:
                self._advance(time_ns)
                nation = owners[sim_scan.scan.sensor]
                self._see(nation, self._stand.feed(nation, ScanIn(scan=sim_scan.scan), time_ns), time_ns)
        self._advance(end_ns)
        self._do(self._leader("drill-end"), end_ns)
        self._stand.close(end_ns)
        return self._report()

    # --- time and acts ------------------------------------------------------------------------------------------------

    def _advance(self, until_ns: int) -> None:
        """Let ticks and due acts happen, in order of time; an act that is due with a tick comes after it."""
        while True:
            ticks = self._stand.ticks_due(until_ns)
            acts = sorted(due for due in self._due if due[0] <= until_ns)
            if acts and (not ticks or acts[0][0] < ticks[0][0]):
                self._due.remove(acts[0])
                self._do(self._script.steps[acts[0][1]], acts[0][0])
            elif ticks:
                when, nations = ticks[0]
                for nation, fed in self._stand.tick(nations, when):
                    self._see(nation, fed, when)
            else:
                return

    def _plan(self, number: int, when_ns: int) -> None:
        self._planned.add(number)
        self._due.append((when_ns, number))

    def _leader(self, act: str) -> ScriptStep:
        step = ScriptStep(
            person=self._script.leader,
            act="drill-start" if act == "drill-start" else "drill-end",
            terminal=f"desk of {self._script.leader}",
            at_s=0.0,
            after=None,
            delay_s=0.0,
            draft=None,
            cause=None,
            reason=self._script.drill,
            expect=None,
        )
        return msgspec.structs.replace(step, expect=f"note {act}")

    def _do(self, step: ScriptStep, now_ns: int) -> None:
        """Let a person act, and compare what comes of it at once."""
        self._acts += 1
        draft = self._waiting(step)
        command = Command(
            command=f"{self._script.drill}-{self._acts}",
            person=step.person,
            nation=self._script.nation,
            act=step.act,
            time_ns=now_ns,
            world="exercise",
            terminal=step.terminal,
            warning=self._standing() if step.act in ("cancel", "confirm", "all-clear") else None,
            proposal=None if draft is None else draft.proposal,
            digest=None if draft is None else draft.digest,
            cause=step.cause,
            reason=step.reason,
        )
        about = "" if step.draft is None else f" {step.draft[0]} {step.draft[1]}" + ("" if draft else " (no such draft waits)")
        self._line(now_ns, f"{step.person} at {step.terminal}: {step.act}{about}{f' ({step.cause})' if step.cause else ''}")
        before = len(self._happened)
        self._see(self._script.nation, self._stand.act(command, now_ns), now_ns)
        new = [happened.what for happened in self._happened[before:]]
        if step.expect is not None and step.expect not in new:
            self._differences.append(f"{step.person} {step.act}{about}: expected {step.expect!r}, came {', '.join(new) or 'nothing'}")

    def _waiting(self, step: ScriptStep) -> Proposal | None:
        """Return the newest draft that waits and that the step is about."""
        found = [p for p in self._proposals.values() if (p.kind, p.audience) == step.draft and p.status in WAITING]
        return found[-1] if found else None

    def _standing(self) -> str | None:
        """Return the newest warning that stands."""
        names = [w.warning for w in self._warnings.values() if w.status not in ("all-clear", "cancelled", "expired")]
        return names[-1] if names else None

    # --- what people see ----------------------------------------------------------------------------------------------

    def _see(self, nation: Nation, fed: Fed, now_ns: int) -> None:
        self._views(nation, fed.step.views, fed.step.notes, now_ns)
        for delivery in fed.deliveries:
            self._views(delivery.nation, delivery.step.views, delivery.step.notes, now_ns)

    def _views(self, nation: Nation, views: tuple[View, ...], notes: tuple[Note, ...], now_ns: int) -> None:
        own = self._script.nation
        for note in notes:
            if nation == own and note.stage in ("people", "warning"):
                self._happen(now_ns, f"note {note.code}", note.text)
        for view in views:
            item = view.item
            match item:
                case Proposal() if nation == own:
                    self._proposals[item.proposal] = item
                    what = f"draft {item.kind} {item.audience} {item.status}"
                    self._happen(now_ns, what, f"{item.proposal}: {item.reason}", len(item.approvals))
                case Staffing() if nation == own:
                    self._happen(now_ns, f"supervisor {'present' if item.supervisor else 'absent'}")
                case Warning() if nation == own == view.source and view.picture == "joint":
                    self._warnings[item.warning] = item
                    self._happen(now_ns, f"warning {item.status}")
                case Warning() if view.source == own != nation:
                    self._happen(now_ns, f"partner {nation} {item.status}")
                case _:
                    pass

    def _happen(self, now_ns: int, what: str, text: str = "", persons: int = 0) -> None:
        last = next((h for h in reversed(self._happened) if h.what.split()[:-1] == what.split()[:-1]), None)
        self._happened.append(Happened(time_ns=now_ns, what=what, text=text, persons=persons))
        again = what.startswith("note") and text in self._said  # a desk may repeat a note every second
        self._said.add(text)
        if not again and (last is None or last.what != what or what.startswith(("draft", "note"))):
            self._line(now_ns, f"{what}{f' | {text}' if text else ''}")
        for number, step in enumerate(self._script.steps):
            if step.after == what and number not in self._planned:
                self._plan(number, now_ns + s2ns(step.delay_s))

    def _line(self, now_ns: int, text: str) -> None:
        self._lines.append(f"{utc(now_ns)} {(now_ns - self._lift_off_ns) / NS_PER_S:+7.1f} s  {text}")

    # --- comparison ---------------------------------------------------------------------------------------------------

    def _report(self) -> DrillReport:
        results: list[str] = []
        for expectation in self._script.expectations:
            problem, found = self._judge(expectation)
            results.append(f"{'DIFFERENT' if problem else 'as expected'}  {_words(expectation)}: {found}")
            if problem:
                self._differences.append(f"{_words(expectation)}: {found}")
        for number, step in enumerate(self._script.steps):
            if number not in self._planned:
                self._differences.append(f"{step.person} never came to {step.act}: {step.after!r} did not happen")
        self._differences += [*self._texts(), *self._same_recipients()]
        facts = store_facts(self._log_dir / f"log-{self._script.nation}.db")
        if facts.world != "exercise" or facts.drill:
            self._differences.append(f"the drill's own log: expected world exercise and the drill ended, found {facts}")
        return DrillReport(
            script=self._script,
            lines=tuple(self._lines),
            results=tuple(results),
            differences=tuple(self._differences),
            proposals=tuple(self._proposals.values()),
        )

    def _judge(self, expectation: Expectation) -> tuple[bool, str]:
        """Return (is it different, what happened)."""
        found = [happened for happened in self._happened if happened.what == expectation.what]
        if not expectation.happens:
            return bool(found), "it happened" if found else "it did not happen"
        if not found:
            return True, "it did not happen"
        first, words = found[0], f"at {(found[0].time_ns - self._lift_off_ns) / NS_PER_S:+.1f} s"
        if expectation.persons is not None and first.persons != expectation.persons:
            return True, f"{words} with {first.persons} persons"
        if expectation.after is None or expectation.within_s is None:
            return False, words
        since = next((happened.time_ns for happened in self._happened if happened.what == expectation.after), None)
        if since is None:
            return True, f"{words}, but {expectation.after!r} did not happen"
        later_s = (first.time_ns - since) / NS_PER_S
        return not 0.0 <= later_s <= expectation.within_s, f"{words}, {later_s:.1f} s after"

    def _texts(self) -> list[str]:
        """Return the drafts whose text an exercise must not carry: it begins and ends with the mark and has no words of the real thing."""
        mark = MARKS["exercise"]
        return [
            f"{p.proposal}: its text does not begin and end with {mark}, or says words of the real thing"
            for p in self._proposals.values()
            if not (p.text.startswith(f"{mark} ") and p.text.endswith(f" {mark}")) or live_phrase(p.text) or p.world != "exercise"
        ]

    def _same_recipients(self) -> list[str]:
        """Return the cancels that did not go to exactly those who got what they cancel."""
        wrong: list[str] = []
        for cancel in [p for p in self._proposals.values() if p.kind == "cancel" and p.status == "released"]:
            told = [p for p in self._proposals.values() if p.proposal in cancel.references]
            areas = tuple(sorted({area for p in told for area in p.areas}))
            if not told or areas != cancel.areas or {p.audience for p in told} != {cancel.audience}:
                wrong.append(f"{cancel.proposal} goes to {cancel.areas} ({cancel.audience}), its alerts went to {areas}")
        partners = {what.split()[1] for what in (h.what for h in self._happened) if what.startswith("partner ")}
        cancelled = {h.what.split()[1] for h in self._happened if h.what.startswith("partner ") and h.what.endswith(" cancelled")}
        if any(h.what == "warning cancelled" for h in self._happened) and partners != cancelled:
            wrong.append(f"partners {sorted(partners)} were warned, {sorted(cancelled)} got the cancel")
        return wrong


def _words(expectation: Expectation) -> str:
    """Return an expectation in words."""
    words = expectation.what if expectation.happens else f"never: {expectation.what}"
    words += f" with {expectation.persons} persons" if expectation.persons is not None else ""
    return words + (f" within {expectation.within_s:g} s after {expectation.after}" if expectation.after else "")
