"""Where the stages meet: plots -> tracks -> picture -> launch events -> warnings, once alone and once joint.

The *alone* picture sees this nation's sensors only; it is what is shared, so that nothing leaves that a partner contributed.
The *joint* picture also holds what partners shared and what people entered of them (reports, the journal); it stays at home.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from tocsin.assessment.assess import NONE_APART, Assessment
from tocsin.assessment.salvo import Apart
from tocsin.fusion.fuse import Fusion
from tocsin.geography.zones import Zones
from tocsin.messages.basics import Note
from tocsin.messages.command import Act, Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.plot import Scan
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Posture, Warning
from tocsin.node.config import NodeConfig
from tocsin.node.outputs import PictureName
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S
from tocsin.warning.desk import WarningDesk

ASSESS_INTERVAL_NS = NS_PER_S  # events are revised at least every second of data (DESIGN section 9), and at once on news

DESK_ACTS: Final[tuple[Act, ...]] = ("confirm", "cancel", "all-clear", "maintenance-on", "maintenance-off")


class PictureStep(msgspec.Struct, frozen=True, kw_only=True):
    """What one step changed in one picture."""

    picture: PictureName
    fused: tuple[FusedTrack, ...]
    events: tuple[LaunchEvent, ...]
    warnings: tuple[Warning, ...]
    posture: Posture | None
    notes: tuple[Note, ...]
    predicted: tuple[FusedTrack, ...] = ()  # at a tick: every object carried to now


class Picture:
    """Fusion, assessment and warning desk of one picture, and the pace at which they run."""

    def __init__(self, config: NodeConfig, zones: Zones, name: PictureName) -> None:
        self.name = name
        self._fusion = Fusion(name)
        self._assessment = Assessment(config.nation, name, config.world, zones, config.nations, legal=config.legal)
        self._desk = WarningDesk(config.nation, config.world, name)
        self._known: dict[str, str] = {}  # open fused track -> status, to see news
        self._assessed_ns = 0
        self._posture: Posture | None = None

    def step(
        self, tracks: tuple[Track, ...], commands: tuple[Command, ...], now_ns: int, apart: Callable[[], Apart] = lambda: NONE_APART
    ) -> PictureStep:
        """Fuse; assess when there is news or a second has passed; let the desk decide. apart: asked when events are assessed."""
        fused, notes = self._fusion.step(tracks, now_ns)
        news = False
        for track in fused:
            news = news or self._known.get(track.track) != track.status
            self._known[track.track] = track.status
            if track.status == "closed":
                del self._known[track.track]
        if not (news or commands or now_ns - self._assessed_ns >= ASSESS_INTERVAL_NS):
            return PictureStep(picture=self.name, fused=fused, events=(), warnings=(), posture=None, notes=notes)
        self._assessed_ns = now_ns
        entered = commands if self.name == "joint" else ()  # a report names who said it, and remarks repeat it
        events, assess_notes = self._assessment.step(self._fusion.live(now_ns), now_ns, apart(), entered)
        acts = tuple(command for command in commands if command.act in DESK_ACTS)
        warnings, posture, desk_notes = self._desk.step(events, acts, now_ns)
        changed = posture if posture != self._posture else None
        self._posture = posture
        return PictureStep(
            picture=self.name, fused=fused, events=events, warnings=warnings, posture=changed, notes=notes + assess_notes + desk_notes
        )

    def tick(self, revised: tuple[Track, ...], now_ns: int, apart: Callable[[], Apart] = lambda: NONE_APART) -> PictureStep:
        """Let time pass, take own tracks that were revised meanwhile, and show where everything should be now."""
        return msgspec.structs.replace(self.step(revised, (), now_ns, apart), predicted=self._fusion.predicted(now_ns))

    @property
    def maintenance(self) -> bool:
        """A person said that this desk is being worked on: its words stay inside."""
        return self._desk.maintenance


class PipelineStep(msgspec.Struct, frozen=True, kw_only=True):
    """What one input changed: own tracks to share, and both pictures."""

    tracks: tuple[Track, ...]
    alone: PictureStep
    joint: PictureStep
    notes: tuple[Note, ...]


class Pipeline:
    """The whole line of work of one nation."""

    def __init__(self, config: NodeConfig, zones: Zones) -> None:
        self._tracker = Tracker(config.nation, config.sensors)
        self._confirmed: set[str] = set()  # names of all tracks that were ever confirmed: some dozens a day
        self._alone = Picture(config, zones, "alone")
        self._joint = Picture(config, zones, "joint")

    def scan(self, scan: Scan, now_ns: int) -> PipelineStep:
        """Take one scan of an own sensor."""
        tracks, notes = self._tracker.step(scan, now_ns)
        fresh = {track.track for track in tracks if track.confirmed_ns is not None and track.track not in self._confirmed}
        if fresh:  # the first word to a partner carries the launch point: this one fit does not wait for the tick
            self._confirmed |= fresh
            revised, more = self._tracker.revise(now_ns)
            newer = {track.track for track in revised}
            tracks = (*(track for track in tracks if track.track not in newer), *revised)
            notes = (*notes, *more)
        return self._both(tracks, tracks, (), now_ns, notes)

    def partner_tracks(self, tracks: tuple[Track, ...], now_ns: int) -> PipelineStep:
        """Take tracks that a partner shared; they enter the joint picture only."""
        return self._both((), tracks, (), now_ns, ())

    def commands(self, commands: tuple[Command, ...], now_ns: int) -> PipelineStep:
        """Apply persons' acts to both pictures."""
        return self._both((), (), commands, now_ns, ())

    def tick(self, now_ns: int) -> PipelineStep:
        """Let time pass: launches are fitted, tracks age, predictions run out, warnings move on."""
        revised, notes = self._tracker.revise(now_ns)
        apart = self._tracker.apart
        alone, joint = self._alone.tick(revised, now_ns, apart), self._joint.tick(revised, now_ns, apart)
        return PipelineStep(tracks=revised, alone=alone, joint=joint, notes=notes)

    @property
    def maintenance(self) -> bool:
        """No event and no warning may leave now."""
        return self._alone.maintenance

    def _both(
        self, own: tuple[Track, ...], joint: tuple[Track, ...], commands: tuple[Command, ...], now_ns: int, notes: tuple[Note, ...]
    ) -> PipelineStep:
        apart = self._tracker.apart
        return PipelineStep(
            tracks=own,
            alone=self._alone.step(own, commands, now_ns, apart),
            joint=self._joint.step(joint, commands, now_ns, apart),
            notes=notes,
        )
