"""What people told this node beside its measurements: nations' reports and the context journal, kept and put to the events they concern.

A report belongs to the launch that is nearest in time and place; also one whose time is a usual slip of hours off, so that the slip
can be shown. Journal entries belong to every event that they overlap. Neither changes an estimate, a count or a status.
"""

from typing import Final

from tocsin.assessment.record import Record
from tocsin.assessment.reports import TIME_S, TIME_SLIPS, judge, reference_of
from tocsin.assessment.salvo import launch_time_ns
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.basics import Note
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import JournalEntry, JudgedReport, Report
from tocsin.units import KM, NS_PER_S, s2ns

MOST_ENTRIES: Final = 500  # of the journal: some weeks of a busy duty room; the oldest goes first
MOST_REPORTS: Final = 200  # of all nations about the launches of the last hour, several times each
EVENT_REPORTS: Final = 20  # shown with one event
EVENT_ENTRIES: Final = 40
BEFORE_NS: Final = 12 * 3_600 * NS_PER_S  # context: the bomber flights of 30 August 2023 were half a day before the launch ...
AFTER_NS: Final = 3_600 * NS_PER_S  # ... and an event is remembered for an hour after its end
UNTIMED_NS: Final = 7_200 * NS_PER_S  # a report without a launch time is about a launch at most two hours before it was said
REGION_M: Final = 500.0 * KM  # a report of a place farther away is about another launch, unless nothing else fits


class Said:
    """Reports and journal of one picture. Bounded; what is dropped leaves a note."""

    def __init__(self) -> None:
        self._reports: dict[str, Report] = {}  # by name, in order of arrival; a later one of the same name replaces it
        self._entries: dict[str, JournalEntry] = {}
        self._told: dict[str, str] = {}  # report -> verdict last noted

    def take(self, commands: tuple[Command, ...], now_ns: int) -> tuple[Note, ...]:
        """Keep the reports and entries among the commands of one step."""
        notes: list[Note] = []
        for command in commands:
            if command.act == "report" and command.report is not None:
                self._reports.pop(command.report.report, None)
                self._reports[command.report.report] = command.report
                if len(self._reports) > MOST_REPORTS:
                    oldest = next(iter(self._reports))
                    del self._reports[oldest]
                    self._told.pop(oldest, None)
                    notes.append(_note("report-dropped", f"{oldest}: dropped, more than {MOST_REPORTS} reports are kept", now_ns))
            elif command.act == "journal" and command.entry is not None:
                self._entries[command.entry.entry] = command.entry
                if len(self._entries) > MOST_ENTRIES:
                    oldest = min(self._entries.values(), key=_when).entry
                    del self._entries[oldest]
                    notes.append(_note("journal-dropped", f"{oldest}: dropped, more than {MOST_ENTRIES} entries are kept", now_ns))
            elif command.act in ("report", "journal"):
                what = "a report" if command.act == "report" else "an entry"
                notes.append(_note("command-refused", f"{command.command}: expected {what} with act {command.act}, came none", now_ns))
        return tuple(notes)

    def match(self, records: tuple[Record, ...]) -> dict[str, tuple[Report, ...]]:
        """Return event -> its reports, in order of arrival. One that speaks of several missiles is put to the whole salvo."""
        found: dict[str, tuple[Report, ...]] = {}
        if not self._reports:
            return found
        live = tuple(record for record in records if record.status != "cancelled")
        for report in self._reports.values():
            record = nearest_launch(report, live)
            if record is None:
                continue
            several = report.missiles is not None and report.missiles > 1
            concerned = tuple(other for other in live if other.salvo == record.salvo) if several else (record,)
            for other in concerned:
                found[other.event] = (*found.get(other.event, ()), report)[-EVENT_REPORTS:]
        return found

    def context(self, record: Record) -> tuple[JournalEntry, ...]:
        """Return the entries that overlap an event's time, 12 h before its launch to 1 h after its last plot, in order of time."""
        from_ns, to_ns = launch_time_ns(record) - BEFORE_NS, record.fused.last_plot_ns + AFTER_NS
        return tuple(
            entry
            for entry in sorted(self._entries.values(), key=_when)
            if entry.time_ns <= to_ns and (entry.until_ns if entry.until_ns is not None else entry.time_ns) >= from_ns
        )[-EVENT_ENTRIES:]

    def judged(self, reports: tuple[Report, ...], event: LaunchEvent) -> tuple[tuple[JudgedReport, ...], tuple[Note, ...]]:
        """Return reports held against an event as it stands, and a note for each one that is newly doubted."""
        known = reference_of(event)
        found = tuple(judge(report, known) for report in reports)
        notes = []
        for one in found:
            name = one.report.report
            if one.verdict != "accepted" and self._told.get(name) != one.verdict:
                text = f"{name} of {one.report.nation} about {event.event}: {'; '.join(one.reasons)}"
                notes.append(_note(f"report-{one.verdict}", text, event.time_ns))
            self._told[name] = one.verdict
        return found, tuple(notes)


def nearest_launch(report: Report, records: tuple[Record, ...]) -> Record | None:
    """Return the launch that a report is about: nearest in time within 15 minutes; else one that a slip of hours explains.

    A place far away rules a launch out, except where the time fits a single one.
    """
    if report.launch_ns is None:
        said = [r for r in records if 0 <= report.time_ns - launch_time_ns(r) <= UNTIMED_NS and _near(report, r)]
        return max(said, key=launch_time_ns, default=None)
    for slip_s in (0, *(sign * slip for slip, _ in TIME_SLIPS for sign in (1, -1))):
        off = {r.event: abs(launch_time_ns(r) + s2ns(slip_s) - report.launch_ns) for r in records}
        fits = [r for r in records if off[r.event] <= s2ns(TIME_S)]
        here = [r for r in fits if _near(report, r)]
        if here or (fits and slip_s == 0):
            return min(here or fits, key=lambda r: (off[r.event], r.event))
    return None


def _near(report: Report, record: Record) -> bool:
    """True unless the reported launch place is far from the event's."""
    launch, lat, lon = record.launch, report.launch_lat_rad, report.launch_lon_rad
    if lat is None or lon is None:
        return True
    lat0, lon0 = (launch.lat_rad, launch.lon_rad) if launch is not None else (record.first_lat_rad, record.first_lon_rad)
    return bool(ground_distance_m(lat, lon, lat0, lon0) <= REGION_M)


def _when(entry: JournalEntry) -> tuple[int, str]:
    return entry.time_ns, entry.entry


def _note(code: str, text: str, now_ns: int) -> Note:
    return Note(stage="assessment", code=code, text=text, time_ns=now_ns)
