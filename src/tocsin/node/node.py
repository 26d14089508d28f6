"""The node: one verb, ``handle(input, now) -> Batch``. Same inputs, same batches; nothing else goes in or out."""

import msgspec

from tocsin.errors import TocsinError
from tocsin.geography.zones import Zones
from tocsin.messages.basics import Nation, Note, Now
from tocsin.messages.envelope import Envelope, Header
from tocsin.messages.event import LaunchEvent
from tocsin.messages.public import Proposal
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning
from tocsin.node.config import NodeConfig
from tocsin.node.duty import Duty, Item
from tocsin.node.inputs import CommandIn, Denied, FrameIn, Input, ScanIn, Sealed, Tick
from tocsin.node.link import Link
from tocsin.node.outgoing import Outgoing
from tocsin.node.outputs import Batch, Send, View
from tocsin.node.pipeline import PictureStep, Pipeline, PipelineStep
from tocsin.node.selfcheck import check_config
from tocsin.node.spoken import Spoken
from tocsin.sharing.admit import admit
from tocsin.units import NS_PER_S
from tocsin.wire.codec import decode_payload
from tocsin.wire.faults import WireFault
from tocsin.wire.seal import open_frame, read_header

HEARTBEAT_NS = NS_PER_S  # a lost tail shows within 3 s (DESIGN section 5)
SILENT_NS = 3 * NS_PER_S  # three missed heartbeats: the link is said to be silent
RECEIPT_NS = 10 * NS_PER_S  # two hops, two heartbeats and a repetition; a warning not held by its recipient by then is an alarm
GAP_NS = 3 * NS_PER_S  # how long a stream may stay behind before it is called a gap


class LinkCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Distinct lossless envelopes of this origin, and frames refused here."""

    sent: int
    acknowledged: int
    refused: int
    waiting: int


class _Sent(msgspec.Struct):
    """An own lossless message without its final recipient's receipt."""

    product: str
    since_mono_ns: int
    alarmed: bool = False


class _Effects:
    """Collects one batch."""

    def __init__(self) -> None:
        self.sends: list[Send] = []
        self.outputs: list[bytes] = []
        self.views: list[View] = []
        self.releases: list[View] = []
        self.notes: list[Note] = []
        self.durable = False


class Node:
    """One nation in one world. Owns the pipeline, the links and what waits for the guard; touches nothing outside."""

    def __init__(self, config: NodeConfig, zones: Zones) -> None:
        self._config = config
        self._pipeline = Pipeline(config, zones)
        self._duty = Duty(config)
        self._outgoing = Outgoing(config)
        self._spoken = Spoken()
        hops = sorted({route.next_hop for route in config.routes})
        self._links = {hop: Link(config.nation, hop) for hop in hops}
        self._next_hop = {route.destination: route.next_hop for route in config.routes}
        self._keys = {key.key_id: key for key in config.keys}
        self._unreceipted: dict[tuple[Nation, int], _Sent] = {}  # (audience, sequence) of own lossless messages
        self._receipted = 0
        self._refused = 0
        self._behind: dict[tuple[Nation, tuple[Nation, int, Nation]], int] = {}  # since when (monotonic)
        self._silent: dict[Nation, bool] = {}
        self._next_heartbeat_ns = 0
        self._remarks = check_config(config)  # said at the first tick, so that they stand in the log

    def handle(self, item: Input, now: Now) -> Batch:
        """Apply one input and return its effects. Never raises for what a peer, a sensor or a person sent."""
        effects = _Effects()
        match item:
            case ScanIn():
                self._share(self._pipeline.scan(item.scan, now.utc_ns), now, effects)
            case FrameIn():
                self._frame(item, now, effects)
            case Sealed():
                self._sealed(item, now, effects)
            case Denied():
                effects.notes.append(self._outgoing.refused(item.code, item.text, now.utc_ns))
            case CommandIn():
                self._command(item.frame, now, effects)
            case Tick():
                self._tick(now, effects)
        seal = self._outgoing.next_seal()
        return Batch(
            seals=() if seal is None else (seal,),
            sends=tuple(effects.sends),
            outputs=tuple(effects.outputs),
            views=tuple(effects.views),
            releases=tuple(effects.releases),
            notes=tuple(effects.notes),
            durable=effects.durable,
            next_wake_mono_ns=self._next_heartbeat_ns,
        )

    def counts(self) -> LinkCounts:
        """Return what was sent, acknowledged by its final recipient, refused here, and still waits."""
        waiting = sum(link.waiting for link in self._links.values())
        return LinkCounts(
            sent=self._outgoing.lossless_sent, acknowledged=self._receipted, refused=self._refused + self._outgoing.denied, waiting=waiting
        )

    def _share(self, step: PipelineStep, now: Now, effects: _Effects) -> None:
        """Show both pictures; offer to partners what rests on own evidence only."""
        effects.notes.extend(step.notes)
        effects.views.extend(View(picture="alone", source=self._config.nation, time_ns=now.utc_ns, item=track) for track in step.tracks)
        for picture in (step.alone, step.joint):
            self._show(picture, now, effects)
        items, notes = self._duty.step(
            (*step.alone.events, *step.joint.events),
            (*step.alone.warnings, *step.joint.warnings),
            step.joint.warnings,
            now.utc_ns,
            maintenance=self._pipeline.maintenance,
        )
        self._tell(items, now, effects)
        effects.notes.extend(notes)
        effects.notes.extend(self._outgoing.offer("track", step.tracks, now.utc_ns))
        events, warnings = self._spoken.due(step.alone.events, step.alone.warnings, maintenance=self._pipeline.maintenance)
        effects.notes.extend(self._outgoing.offer("event", events, now.utc_ns))
        effects.notes.extend(self._outgoing.offer("warning", warnings, now.utc_ns))

    def _show(self, step: PictureStep, now: Now, effects: _Effects) -> None:
        effects.notes.extend(step.notes)
        shown = (*step.fused, *step.predicted, *step.events, *step.warnings, *(() if step.posture is None else (step.posture,)))
        effects.views.extend(View(picture=step.picture, source=self._config.nation, time_ns=now.utc_ns, item=item) for item in shown)
        effects.outputs.extend(msgspec.json.encode((step.picture, item)) for item in (*step.events, *step.warnings))

    def _command(self, frame: bytes, now: Now, effects: _Effects) -> None:
        """Take a person's act: what is for the desks goes through the pipeline like any other input."""
        taken = self._duty.command(frame, now.utc_ns)
        effects.notes.extend(taken.notes)
        self._tell(taken.items, now, effects)
        effects.durable = bool(taken.items or taken.commands)
        if taken.commands:
            self._share(self._pipeline.commands(taken.commands, now.utc_ns), now, effects)

    def _tell(self, items: tuple[Item, ...], now: Now, effects: _Effects) -> None:
        """Record drafts and who is on duty; what is released is shown as released only once that record is on disk."""
        effects.outputs.extend(msgspec.json.encode(("joint", item)) for item in items)
        for item in items:
            view = View(picture="joint", source=self._config.nation, time_ns=now.utc_ns, item=item)
            released = isinstance(item, Proposal) and item.status == "released"
            (effects.releases if released else effects.views).append(view)
        effects.durable = effects.durable or bool(effects.releases)

    def _tick(self, now: Now, effects: _Effects) -> None:
        remarks, self._remarks = self._remarks, ()
        effects.notes.extend(msgspec.structs.replace(note, time_ns=now.utc_ns) for note in remarks)
        self._share(self._pipeline.tick(now.utc_ns), now, effects)
        if now.mono_ns < self._next_heartbeat_ns:
            return
        self._next_heartbeat_ns = now.mono_ns + HEARTBEAT_NS
        for hop, link in self._links.items():
            effects.notes.extend(self._outgoing.offer("heartbeat", (link.heartbeat(now.utc_ns),), now.utc_ns, only=hop))
            silent = link.heard_mono_ns is not None and now.mono_ns - link.heard_mono_ns > SILENT_NS
            if silent and not self._silent.get(hop, False):
                text = f"no heartbeat from {hop} for {SILENT_NS // NS_PER_S} s: its picture here is getting old"
                effects.notes.append(_note("link-silent", text, now))
            self._silent[hop] = silent
        self._alarm_unreceipted(now, effects)

    def _alarm_unreceipted(self, now: Now, effects: _Effects) -> None:
        """Say once, per message, that its final recipient has not confirmed it."""
        for (audience, sequence), sent in self._unreceipted.items():
            if not sent.alarmed and now.mono_ns - sent.since_mono_ns > RECEIPT_NS:
                sent.alarmed = True
                text = f"{sent.product} {sequence} to {audience} has no receipt after {RECEIPT_NS // NS_PER_S} s: it may not have arrived"
                effects.notes.append(_note("no-receipt", text, now))

    def _sealed(self, item: Sealed, now: Now, effects: _Effects) -> None:
        self._outgoing.sealed()
        header = read_header(item.frame)
        if header.delivery == "lossless":
            self._unreceipted[(header.audience, header.sequence)] = _Sent(header.product, now.mono_ns)
            self._hold(item.next_hop, header, item.frame, now, effects)
        effects.sends.append(Send(neighbour=item.next_hop, frame=item.frame))

    def _hold(self, hop: Nation, header: Header, frame: bytes, now: Now, effects: _Effects) -> None:
        if not self._links[hop].hold(header, frame, now.mono_ns):
            text = f"the outbox to {hop} is full: a message for {header.audience} stays in the log only"
            effects.notes.append(_note("outbox-full", text, now))

    def _frame(self, item: FrameIn, now: Now, effects: _Effects) -> None:
        """Take one frame from a neighbour: open, or pass on."""
        link = self._links.get(item.neighbour)
        if link is None:
            self._refuse("unknown-neighbour", f"{item.neighbour} is no neighbour of {self._config.nation}", now, effects)
            return
        try:
            envelope = open_frame(item.frame, self._keys, self._config.nation, self._config.world, relay=True)
        except TocsinError as problem:
            code = problem.code if isinstance(problem, WireFault) else "frame-refused"
            self._refuse(code, f"frame from {item.neighbour}: {problem}", now, effects)
            return
        header = envelope.header
        mine = header.audience == self._config.nation
        blocked = None if mine else self._relay_problem(header, item.neighbour)
        if blocked is not None or header.origin == self._config.nation:
            self._refuse("relay-refused", blocked or f"{item.neighbour} brought a message of {header.origin} itself", now, effects)
            return
        verdict = link.take(header)
        if verdict in ("stale-epoch", "too-many-epochs"):
            self._refuse(verdict, f"{header.origin} spoke in epoch {header.epoch}; expected the newest, and few in all", now, effects)
        if verdict != "next":
            return
        effects.durable = effects.durable or header.delivery == "lossless"
        if mine:
            self._open(envelope, item.neighbour, now, effects)
        else:
            self._relay(envelope, now, effects)

    def _relay_problem(self, header: Header, neighbour: Nation) -> str | None:
        """Say why a message for somebody else cannot be taken here; it then stays with the neighbour, unacknowledged."""
        hop = self._next_hop.get(header.audience)
        if hop is None or hop == neighbour:
            return f"no way from {neighbour} to {header.audience} leads through here"
        if header.delivery == "lossless" and self._links[hop].full:
            return f"the outbox to {hop} is full; {neighbour} keeps the message and sends it again"
        return None

    def _relay(self, envelope: Envelope, now: Now, effects: _Effects) -> None:
        hop = self._next_hop[envelope.header.audience]
        if envelope.header.delivery == "lossless":
            self._hold(hop, envelope.header, envelope.frame, now, effects)
        effects.sends.append(Send(neighbour=hop, frame=envelope.frame))

    def _open(self, envelope: Envelope, neighbour: Nation, now: Now, effects: _Effects) -> None:
        header = envelope.header
        try:
            items = decode_payload(envelope.payload, header.product)
        except TocsinError as problem:
            self._refuse("payload-refused", f"{header.product} from {header.origin}: {problem}", now, effects)
            items = ()
        accepted, notes = admit(header, items, now.utc_ns, tuple(self._next_hop))
        effects.notes.extend(notes)
        self._refused += bool(notes)
        tracks = tuple(entry for entry in accepted if isinstance(entry, Track))
        if tracks:
            effects.views.extend(View(picture="joint", source=header.origin, time_ns=now.utc_ns, item=track) for track in tracks)
            self._share(self._pipeline.partner_tracks(tracks, now.utc_ns), now, effects)
        for entry in accepted:
            if isinstance(entry, LaunchEvent | Warning):
                effects.views.append(View(picture="joint", source=header.origin, time_ns=now.utc_ns, item=entry))
            elif isinstance(entry, Receipt):
                self._receipt(entry)
            elif isinstance(entry, Heartbeat):
                self._heartbeat(entry, neighbour, now, effects)
        if (
            header.delivery == "lossless" and header.product != "receipt" and accepted
        ):  # what was refused gets no receipt: the origin alarms
            receipt = Receipt(
                origin=header.origin,
                recipient=self._config.nation,
                epoch=header.epoch,
                sequence=header.sequence,
                product=header.product,
                item=", ".join(_name(entry) for entry in accepted),
                received_ns=now.utc_ns,
            )
            effects.notes.extend(self._outgoing.offer("receipt", (receipt,), now.utc_ns, only=header.origin))

    def _receipt(self, receipt: Receipt) -> None:
        if receipt.origin == self._config.nation and receipt.epoch == self._config.epoch:
            self._receipted += self._unreceipted.pop((receipt.recipient, receipt.sequence), None) is not None

    def _heartbeat(self, heartbeat: Heartbeat, neighbour: Nation, now: Now, effects: _Effects) -> None:
        if heartbeat.nation != neighbour:
            self._refuse("heartbeat-not-from-neighbour", f"{neighbour} brought a heartbeat of {heartbeat.nation}", now, effects)
            return
        behind, again = self._links[neighbour].heard(heartbeat, now.mono_ns)
        effects.sends.extend(Send(neighbour=neighbour, frame=frame) for frame in again)
        self._forget_acknowledged_receipts(heartbeat)
        waiting = {(neighbour, stream) for stream in behind}
        for key in [key for key in self._behind if key[0] == neighbour and key not in waiting]:
            del self._behind[key]
        for key in sorted(waiting):
            since = self._behind.setdefault(key, now.mono_ns)
            if now.mono_ns - since > GAP_NS:
                self._behind[key] = now.mono_ns
                text = f"messages from {key[1][0]} through {neighbour} are missing; waiting for them to be sent again"
                effects.notes.append(_note("stream-gap", text, now))

    def _forget_acknowledged_receipts(self, heartbeat: Heartbeat) -> None:
        """A receipt gets no receipt: it counts as acknowledged when the next hop holds it."""
        for mark in heartbeat.marks:
            if mark.origin != self._config.nation or mark.epoch != self._config.epoch:
                continue
            held = [
                key
                for key, sent in self._unreceipted.items()
                if sent.product == "receipt" and key[0] == mark.audience and key[1] <= mark.received
            ]
            for key in held:
                del self._unreceipted[key]
                self._receipted += 1

    def _refuse(self, code: str, text: str, now: Now, effects: _Effects) -> None:
        self._refused += 1
        effects.notes.append(_note(code, text, now))


def _note(code: str, text: str, now: Now) -> Note:
    return Note(stage="link", code=code, text=text, time_ns=now.utc_ns)


def _name(item: object) -> str:
    match item:
        case Warning():
            return f"warning {item.warning} revision {item.revision}"
        case LaunchEvent():
            return f"event {item.event} revision {item.revision}"
        case _:
            return type(item).__name__.lower()
