"""Check every outgoing payload against the rules and the published table; sign it, or say why not.

The guard believes nothing it is told: the payload's content decides. A violation stops that product to that partner until
a person lifts it; cancels and all-clears of warnings still go, each under the same checks.
"""

from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.errors import OperatorFault
from tocsin.guard.checks import MAX_INTEGER, Check, Grids
from tocsin.guard.denied import GuardDenied
from tocsin.guard.keys import key_id_of, public_of
from tocsin.guard.rules import Permit, read_permits
from tocsin.guard.strict_json import Json, read_strict
from tocsin.guard.table import ADDRESSEE, ALWAYS, BY_RULE, DELIVERY, SPEAKER, TIME

ENVELOPE_VERSION: Final = 1
PAYLOAD_VERSION: Final = 1
MAX_PAYLOAD_BYTES: Final = 32_768  # docs/release-table.md, "Sizes"
MAX_ITEMS: Final = 64  # same
SIGNATURE_CONTEXT: Final = b"tocsin-envelope-v1\x00"  # docs/release-table.md, "Envelope"

_ENDINGS: Final = ("cancelled", "all-clear")
_HARMLESS: Final = frozenset({"quarantined", "sequence"})  # refusing is enough: nothing that must not leave was offered


class Guard:
    """One nation's guard in one world. State: the key, the highest sequence of each stream, what is quarantined."""

    def __init__(self, nation: str, world: str, rules_text: bytes | str, private_key: bytes, key_id: str) -> None:
        """Read the rules and take the key; raises OperatorFault if the rules are unclear or the key id is not this key's."""
        self._public = public_of(private_key)
        if key_id != key_id_of(self._public):
            own = key_id_of(self._public)
            raise OperatorFault(f"guard of {nation}: expected key id {own} for this key, got {key_id}; use the key's own id")
        if world not in ("live", "exercise", "test"):
            raise OperatorFault(f"guard of {nation}: expected world live, exercise or test, got {world!r}; set one")
        self._nation = nation
        self._world = world
        self._permits = read_permits(rules_text, nation)
        self._checks = {permit.rule: _checks_of(permit) for permit in self._permits}
        self._partners = frozenset(permit.partner for permit in self._permits)
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self._key_id = key_id
        self._highest: dict[tuple[str, str], tuple[int, int]] = {}
        self._quarantined: dict[tuple[str, str], str] = {}

    @property
    def public_key(self) -> bytes:
        """The 32-byte Ed25519 public key."""
        return self._public

    @property
    def quarantined(self) -> tuple[tuple[str, str, str], ...]:
        """(product, partner, code of the first violation), sorted."""
        return tuple(sorted((product, partner, code) for (product, partner), code in self._quarantined.items()))

    def lift(self, product: str, partner: str) -> None:
        """End a quarantine: a person has looked into it."""
        self._quarantined.pop((product, partner), None)

    def seal(  # noqa: PLR0913 - the parts of the envelope, one by one, as they are signed
        self,
        *,
        origin: str,
        epoch: int,
        audience: str,
        world: str,
        delivery: str,
        sequence: int,
        time_ns: int,
        product: str,
        payload: bytes,
    ) -> bytes:
        """Return the signed frame, or raise GuardDenied; on a violation this product to this partner is quarantined."""
        try:
            self._check_numbers(epoch, sequence, time_ns)
            self._check_address(origin, audience, world, delivery, product)
            permit = self._permit(product, audience)
            items = self._check_payload(permit, payload, time_ns)
            self._check_quarantine(product, audience, items)
            self._check_sequence(audience, delivery, epoch, sequence)
        except GuardDenied as denied:
            if denied.code not in _HARMLESS and product in ALWAYS and audience in self._partners:
                self._quarantined.setdefault((product, audience), denied.code)
            raise
        signed = msgspec.msgpack.encode(
            (ENVELOPE_VERSION, origin, epoch, audience, world, delivery, sequence, self._key_id, time_ns, product, payload)
        )
        signature = self._key.sign(SIGNATURE_CONTEXT + signed)
        self._highest[audience, delivery] = (epoch, sequence)
        return msgspec.msgpack.encode((signed, signature))

    def _check_numbers(self, epoch: int, sequence: int, time_ns: int) -> None:
        for name, value, least in (("epoch", epoch, 0), ("sequence", sequence, 1), ("time_ns", time_ns, 0)):
            if type(value) is not int or not least <= value <= MAX_INTEGER:
                raise GuardDenied("bad-request", f"{name}: expected a whole number from {least}, got {value!r}")

    def _check_address(self, origin: str, audience: str, world: str, delivery: str, product: str) -> None:
        if origin != self._nation:
            raise GuardDenied("wrong-origin", f"expected origin {self._nation}, got {origin!r}")
        if world != self._world:
            raise GuardDenied("wrong-world", f"expected world {self._world}, got {world!r}")
        if product not in ALWAYS:
            raise GuardDenied("unknown-product", f"expected one of {', '.join(ALWAYS)}, got {product!r}")
        if audience not in self._partners:
            raise GuardDenied("wrong-partner", f"no rule of {self._nation} names {audience or 'an empty audience'!r}")
        if delivery != DELIVERY[product]:
            raise GuardDenied("wrong-delivery", f"expected {DELIVERY[product]} for {product}, got {delivery!r}")

    def _permit(self, product: str, audience: str) -> Permit:
        named = [permit for permit in self._permits if permit.product == product and permit.partner == audience]
        if not named:
            raise GuardDenied("no-rule", f"no rule of {self._nation} permits {product} to {audience}")
        here = [permit for permit in named if self._world in permit.worlds]
        if len(here) != 1:
            raise GuardDenied("wrong-world", f"no rule of {self._nation} permits {product} to {audience} in world {self._world}")
        return here[0]

    def _check_payload(self, permit: Permit, payload: bytes, time_ns: int) -> list[dict[str, Json]]:
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise GuardDenied("oversized", f"expected at most {MAX_PAYLOAD_BYTES} bytes, got {len(payload)}")
        head = read_strict(payload)
        items = _items_of(head, permit)
        checks = self._checks[permit.rule]
        grids = Grids(permit.position_grid_m, permit.velocity_grid_mps)
        for item in items:
            _check_item(item, permit, checks, grids)
            self._check_words(item, permit, time_ns)
        return items

    def _check_words(self, item: dict[str, Json], permit: Permit, time_ns: int) -> None:
        """Whose words, for whom, in which world, how old: as the envelope and the rule say."""
        speaker = item[SPEAKER[permit.product]]
        if speaker != self._nation:
            raise GuardDenied("not-own", f"expected words of {self._nation}, got words of {speaker!r}")
        addressee = ADDRESSEE.get(permit.product)
        if addressee is not None and item[addressee] != permit.partner:
            raise GuardDenied("wrong-partner", f"expected words for {permit.partner}, got words for {item[addressee]!r}")
        if item.get("world", self._world) != self._world:
            raise GuardDenied("wrong-world", f"expected content of world {self._world}, got {item['world']!r}")
        if permit.product == "track" and item["kind"] not in permit.kinds:
            raise GuardDenied("kind-not-allowed", f"rule {permit.rule} lists {sorted(permit.kinds)}, got {item['kind']!r}")
        views = item.get("nations", [])
        if isinstance(views, list) and any(isinstance(view, dict) and view["nation"] != self._nation for view in views):
            raise GuardDenied("not-own", f"expected figures of {self._nation} only, got a partner's among them")
        said_ns = item[TIME[permit.product]]
        if permit.delay_ns > 0 and isinstance(said_ns, int) and said_ns + permit.delay_ns > time_ns:
            raise GuardDenied("too-early", f"rule {permit.rule} holds it for {permit.delay_ns} ns, got {time_ns - said_ns} ns")

    def _check_quarantine(self, product: str, audience: str, items: list[dict[str, Json]]) -> None:
        code = self._quarantined.get((product, audience))
        if code is None:
            return
        if product == "warning" and all(item["status"] in _ENDINGS for item in items):
            return
        raise GuardDenied("quarantined", f"{product} to {audience} is stopped since a violation ({code}); look into it, then lift it")

    def _check_sequence(self, audience: str, delivery: str, epoch: int, sequence: int) -> None:
        """Strictly increasing in (epoch, sequence): within an epoch each number once, and no way back to an earlier epoch."""
        highest = self._highest.get((audience, delivery))
        if highest is not None and (epoch, sequence) <= highest:
            raise GuardDenied("sequence", f"{delivery} to {audience}: expected beyond epoch, sequence {highest}, got {(epoch, sequence)}")


def _checks_of(permit: Permit) -> dict[str, Check]:
    """Return the check of every field that the rule lets out."""
    return {**ALWAYS[permit.product], **{name: BY_RULE[permit.product][name] for name in sorted(permit.fields)}}


def _items_of(head: dict[str, Json], permit: Permit) -> list[dict[str, Json]]:
    """Return the items under a payload's head, which must be exactly as published."""
    _check_head_names(head)
    if type(head["v"]) is not int or head["v"] != PAYLOAD_VERSION:
        raise GuardDenied("wrong-version", f"expected payload version {PAYLOAD_VERSION}, got {head['v']!r}")
    if head["product"] != permit.product:
        raise GuardDenied("wrong-product", f"expected product {permit.product}, got {str(head['product'])[:40]!r}")
    if head["rule"] != permit.rule:
        raise GuardDenied("wrong-rule", f"expected rule {permit.rule}, got {str(head['rule'])[:64]!r}")
    items = head["items"]
    if type(items) is not list:
        raise GuardDenied("wrong-type", f"items: expected a list, got {type(items).__name__}")
    if not 1 <= len(items) <= MAX_ITEMS:
        raise GuardDenied("too-long", f"items: expected 1 to {MAX_ITEMS}, got {len(items)}")
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) != len(items):
        raise GuardDenied("wrong-type", "items: expected objects only, got something else among them")
    return objects


def _check_head_names(head: dict[str, Json]) -> None:
    expected = ("v", "product", "rule", "items")
    for key in head:
        if key not in expected:
            raise GuardDenied("unknown-field", f"payload.{key[:40]}: not in the published table")
    for key in expected:
        if key not in head:
            raise GuardDenied("missing-field", f"payload.{key}: expected, not found")


def _check_item(item: dict[str, Json], permit: Permit, checks: dict[str, Check], grids: Grids) -> None:
    """Every field known, permitted, well-formed and coarse enough; no field missing that always goes."""
    for name, value in item.items():
        check = checks.get(name)
        if check is None:
            if name in BY_RULE[permit.product]:
                raise GuardDenied("field-not-released", f"rule {permit.rule} does not release {permit.product}.{name}")
            raise GuardDenied("unknown-field", f"{permit.product}.{name[:40]}: not in the published table")
        check(value, grids, name)
    for name in ALWAYS[permit.product]:
        if name not in item:
            raise GuardDenied("missing-field", f"{permit.product}.{name}: expected, not found")
