"""The second opinion: what sharing and wire produce is signed; every mutant of it is refused by its own name."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sharing.samples import ITEMS, NATIONS, PRODUCTS, T0_NS, WARNING, WORLDS, item_for, policy_of, rules_text
from tests.wire.keys import DELIVERY, KEY_ID, PRIVATE, PUBLIC, guard_of, seal
from tocsin.errors import OperatorFault, Refused
from tocsin.guard.denied import DENIAL_CODES, GuardDenied
from tocsin.guard.guard import Guard
from tocsin.guard.rules import read_permits
from tocsin.messages.envelope import PublicKey
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.release import Policy
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.sharing.release import release
from tocsin.sharing.rules import parse_policy
from tocsin.wire.codec import encode_payload
from tocsin.wire.seal import open_frame

replace = msgspec.structs.replace
Items = Track | LaunchEvent | TocsinWarning | Receipt | Heartbeat
KEYS = st.sampled_from(("v", "product", "rule", "items", "track", "x"))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())
REQUEST: dict[str, str | int] = {
    "origin": "KOR", "epoch": 1, "audience": "JPN", "world": "exercise", "delivery": "latest", "sequence": 1, "time_ns": T0_NS,
    "product": "track",
}  # fmt: skip


def payload_of(product: str, partner: str = "JPN", nation: str = "KOR", policy: Policy | None = None, item: Items | None = None) -> bytes:
    given_item = item_for(product, nation, partner, "exercise") if item is None else item
    released, notes = release(policy or policy_of(nation), product, partner, "exercise", (given_item,), T0_NS)  # type: ignore[arg-type]
    assert released is not None, notes
    return encode_payload(released)


def code_of(guard: Guard, payload: bytes, **request: str | int) -> str:
    with pytest.raises(GuardDenied) as caught:
        guard.seal(**{**REQUEST, **request}, payload=payload)
    assert caught.value.code in DENIAL_CODES
    assert isinstance(caught.value, Refused)
    SEEN.add(caught.value.code)
    return caught.value.code


SEEN: set[str] = set()


def edited(payload: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the payload with its first item changed, written canonically as an insider would."""
    head = msgspec.json.decode(payload)
    change(head["items"][0])
    return msgspec.json.encode(head)


# --- what is right passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("nation", NATIONS)
def test_what_sharing_and_wire_produce_is_signed_in_every_cell(nation: str, world: str) -> None:
    guard = guard_of(nation, world)
    keys = {KEY_ID[nation]: replace(PUBLIC[KEY_ID[nation]], world=world)}
    for partner in NATIONS:
        if partner == nation:
            continue
        for number, product in enumerate(PRODUCTS, start=1):
            item = item_for(product, nation, partner, world)
            released, _ = release(policy_of(nation), product, partner, world, (item,), T0_NS)  # type: ignore[arg-type]
            assert released is not None
            payload = encode_payload(released)
            frame = guard.seal(
                origin=nation, epoch=1, audience=partner, world=world, delivery=DELIVERY[product], sequence=number, time_ns=T0_NS,
                product=product, payload=payload,
            )  # fmt: skip
            assert open_frame(frame, keys, partner, world).payload == payload  # type: ignore[arg-type]
    assert guard.quarantined == ()


COARSE = """
nation = "KOR"
version = 1
[[rule]]
rule = "t"
product = "track"
partner = "JPN"
worlds = ["exercise"]
kinds = ["ballistic", "air-breathing", "orbital", "meteor", "unknown"]
fields = ["thrust_mps2", "thrust_sigma_mps2", "models", "first_plot_ns", "plots", "sensors", "parent", "confirmed_ns", "launch"]
position_grid_m = {position}
velocity_grid_mps = {velocity}
[[rule]]
rule = "e"
product = "event"
partner = "JPN"
worlds = ["exercise"]
fields = [
    "tracks", "first_detection_ns", "detected_by", "sensors", "launch", "impact", "path", "apogee_m", "apogee_sigma_m", "range_m",
    "range_sigma_m", "classes", "zones", "p_outside_eez", "p_land", "nations", "models_boost", "legal",
]
position_grid_m = {position}
[[rule]]
rule = "w"
product = "warning"
partner = "JPN"
worlds = ["exercise"]
fields = ["detected_by", "launch", "impact", "path", "zones", "p_outside_eez", "land_alert", "apogee_m", "range_m"]
position_grid_m = {position}
"""


@pytest.mark.slow
@given(data=st.data(), position=st.sampled_from((0.0, 1.0, 37.5, 1_000.0)), velocity=st.sampled_from((0.0, 0.3, 10.0)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_sound_message_coarsened_by_any_rule_passes_the_guard(data: st.DataObject, position: float, velocity: float) -> None:
    """Two readings of one table agree: whatever sharing lets out, the guard finds on its grid."""
    rules = COARSE.format(position=position, velocity=velocity)
    guard = guard_of("KOR", rules=rules)
    policy = parse_policy(rules, "coarse.toml")
    for number, product in enumerate(("track", "event", "warning"), start=1):
        item = data.draw(ITEMS[product])
        if product != "track":
            item = replace(item, world="exercise")
        released, notes = release(policy, product, "JPN", "exercise", (item,), T0_NS)  # type: ignore[arg-type]
        assert released is not None, notes
        assert seal(guard, product, encode_payload(released), sequence=number)


# --- what is wrong does not -------------------------------------------------------------------------------------------


def test_a_request_outside_the_rules_is_refused_by_name() -> None:
    good = payload_of("track")
    cases = {
        "wrong-origin": {"origin": "JPN"},
        "wrong-world": {"world": "live"},
        "wrong-partner": {"audience": "PRK"},
        "unknown-product": {"product": "plot"},
        "wrong-delivery": {"delivery": "lossless"},
        "bad-request": {"sequence": 0},
    }
    for code, change in cases.items():
        assert code_of(guard_of("KOR"), good, **change) == code
    assert code_of(guard_of("KOR"), good, audience="") == "wrong-partner"
    assert code_of(guard_of("KOR"), good, audience="KOR") == "wrong-partner"
    assert code_of(guard_of("KOR"), good, time_ns=-1) == "bad-request"
    assert code_of(guard_of("KOR"), good, epoch=True) == "bad-request"


def test_a_product_without_a_rule_and_a_world_outside_the_rule_are_refused() -> None:
    rules = 'nation = "KOR"\nversion = 1\n[[rule]]\nrule = "r"\nproduct = "receipt"\npartner = "JPN"\nworlds = ["live"]\n'
    guard = guard_of("KOR", rules=rules)
    assert code_of(guard, payload_of("track")) == "no-rule"
    assert code_of(guard, payload_of("receipt"), product="receipt", delivery="lossless") == "wrong-world"


def test_bytes_that_two_readers_could_read_differently_are_refused_by_name() -> None:
    good = payload_of("track")
    cases = [
        (good + b" " * 32_768, "oversized"),
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"\xff", "malformed"),
        (good[:-1], "malformed"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":8.5,"ln_beta":8.5'), "duplicate-key"),
        (good.replace(b'"boost":0.12', b'"boost":0.12,"boost":0.5'), "duplicate-key"),
        (good.replace(b'{"v":1', b'{"v":1,"v":1'), "duplicate-key"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":NaN'), "not-finite"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":-Infinity'), "not-finite"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":1e999'), "not-finite"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":' + b"[" * 9 + b"]" * 9), "nesting"),
        (b"[" * 30_000, "nesting"),
        (good.replace(b'"v":1', b'"v": 1'), "not-canonical"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":8.50'), "not-canonical"),
        (good.replace(b'"ln_beta":8.5', b'"ln_beta":85e-1'), "not-canonical"),
        (good.replace(b"ballistic", b"balli\\u0073tic"), "not-canonical"),
        (good.replace(b"KOR-7", b"\\ud800"), "not-canonical"),
        (good + b"\n", "not-canonical"),
    ]
    for payload, code in cases:
        assert code_of(guard_of("KOR"), payload) == code, payload[:80]


def test_a_quote_or_bracket_inside_a_text_is_no_nesting() -> None:
    deep = replace(WARNING, reason='"[[[[[[[[[[{{{{\\" \\\\', headline="]]]]")
    payload = payload_of("warning", item=deep)
    assert seal(guard_of("KOR"), "warning", payload)


@pytest.mark.parametrize(
    ("product", "change", "code"),
    [
        ("track", lambda item: item.update(weapon="x"), "unknown-field"),
        ("track", lambda item: item["launch"].update(site="x"), "unknown-field"),
        ("track", lambda item: item["models"].update(extra=0.0), "unknown-field"),
        ("track", lambda item: item.update(sensors=["KOR-EWR-N"]), "field-not-released"),
        ("track", lambda item: item.update(plots=17), "field-not-released"),
        ("track", lambda item: item.pop("cov"), "missing-field"),
        ("track", lambda item: item["launch"].pop("time_ns"), "missing-field"),
        ("track", lambda item: item.update(ln_beta=8), "wrong-type"),
        ("track", lambda item: item.update(ln_beta=None), "wrong-type"),
        ("track", lambda item: item.update(predicted=1), "wrong-type"),
        ("track", lambda item: item.update(time_ns=1.0), "wrong-type"),
        ("track", lambda item: item.update(time_ns=True), "wrong-type"),
        ("track", lambda item: item.update(track=["KOR-7"]), "wrong-type"),
        ("track", lambda item: item.update(pos_ecef_m=[item["pos_ecef_m"]]), "too-long"),
        ("track", lambda item: item.update(pos_ecef_m=[[x] for x in item["pos_ecef_m"]]), "wrong-type"),
        ("track", lambda item: item.update(models=[]), "wrong-type"),
        ("track", lambda item: item.update(kind="rocket"), "wrong-type"),
        ("track", lambda item: item.update(time_ns=-1), "out-of-range"),
        ("track", lambda item: item.update(confirmed_ns=2**63), "out-of-range"),
        ("track", lambda item: item["models"].update(boost=1.5), "out-of-range"),
        ("track", lambda item: item.update(thrust_sigma_mps2=-1.0), "out-of-range"),
        ("track", lambda item: item.update(ln_beta=1e300), "out-of-range"),
        ("track", lambda item: item["launch"].update(lat_rad=2.0), "out-of-range"),
        ("track", lambda item: item.update(track="x" * 2_001), "too-long"),
        ("track", lambda item: item["cov"].append(0.0), "too-long"),
        ("track", lambda item: item.update(kind="air-breathing"), "kind-not-allowed"),
        ("track", lambda item: item.update(kind="unknown"), "kind-not-allowed"),
        ("track", lambda item: item.update(nation="USA"), "not-own"),
        ("track", lambda item: item["pos_ecef_m"].__setitem__(0, -3_041_234.5), "too-precise"),
        ("track", lambda item: item["pos_ecef_m"].__setitem__(2, item["pos_ecef_m"][2] + 1e-9), "too-precise"),
        ("track", lambda item: item["vel_ecef_mps"].__setitem__(1, 301.25), "too-precise"),
        ("track", lambda item: item.update(ln_beta=8.51), "too-precise"),
        ("track", lambda item: item.update(thrust_mps2=12.5), "too-precise"),
        ("track", lambda item: item.update(thrust_sigma_mps2=4.61), "too-precise"),
        ("track", lambda item: item["models"].update(boost=0.125), "too-precise"),
        ("track", lambda item: item["cov"].__setitem__(1, 401.0), "too-precise"),
        ("track", lambda item: item["cov"].__setitem__(0, 2_201.0), "too-precise"),
        ("track", lambda item: item["launch"].update(lat_rad=0.684123456789), "too-precise"),
        ("track", lambda item: item["launch"].update(lon_rad=2.193456789012), "too-precise"),
        ("track", lambda item: item["launch"]["cov_en_m2"].__setitem__(2, 2_200_001.0), "too-precise"),
        ("track", lambda item: item["cov"].__setitem__(0, 800.0), "covariance-too-small"),
        ("track", lambda item: item.update(extra_sigma_m=28.0), "covariance-too-small"),
        ("track", lambda item: item["launch"]["cov_en_m2"].__setitem__(0, 100.0), "covariance-too-small"),
        ("event", lambda item: item.update(origin="JPN"), "not-own"),
        ("event", lambda item: item["nations"].append({**item["nations"][0], "nation": "JPN"}), "not-own"),
        ("event", lambda item: item.update(world="live"), "wrong-world"),
        ("event", lambda item: item["impact"].update(aimpoint=[0.0, 0.0]), "unknown-field"),
        ("event", lambda item: item["path"][3].pop("alt_m"), "missing-field"),
        ("event", lambda item: item.update(missiles_estimate=-1.0), "out-of-range"),
        ("event", lambda item: item["zones"].append(["eez:KOR"]), "too-long"),
        ("warning", lambda item: item.update(world="test"), "wrong-world"),
        ("warning", lambda item: item.update(status="urgent"), "wrong-type"),
        ("warning", lambda item: item["references"].append(["KOR-W1", "2"]), "wrong-type"),
        ("receipt", lambda item: item.update(origin="USA"), "wrong-partner"),
        ("receipt", lambda item: item.update(recipient="USA"), "not-own"),
        ("heartbeat", lambda item: item.update(neighbour="USA"), "wrong-partner"),
        ("heartbeat", lambda item: item.update(marks=item["marks"] * 65), "too-long"),
    ],
)  # fmt: skip
def test_each_mutant_of_the_content_is_refused_by_name(product: str, change: Callable[[dict[str, Any]], object], code: str) -> None:
    guard = guard_of("KOR")
    mutant = edited(payload_of(product), change)
    assert code_of(guard, mutant, product=product, delivery=DELIVERY[product]) == code
    assert guard.quarantined == ((product, "JPN", code),)


def test_a_head_other_than_published_is_refused_by_name() -> None:
    good = msgspec.json.decode(payload_of("track"))
    cases: list[tuple[dict[str, Any], str]] = [
        ({**good, "v": 2}, "wrong-version"),
        ({**good, "v": 1.0}, "wrong-version"),
        ({**good, "product": "event"}, "wrong-product"),
        ({**good, "rule": "KOR-track-USA"}, "wrong-rule"),
        ({**good, "note": "hello"}, "unknown-field"),
        ({"v": 1, "product": "track", "items": []}, "missing-field"),
        ({**good, "items": []}, "too-long"),
        ({**good, "items": good["items"] * 65}, "oversized"),
        ({**good, "items": [1] * 65}, "too-long"),
        ({**good, "items": [7]}, "wrong-type"),
        ({**good, "items": good["items"][0]}, "wrong-type"),
    ]
    for head, code in cases:
        assert code_of(guard_of("KOR"), msgspec.json.encode(head)) == code


def test_full_detail_meant_for_one_partner_is_refused_for_another() -> None:
    """The commonest leak: the right message to the wrong address."""
    exact = payload_of("track", partner="USA")
    assert code_of(guard_of("KOR"), exact) == "wrong-rule"
    renamed = exact.replace(b"KOR-track-USA", b"KOR-track-JPN")
    assert code_of(guard_of("KOR"), renamed) in {"too-precise", "field-not-released"}


def test_an_item_younger_than_the_delay_is_refused() -> None:
    rules = rules_text("KOR").replace("interval_s = 1.0", "delay_s = 10.0")
    policy = parse_policy(rules, "x")
    item = item_for("track", "KOR", "JPN", "exercise")
    released, _ = release(policy, "track", "JPN", "exercise", (item,), T0_NS + 10 * 10**9)
    assert released is not None
    payload = encode_payload(released)
    assert code_of(guard_of("KOR", rules=rules), payload, time_ns=T0_NS + 10 * 10**9 - 1) == "too-early"
    assert guard_of("KOR", rules=rules).seal(**{**REQUEST, "time_ns": T0_NS + 10 * 10**9}, payload=payload)  # type: ignore[arg-type]


# --- sequence and quarantine ------------------------------------------------------------------------------------------


def test_a_sequence_number_is_never_signed_twice_in_a_stream() -> None:
    guard, payload = guard_of("KOR"), payload_of("track")
    seal(guard, "track", payload, sequence=3)
    assert code_of(guard, payload, sequence=3) == "sequence"
    assert code_of(guard, payload, sequence=2) == "sequence"
    seal(guard, "track", payload, sequence=5)  # a gap is the link's concern
    seal(guard, "track", payload, sequence=1, epoch=2)
    assert code_of(guard, payload, sequence=6, epoch=1) == "sequence"
    seal(guard, "warning", payload_of("warning"), sequence=1)  # another delivery class is another stream
    seal(guard, "track", payload_of("track", partner="USA"), sequence=1, audience="USA")  # and another audience too
    assert guard.quarantined == ()  # a stale number leaks nothing: refusing it is enough


def test_a_refused_payload_uses_up_no_sequence_number() -> None:
    guard = guard_of("KOR")
    code_of(guard, b"{}", product="event", delivery="lossless")
    assert seal(guard, "warning", payload_of("warning"), sequence=1)


def test_a_violation_stops_that_product_to_that_partner_only() -> None:
    guard, good = guard_of("KOR"), payload_of("track")
    assert code_of(guard, good.replace(b"8.5,", b"8.51,")) == "too-precise"
    assert guard.quarantined == (("track", "JPN", "too-precise"),)
    assert code_of(guard, good) == "quarantined"
    assert guard.quarantined == (("track", "JPN", "too-precise"),)
    assert seal(guard, "event", payload_of("event"), sequence=1)
    assert seal(guard, "track", payload_of("track", partner="USA"), audience="USA")
    guard.lift("track", "JPN")
    assert seal(guard, "track", good)


@pytest.mark.parametrize("status", ["cancelled", "all-clear"])
def test_cancels_and_all_clears_of_warnings_pass_a_quarantine(status: str) -> None:
    guard = guard_of("KOR")
    assert code_of(guard, b"{}", product="warning", delivery="lossless") == "missing-field"
    assert code_of(guard, payload_of("warning"), product="warning", delivery="lossless") == "quarantined"
    ending = payload_of("warning", item=replace(WARNING, status=status))
    assert seal(guard, "warning", ending)
    broken = edited(ending, lambda item: item.update(smuggled=1))
    assert code_of(guard, broken, product="warning", delivery="lossless", sequence=2) == "unknown-field"


def test_a_cancel_cannot_carry_another_warning_through_a_quarantine() -> None:
    guard = guard_of("KOR")
    code_of(guard, b"{}", product="warning", delivery="lossless")
    head = msgspec.json.decode(payload_of("warning", item=replace(WARNING, status="cancelled")))
    head["items"].append({**head["items"][0], "status": "updated"})
    assert code_of(guard, msgspec.json.encode(head), product="warning", delivery="lossless") == "quarantined"


def test_a_quarantine_of_events_has_no_exception() -> None:
    guard = guard_of("KOR")
    code_of(guard, b"{}", product="event", delivery="lossless")
    cancelled = payload_of("event", item=replace(item_for("event", "KOR", "JPN", "exercise"), status="cancelled"))
    assert code_of(guard, cancelled, product="event", delivery="lossless") == "quarantined"


# --- rules and keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('nation = "KOR"', 'nation = "JPN"'),
        ("version = 1", "version = 1\ncolour = 2"),
        ('product = "track"', 'product = "plot"'),
        ('partner = "JPN"', 'partner = ""'),
        ('partner = "JPN"', 'partner = "KOR"'),
        ('partner = "JPN"', "partner = 7"),
        ('worlds = ["live", "exercise", "test"]', "worlds = []"),
        ('worlds = ["live", "exercise", "test"]', 'worlds = ["drill"]'),
        ('worlds = ["live", "exercise", "test"]', 'worlds = "live"'),
        ('"thrust_mps2"', '"warhead"'),
        ("position_grid_m = 100.0", "position_grid_m = -1.0"),
        ("position_grid_m = 100.0", "position_grid_m = nan"),
        ("position_grid_m = 100.0", "position_grid_m = 0.0001"),
        ("position_grid_m = 100.0", "position_grid_m = true"),
        ("position_grid_m = 100.0", "grid = 100.0"),
        ('product = "event"', 'product = "event"\nposition_grid_m = 1.0'),
        ('product = "event"', 'product = "event"\nkinds = ["ballistic"]'),
        ('rule = "KOR-event-JPN"', 'rule = "KOR-track-JPN"'),
        ('partner = "USA"', 'partner = "JPN"'),
        ("[[rule]]", "[rule]"),
        ("nation", "\x00"),
    ],
)
def test_rules_that_the_guard_does_not_understand_make_it_refuse_to_start(old: str, new: str) -> None:
    text = rules_text("KOR")
    assert old in text
    with pytest.raises(OperatorFault):
        guard_of("KOR", rules=text.replace(old, new))


def test_guard_and_policy_read_the_same_permissions_from_the_packaged_rules() -> None:
    for nation in NATIONS:
        policy, permits = policy_of(nation), read_permits(rules_text(nation).encode(), nation)
        assert [(rule.rule, rule.product, rule.partner, rule.worlds) for rule in policy.rules] == [
            (permit.rule, permit.product, permit.partner, permit.worlds) for permit in permits
        ]
        for rule, permit in zip(policy.rules, permits, strict=True):
            assert frozenset(rule.detail.fields) == permit.fields
            assert frozenset(rule.detail.kinds) == permit.kinds
            assert (rule.detail.position_grid_m, rule.detail.velocity_grid_mps) == (permit.position_grid_m, permit.velocity_grid_mps)


def test_a_guard_needs_its_own_key_id_and_a_known_world() -> None:
    with pytest.raises(OperatorFault, match="key id"):
        Guard("KOR", "exercise", rules_text("KOR"), PRIVATE["KOR"], KEY_ID["USA"])
    with pytest.raises(OperatorFault, match="world"):
        Guard("KOR", "drill", rules_text("KOR"), PRIVATE["KOR"], KEY_ID["KOR"])
    with pytest.raises(OperatorFault, match="32 bytes"):
        Guard("KOR", "exercise", rules_text("KOR"), b"short", KEY_ID["KOR"])


def test_the_public_key_of_a_guard_opens_what_it_signs() -> None:
    guard = guard_of("KOR")
    key = PublicKey(nation="KOR", key_id=KEY_ID["KOR"], public_hex=guard.public_key.hex(), world="exercise")
    assert open_frame(seal(guard, "track", payload_of("track")), {KEY_ID["KOR"]: key}, "JPN", "exercise")


@pytest.mark.slow
@pytest.mark.parametrize("product", PRODUCTS)
@given(raw=st.binary(max_size=80) | ANY_JSON)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_bytes_make_the_guard_do_anything_but_refuse(product: str, raw: bytes) -> None:
    with pytest.raises(GuardDenied):
        seal(guard_of("KOR"), product, raw)


def test_every_denial_code_can_happen() -> None:
    """Runs last in this file; the tests above have collected the codes that they saw."""
    if {"wrong-origin", "too-early", "quarantined", "covariance-too-small"} <= SEEN:  # the whole file ran in this process
        assert set(DENIAL_CODES) >= SEEN
        assert set(DENIAL_CODES) - SEEN == set()
