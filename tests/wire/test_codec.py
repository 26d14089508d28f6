"""Payload bytes: what goes in comes out, and foreign bytes raise one kind of fault only."""

import json
import random
from math import inf, nan

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sharing.samples import EVENT, ITEMS, PRODUCTS, TRACK, WARNING, item_for
from tocsin.errors import OurFault, PeerFault
from tocsin.messages.release import Release
from tocsin.wire.codec import MAX_PAYLOAD_BYTES, MAX_PAYLOAD_ITEMS, Item, decode_payload, encode_payload, encode_payloads
from tocsin.wire.faults import FAULT_CODES, WireFault

replace = msgspec.structs.replace


def release_of(product: str, *items: Item) -> Release:
    return Release(product=product, audience="USA", rule="r-1", items=items)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("product", PRODUCTS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_message_survives_the_wire_bit_for_bit(product: str, data: st.DataObject) -> None:
    items = tuple(data.draw(st.lists(ITEMS[product], min_size=1, max_size=3)))
    data_bytes = encode_payload(release_of(product, *items))
    back = decode_payload(data_bytes, product)  # type: ignore[arg-type]
    assert back == items
    assert encode_payload(release_of(product, *back)) == data_bytes


def test_a_payload_begins_with_version_product_and_rule_in_that_order() -> None:
    for product in PRODUCTS:
        text = encode_payload(release_of(product, item_for(product, "KOR", "USA", "test"))).decode()
        assert text.startswith(f'{{"v":1,"product":"{product}","rule":"r-1","items":[{{')


def test_neutral_values_are_absent_from_the_bytes_and_come_back() -> None:
    neutral = replace(
        TRACK, thrust_mps2=0.0, thrust_sigma_mps2=100.0, models=replace(TRACK.models, boost=0.25, coast=0.25, reentry=0.25, manoeuvre=0.25),
        first_plot_ns=TRACK.last_plot_ns, plots=0, sensors=(), parent=None, confirmed_ns=None, launch=None,
    )  # fmt: skip
    data = encode_payload(release_of("track", neutral))
    assert sorted(json.loads(data)["items"][0]) == sorted(
        "track nation time_ns kind status pos_ecef_m vel_ecef_mps ln_beta cov last_plot_ns predicted extra_sigma_m".split()
    )
    assert decode_payload(data, "track") == (neutral,)


def test_whole_numbers_given_as_integers_are_written_as_floats() -> None:
    whole = replace(TRACK, pos_ecef_m=(-3_041_234, 4_070_987, 3_912_345), thrust_mps2=12)
    assert b'"pos_ecef_m":[-3041234.0,4070987.0,3912345.0]' in encode_payload(release_of("track", whole))


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_a_number_that_is_not_finite_is_never_encoded(bad: float) -> None:
    with pytest.raises(OurFault, match="finite"):
        encode_payload(release_of("track", replace(TRACK, ln_beta=bad)))
    with pytest.raises(OurFault, match="finite"):
        encode_payload(release_of("event", replace(EVENT, apogee_m=bad)))


def test_a_text_that_contains_the_word_null_is_no_number() -> None:
    item = replace(WARNING, reason="the estimate is null and void")
    assert decode_payload(encode_payload(release_of("warning", item)), "warning") == (item,)


def test_an_item_of_another_product_is_our_own_fault() -> None:
    with pytest.raises(OurFault, match="Warning"):
        encode_payload(release_of("track", TRACK, WARNING))


def test_a_large_release_is_split_by_items_in_order() -> None:
    tracks = tuple(replace(TRACK, track=f"KOR-{k}") for k in range(100))
    with pytest.raises(OurFault, match="split"):
        encode_payload(release_of("track", *tracks))
    parts = encode_payloads(release_of("track", *tracks))
    assert all(len(part) <= MAX_PAYLOAD_BYTES for part in parts)
    assert tuple(item for part in parts for item in decode_payload(part, "track")) == tracks
    receipts = tuple(item_for("receipt", "KOR", "USA", "test") for _ in range(MAX_PAYLOAD_ITEMS + 1))
    assert [len(decode_payload(part, "receipt")) for part in encode_payloads(release_of("receipt", *receipts))] == [32, 33]


def test_one_item_that_is_too_large_alone_is_our_own_fault() -> None:
    with pytest.raises(OurFault, match="at most"):
        encode_payloads(release_of("warning", replace(WARNING, reason="x" * 40_000)))


def good(product: str) -> bytes:
    return encode_payload(release_of(product, item_for(product, "KOR", "USA", "test")))


def test_unknown_optional_fields_of_a_later_version_are_ignored() -> None:
    for product in PRODUCTS:
        later = json.loads(good(product))
        later["comment"] = {"deep": [1, [2]]}
        later["items"][0]["colour"] = "red"
        data = json.dumps(later).encode()
        assert decode_payload(data, product) == decode_payload(good(product), product)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"null", "malformed"),
        (b"[" * 30_000, "malformed"),
        (b'{"z":' + b"[" * 30_000, "malformed"),
        (b" " * (MAX_PAYLOAD_BYTES + 1), "oversized"),
        (good("track").replace(b'"v":1', b'"v":2'), "unknown-version"),
        (b'{"v":2,"something":"else"}', "unknown-version"),
        (good("track").replace(b'"v":1', b'"v":"1"'), "malformed"),
        (good("warning"), "wrong-product"),
        (good("track").replace(b"8.5123456789", b"NaN"), "malformed"),
        (good("track").replace(b"8.5123456789", b"1e999"), "malformed"),
        (good("track").replace(b'"plots":17', b'"plots":-17'), "malformed"),
        (good("track").replace(b'"plots":17', b'"plots":' + b"9" * 40), "malformed"),
        (good("track").replace(b'"ballistic"', b'"rocket"'), "malformed"),
        (good("track").replace(b'"kind":"ballistic",', b""), "malformed"),
        (good("track").replace(b'"cov":[', b'"cov":[1.0,'), "malformed"),
        (good("track") + b"{}", "malformed"),
    ],
)
def test_foreign_bytes_are_refused_by_a_named_code(data: bytes, code: str) -> None:
    with pytest.raises(WireFault) as caught:
        decode_payload(data, "track")
    assert caught.value.code == code
    assert code in FAULT_CODES
    assert isinstance(caught.value, PeerFault)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Flip, cut, double, swap or invent bytes."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        act = rng.randrange(5)
        if act == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif act == 1:
            del out[at : at + rng.randint(1, 40)]
        elif act == 2:
            out[at:at] = out[at : at + rng.randint(1, 40)]
        elif act == 3:
            out[at:at] = rng.choice((b"[", b"{", b'"', b",", b"null", b"1e400", b"-", b"NaN", b'{"v":1}', b"9" * 30, b"\\ud800", b"\x00"))
        else:
            out[at:at] = rng.randbytes(rng.randint(1, 12))
    return bytes(out)


@pytest.mark.slow
def test_20000_random_or_mutated_payloads_raise_nothing_but_the_peers_fault() -> None:
    rng = random.Random(1)
    seeds = {product: good(product) for product in PRODUCTS}
    refused = 0
    for k in range(20_000):
        product = PRODUCTS[k % len(PRODUCTS)]
        data = rng.randbytes(rng.randrange(200)) if k % 10 == 0 else mutated(rng, seeds[product])
        try:
            items = decode_payload(data, product)  # type: ignore[arg-type]
        except PeerFault:
            refused += 1
        else:
            assert isinstance(items, tuple)
    assert refused > 15_000
