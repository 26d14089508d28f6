"""The night as short lines for people, made only from what the nodes showed. State: what has been said already."""

from math import sqrt

import msgspec

from tocsin.evaluation.record import FirstPlot
from tocsin.evaluation.tables import probability
from tocsin.messages.basics import Nation, World
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.public import Proposal
from tocsin.messages.track import Track
from tocsin.messages.warning import Posture, Warning
from tocsin.node.outputs import View
from tocsin.units import DEG, KM, NS_PER_S, seconds_between

IMPACT_REPEAT_NS = 45 * NS_PER_S  # how often the countdown is said again while nothing else changes
TIME_95_SCALE = 1.959964  # two-sided 95 % point of the normal distribution (tables)
CHI2_95_SCALE = sqrt(5.991464547107979)  # 1-sigma axis -> 95 % axis in two dimensions

DRAFT_WORDS = {
    "open": "is frozen and waits for {persons} persons",
    "held": "is held and escalated: nobody agreed in time, nothing is published",
    "released": "is released by its persons",
}
AUDIENCE_WORDS = {"land": "people on land", "sea-air": "ships and aircraft"}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the story. ``tone`` tells the presenter how to draw it, never by colour alone."""

    time_ns: int
    nation: Nation
    tone: str  # "plain", "suspect", "alarm", "predict", "calm"
    text: str


class Standing(msgspec.Struct, kw_only=True):
    """What one nation would answer now."""

    alone: LaunchEvent | None = None
    joint: LaunchEvent | None = None


class Story:
    """Turns views into lines, each said once."""

    def __init__(self, nations: tuple[Nation, ...], eez_nation: Nation) -> None:
        self._eez_nation = eez_nation
        self.standing = {nation: Standing() for nation in nations}
        self._said: set[tuple[str, ...]] = set()
        self._impact_said: dict[str, int] = {}

    def first_plots(self, nation: Nation, first: tuple[FirstPlot, ...]) -> list[Line]:
        """Return the lines for first detections: nation by nation, known to the simulation, not yet to any node."""
        return [
            Line(
                time_ns=plot.time_ns,
                nation=nation,
                tone="suspect",
                text=f"{plot.sensor} has its first plot of missile {plot.missile} (so the simulation says)",
            )
            for plot in first
            if self._once("first", nation, plot.missile)
        ]

    def views(self, nation: Nation, views: tuple[View, ...]) -> list[Line]:
        """Return the lines that these views are worth."""
        lines: list[Line] = []
        for view in views:
            match view.item:
                case Track() if view.picture == "alone":
                    lines += self._track(nation, view.time_ns, view.item)
                case LaunchEvent() if view.source == nation:
                    lines += self._event(nation, view, view.item)
                case Warning() if view.source != nation:
                    lines += self._partner_warning(nation, view, view.item)
                case Warning() if view.picture == "joint":
                    lines += self._warning(nation, view, view.item)
                case Posture() if view.picture == "joint":
                    lines += self._posture(nation, view, view.item)
                case Proposal():
                    lines += self._proposal(nation, view, view.item)
        return lines

    def _once(self, *key: str) -> bool:
        if key in self._said:
            return False
        self._said.add(key)
        return True

    def _track(self, nation: Nation, time_ns: int, track: Track) -> list[Line]:
        sensors = ", ".join(track.sensors)
        if track.kind == "ballistic" and track.status == "tentative" and self._once("tentative", nation, track.track):
            text = f"something rises fast ({sensors}): suspected, nothing said to anyone yet"
            return [Line(time_ns=time_ns, nation=nation, tone="suspect", text=text)]
        if track.kind == "ballistic" and track.status == "confirmed" and self._once("confirmed", nation, track.track):
            after = f"{seconds_between(time_ns, track.first_plot_ns):.0f} s after its first plot"
            return [Line(time_ns=time_ns, nation=nation, tone="plain", text=f"own sensors confirm a ballistic track, {after} ({sensors})")]
        return []

    def _event(self, nation: Nation, view: View, event: LaunchEvent) -> list[Line]:
        standing = self.standing[nation]
        if view.picture == "alone":
            standing.alone = event
            return []
        standing.joint = event
        if event.status == "suspected":
            return []
        lines: list[Line] = []
        basis = "" if event.impact is None or event.impact.basis == "thrust-ended-now" else "predicted"
        if event.status == "confirmed" and self._once("event", nation, event.event, basis):
            text = f"ALONE: {self.answer(nation, 'alone')}   |   WITH PARTNERS: {self.answer(nation, 'joint')}"
            lines.append(Line(time_ns=view.time_ns, nation=nation, tone="alarm", text=text))
        impact = event.impact
        if impact is not None and impact.basis == "predicted" and event.status == "confirmed":
            last = self._impact_said.get(nation + event.event)
            again = nation == self._eez_nation and last is not None and view.time_ns - last >= IMPACT_REPEAT_NS
            if last is None or again:  # everybody once, then the nation whose people ask
                self._impact_said[nation + event.event] = view.time_ns
                lines.append(Line(time_ns=view.time_ns, nation=nation, tone="predict", text=self.impact_text(event, impact, view.time_ns)))
        if event.status == "presumed-down" and self._once("down", nation, event.event):
            text = "presumed down, not observed: the predicted time and its 3 sigma have passed without a detection"
            lines.append(Line(time_ns=view.time_ns, nation=nation, tone="calm", text=text))
        return lines

    def impact_text(self, event: LaunchEvent, impact: ImpactEstimate, now_ns: int) -> str:
        """Say where and when it comes down, how sure, and the answer to the EEZ question."""
        remaining_s = seconds_between(impact.time_ns, now_ns)
        when = f"in {remaining_s:.0f} s +- {TIME_95_SCALE * impact.time_sigma_s:.0f}" if remaining_s > 0 else "now due"
        major_km, minor_km = ellipse95_km(impact)
        outside = dict(event.p_outside_eez).get(self._eez_nation)
        eez = "" if outside is None else f"; outside {self._eez_nation}'s EEZ with {probability(outside)}"
        return f"impact predicted {when} at {place(impact)}, +- {major_km:.1f} km along and +- {minor_km:.1f} km across (95 %){eez}"

    def answer(self, nation: Nation, picture: str) -> str:
        """Return one nation's answer in one picture, in a few words."""
        standing = self.standing[nation]
        event = standing.alone if picture == "alone" else standing.joint
        other = standing.joint if picture == "alone" else standing.alone
        earlier = event is not None and other is not None and event.last_detection_ns < other.first_detection_ns
        if event is None or earlier:  # what it knows is about an earlier missile
            return "nothing"
        words = f"{event.status}, at least {event.missiles_at_least}"
        if event.impact is None:
            return words
        major_km, _ = ellipse95_km(event.impact)
        if event.impact.basis == "thrust-ended-now":
            return f"{words}, still burning (if thrust ended now: {place(event.impact)} +- {major_km:.0f} km)"
        return f"{words}, {place(event.impact)} +- {major_km:.0f} km"

    def _warning(self, nation: Nation, view: View, warning: Warning) -> list[Line]:
        if warning.status in ("updated", "suspected") or not self._once("warning", nation, warning.warning, warning.status):
            return []
        tone = "calm" if warning.status in ("all-clear", "cancelled", "presumed-down", "passed", "observed") else "alarm"
        land = f"; land alert {', '.join(warning.land_alert)}" if warning.land_alert else "; no land alert"
        text = f"warning {warning.status}: {unmarked(warning.world, warning.reason)}{land}"
        return [Line(time_ns=view.time_ns, nation=nation, tone=tone, text=text)]

    def _partner_warning(self, nation: Nation, view: View, warning: Warning) -> list[Line]:
        if warning.status not in ("confirmed", "all-clear", "cancelled"):
            return []
        if not self._once("partner", nation, warning.warning, warning.status):
            return []
        text = f"signed warning from {view.source} is here and on disk: {warning.status}, at least {warning.missiles_at_least}"
        return [Line(time_ns=view.time_ns, nation=nation, tone="plain", text=text)]

    def _proposal(self, nation: Nation, view: View, proposal: Proposal) -> list[Line]:
        """Say what waits for persons; of drafts to ships and aircraft only those of the nation whose people ask."""
        status = DRAFT_WORDS.get(proposal.status)
        silent = proposal.kind == "update" or (proposal.audience == "sea-air" and nation != self._eez_nation)
        if status is None or silent or not self._once("draft", nation, proposal.warning, proposal.audience, proposal.kind, proposal.status):
            return []
        areas = f", {len(proposal.areas)} {'area' if len(proposal.areas) == 1 else 'areas'}"
        text = f"draft for {AUDIENCE_WORDS[proposal.audience]} ({proposal.kind}{areas}) {status.format(persons=proposal.persons)}"
        return [Line(time_ns=view.time_ns, nation=nation, tone="plain", text=text)]

    def _posture(self, nation: Nation, view: View, posture: Posture) -> list[Line]:
        if posture.reason == "start" or not self._once("posture", nation, posture.level, str(posture.since_ns)):
            return []
        return [Line(time_ns=view.time_ns, nation=nation, tone="plain", text=f"watch {posture.level}: {posture.reason}")]


def unmarked(world: World, text: str) -> str:
    """Return a marked text without its marks, for screens that carry the mark themselves."""
    mark = "" if world == "live" else world.upper()
    return text.removeprefix(mark).removesuffix(mark).strip()


def place(impact: ImpactEstimate) -> str:
    """Return "40.67 N 129.30 E"."""
    lat, lon = impact.lat_rad / DEG, impact.lon_rad / DEG
    return f"{abs(lat):.2f} {'N' if lat >= 0 else 'S'} {abs(lon):.2f} {'E' if lon >= 0 else 'W'}"


def ellipse95_km(impact: ImpactEstimate) -> tuple[float, float]:
    """Return the half axes of the 95 % ellipse in kilometres, larger first."""
    ee, en, nn = impact.cov_en_m2
    middle, spread = 0.5 * (ee + nn), sqrt(0.25 * (ee - nn) * (ee - nn) + en * en)
    return CHI2_95_SCALE * sqrt(middle + spread) / KM, CHI2_95_SCALE * sqrt(max(middle - spread, 0.0)) / KM
