"""Small logs on disk as a node writes them, in any world: a head, an act, a signed word, a warning and a draft made from it."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.sharing.samples import T0_NS, WARNING, policy_of, rules_text
from tests.stages.public_scene import AREA_JP, warning
from tocsin.adapters.records import encode_head, encode_input, input_kind, make_head
from tocsin.adapters.store.port import Record, RecordKind
from tocsin.adapters.store.sqlite import create
from tocsin.guard.guard import Guard
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.basics import World
from tocsin.messages.command import Command
from tocsin.messages.envelope import PublicKey
from tocsin.messages.people import Person, PublicRules
from tocsin.messages.public import Proposal
from tocsin.messages.release import Release
from tocsin.node.config import NodeConfig
from tocsin.node.inputs import CommandIn, FrameIn, Input, Sealed, Tick
from tocsin.warning.public import PublicDesk
from tocsin.warning.texts import marked
from tocsin.wire.codec import encode_payloads
from tocsin.wire.command import seal_command


def node_key(world: World) -> bytes:
    return generate_key(f"node JPN {world}".encode())


def person_key(world: World) -> bytes:
    return generate_key(f"person JPN-duty-1 {world}".encode())


def config(world: World) -> NodeConfig:
    node, person = public_of(node_key(world)), public_of(person_key(world))
    return NodeConfig(
        nation="JPN",
        world=world,
        epoch=1,
        nations=("JPN", "KOR"),
        routes=(),
        sensors=(),
        policy=policy_of("JPN"),
        keys=(PublicKey(nation="JPN", key_id=key_id_of(node), public_hex=node.hex(), world=world),),
        people=(
            Person(person="JPN-duty-1", nation="JPN", role="duty-officer", world=world, key_id=key_id_of(person), public_hex=person.hex()),
        ),
    )


def act(world: World, name: str = "sign-on", key_world: World | None = None) -> bytes:
    """An act that says ``world``, signed with the key of ``key_world``."""
    private = person_key(key_world or world)
    command = Command(
        command=f"c-{name}", person="JPN-duty-1", nation="JPN", act=name, time_ns=T0_NS, world=world, terminal="desk-1", reason="morning"
    )
    return seal_command(command, key_id_of(public_of(private)), Ed25519PrivateKey.from_private_bytes(private).sign)


def envelope(world: World) -> bytes:
    rules = rules_text("JPN")
    private = node_key(world)
    plain = {name: marked(world, "t") for name in ("headline", "reason", "cancel_ready", "correction_ready")}
    item = msgspec.structs.replace(WARNING, origin="JPN", world=world, time_ns=T0_NS, why=(), **plain)
    rule = next(rule for rule in policy_of("JPN").rules if rule.product == "warning" and rule.partner == "KOR")
    payload = encode_payloads(Release(product="warning", audience="KOR", rule=rule.rule, items=(item,)))[0]
    return Guard("JPN", world, rules, private, key_id_of(public_of(private))).seal(
        origin="JPN",
        epoch=1,
        audience="KOR",
        world=world,
        delivery="lossless",
        sequence=1,
        time_ns=T0_NS,
        product="warning",
        payload=payload,
    )


def draft(world: World) -> tuple[object, Proposal]:
    """A warning that names one area, and the draft made from it."""
    reason = "EXERCISE confirmed EXERCISE" if world == "exercise" else "confirmed"
    told = warning(10, "confirmed", AREA_JP, world=world, reason=reason)
    proposals, _ = PublicDesk("JPN", world, PublicRules()).step((told,), (), {}, T0_NS)
    return told, proposals[0]


def output(item: object) -> Record:
    return record("output", msgspec.json.encode(("joint", item)))


def taken(item: Input) -> Record:
    return record(input_kind(item), encode_input(item))


def record(kind: RecordKind, body: bytes) -> Record:
    return Record(kind=kind, utc_ns=T0_NS, mono_ns=0, body=body)


def log(path: Path, world: World, *planted: Record, head: NodeConfig | None = None) -> Path:
    """Write a log of this world; ``planted``: what else stands in it."""
    told, proposal = draft(world)
    store = create(path)
    store.append((record("head", encode_head(make_head(head or config(world)))),))
    own = (taken(CommandIn(frame=act(world))), taken(Tick()), output(told), output(proposal))
    signed = taken(Sealed(next_hop="KOR", frame=envelope(world)))
    store.append((*own, signed, *planted, record("close", b"")))
    store.close()
    return path


def frame_in(world: World) -> Record:
    return taken(FrameIn(neighbour="KOR", frame=envelope(world)))
