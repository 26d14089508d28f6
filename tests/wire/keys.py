"""Fixed keys for tests: public knowledge, never for use."""

from tests.sharing.samples import NATIONS, T0_NS, rules_text
from tocsin.guard.guard import Guard
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.envelope import PublicKey

PRIVATE = {nation: generate_key(b"tocsin test key " + nation.encode()) for nation in NATIONS}
KEY_ID = {nation: key_id_of(public_of(key)) for nation, key in PRIVATE.items()}
PUBLIC = {
    KEY_ID[nation]: PublicKey(nation=nation, key_id=KEY_ID[nation], public_hex=public_of(PRIVATE[nation]).hex(), world="exercise")
    for nation in NATIONS
}
DELIVERY = {"track": "latest", "heartbeat": "latest", "event": "lossless", "warning": "lossless", "receipt": "lossless"}


def guard_of(nation: str, world: str = "exercise", rules: str | None = None) -> Guard:
    return Guard(nation, world, rules_text(nation) if rules is None else rules, PRIVATE[nation], KEY_ID[nation])


def seal(
    guard: Guard, product: str, payload: bytes, *, origin: str = "KOR", audience: str = "JPN", sequence: int = 1, epoch: int = 1
) -> bytes:
    return guard.seal(
        origin=origin,
        epoch=epoch,
        audience=audience,
        world="exercise",
        delivery=DELIVERY[product],
        sequence=sequence,
        time_ns=T0_NS,
        product=product,
        payload=payload,
    )
