"""What leaves under the packaged rules, and what a partner may put into our picture."""

from math import inf, nan

import msgspec
import pytest

from tests.sharing.samples import (
    EVENT,
    HEARTBEAT,
    NATIONS,
    PRODUCTS,
    RECEIPT,
    T0_NS,
    TRACK,
    WARNING,
    WORLDS,
    item_for,
    policy_of,
    triangle,
)  # fmt: skip
from tocsin.messages.basics import Note
from tocsin.messages.envelope import Header
from tocsin.messages.release import Detail, Policy, Rule
from tocsin.sharing.admit import MAX_FUTURE_SKEW_NS, MAX_ITEMS, TRACK_VALIDITY_NS, admit
from tocsin.sharing.release import release
from tocsin.sharing.sound import MAX_LIST, MAX_TEXT, Item, is_positive, problem_of

replace = msgspec.structs.replace


def header(product: str = "track", **parts: str | int) -> Header:
    base = {
        "version": 1, "origin": "KOR", "epoch": 1, "audience": "JPN", "world": "exercise", "delivery": "latest", "sequence": 1,
        "key_id": "0" * 16, "time_ns": T0_NS, "product": product,
    }  # fmt: skip
    return Header(**{**base, **parts})  # type: ignore[arg-type]


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_passes_release_and_admission_between_all_partners(product: str, world: str) -> None:
    for nation in NATIONS:
        for partner in NATIONS:
            if partner == nation:
                continue
            item = item_for(product, nation, partner, world)
            released, notes = release(policy_of(nation), product, partner, world, (item,), T0_NS)  # type: ignore[arg-type]
            assert released is not None
            assert notes == ()
            head = header(product, origin=nation, audience=partner, world=world)
            assert admit(head, released.items, T0_NS, NATIONS) == (released.items, ())


def test_nothing_to_release_is_nothing_and_no_problem() -> None:
    assert release(policy_of("KOR"), "track", "JPN", "exercise", (), T0_NS) == (None, ())


def test_an_air_breathing_track_leaves_to_nobody_without_a_note() -> None:
    aircraft = replace(TRACK, kind="air-breathing")
    released, notes = release(policy_of("KOR"), "track", "USA", "exercise", (aircraft, TRACK), T0_NS)
    assert released is not None
    assert released.items == (TRACK,)
    assert notes == ()
    assert release(policy_of("KOR"), "track", "USA", "exercise", (aircraft,), T0_NS) == (None, ())


@pytest.mark.parametrize(
    ("product", "item", "code"),
    [
        ("track", replace(TRACK, nation="JPN"), "not-own"),
        ("event", replace(EVENT, origin="JPN"), "not-own"),
        ("event", replace(EVENT, world="live"), "wrong-world"),
        ("warning", replace(WARNING, world="test"), "wrong-world"),
        ("warning", EVENT, "wrong-type"),
        ("receipt", replace(RECEIPT, origin="JPN"), "wrong-partner"),
        ("heartbeat", replace(HEARTBEAT, neighbour="JPN"), "wrong-partner"),
        ("track", replace(TRACK, ln_beta=nan), "not-finite"),
    ],
)
def test_what_may_not_leave_stays_with_a_named_note(product: str, item: Item, code: str) -> None:
    released, notes = release(policy_of("KOR"), product, "USA", "exercise", (item,), T0_NS)  # type: ignore[arg-type]
    assert released is None
    assert codes(notes) == [code]


def test_a_delay_holds_an_item_until_it_is_old_enough() -> None:
    rule = Rule(rule="r", product="track", partner="USA", worlds=("test",), detail=Detail(kinds=("ballistic",), delay_s=10.0))
    policy = Policy(nation="KOR", version=1, rules=(rule,))
    early, notes = release(policy, "track", "USA", "test", (TRACK,), T0_NS + 9_999_999_999)
    assert early is None
    assert codes(notes) == ["delayed"]
    late, notes = release(policy, "track", "USA", "test", (TRACK,), T0_NS + 10_000_000_000)
    assert late is not None
    assert notes == ()


def test_the_good_items_of_an_envelope_with_a_bad_one_are_kept() -> None:
    accepted, notes = admit(header(), (TRACK, replace(TRACK, nation="USA"), TRACK), T0_NS, NATIONS)
    assert accepted == (TRACK, TRACK)
    assert codes(notes) == ["wrong-origin"]
    assert "KOR" in notes[0].text


@pytest.mark.parametrize(
    ("head", "item", "code"),
    [
        (header(origin="PRK"), TRACK, "unknown-partner"),
        (header(), replace(TRACK, nation="JPN"), "wrong-origin"),
        (header("event"), replace(EVENT, origin="USA"), "wrong-origin"),
        (header("event"), replace(EVENT, world="live"), "wrong-world"),
        (header("warning", world="live"), WARNING, "wrong-world"),
        (header("receipt"), replace(RECEIPT, origin="USA"), "wrong-audience"),
        (header("heartbeat"), HEARTBEAT, "wrong-audience"),
        (header("event"), EVENT, "not-own"),
        (header(time_ns=T0_NS + MAX_FUTURE_SKEW_NS + 1), TRACK, "time-in-future"),
        (header(), replace(TRACK, time_ns=T0_NS + MAX_FUTURE_SKEW_NS + 1), "time-in-future"),
        (header(), replace(TRACK, time_ns=T0_NS - TRACK_VALIDITY_NS - 1), "stale"),
        (header(), replace(TRACK, pos_ecef_m=(1.0, inf, 0.0)), "not-finite"),
        (header(), replace(TRACK, pos_ecef_m=(1.0, 2.0, 3.0)), "impossible-place"),
        (header(), replace(TRACK, pos_ecef_m=(6.0e7, 0.0, 0.0)), "impossible-place"),
        (header(), replace(TRACK, vel_ecef_mps=(9.0e4, 0.0, 0.0)), "impossible-speed"),
        (header(), replace(TRACK, ln_beta=-21.0), "impossible-beta"),
        (header(), replace(TRACK, cov=TRACK.cov[:27]), "covariance-not-positive"),
        (header(), replace(TRACK, cov=tuple(-entry for entry in TRACK.cov)), "covariance-not-positive"),
        (header(), replace(TRACK, cov=triangle((1.0,) * 7, 1.0)), "covariance-not-positive"),
        (header(), replace(TRACK, thrust_sigma_mps2=-1.0), "negative"),
        (header(), replace(TRACK, plots=-1), "negative"),
        (header(), replace(TRACK, models=replace(TRACK.models, boost=0.9)), "bad-probability"),
        (header(), replace(TRACK, first_plot_ns=T0_NS), "bad-order"),
        (header(), replace(TRACK, track=""), "bad-name"),
        (header(), replace(TRACK, track="x\x1b[31m"), "unprintable"),
        (header(), replace(TRACK, track="x\u202ey"), "unprintable"),
        (header(), replace(TRACK, sensors=("s",) * (MAX_LIST + 1)), "too-long"),
        (header("warning"), replace(WARNING, reason="x" * (MAX_TEXT + 1)), "too-long"),
        (header("warning"), replace(WARNING, missiles_at_least=20_000), "impossible-count"),
        (header("warning"), replace(WARNING, zones=(("eez:JPN", 1.5),)), "bad-probability"),
        (header("event"), replace(EVENT, nations=(), missiles_estimate=-1.0), "impossible-count"),
        (header("event"), replace(EVENT, nations=(), models_boost=-0.1), "bad-probability"),
        (header("event"), replace(EVENT, nations=(), first_detection_ns=T0_NS), "bad-order"),
        (header("event"), replace(EVENT, nations=(), launch=replace(EVENT.launch, lat_rad=2.0)), "impossible-place"),
        (header("event"), replace(EVENT, nations=(), launch=replace(EVENT.launch, time_sigma_s=-1.0)), "negative"),
        (header("event"), replace(EVENT, nations=(), impact=replace(EVENT.impact, cov_en_m2=(1.0, 2.0, 1.0))), "covariance-not-positive"),
        (header("event"), replace(EVENT, nations=(), impact=replace(EVENT.impact, manoeuvre_footprint=((9.0, 0.0),))), "impossible-place"),
    ],
)
def test_what_a_partner_may_not_say_is_refused_by_its_own_code(head: Header, item: Item, code: str) -> None:
    accepted, notes = admit(head, (item,), T0_NS, NATIONS)
    assert accepted == ()
    assert codes(notes) == [code]


def test_a_clock_within_the_stated_skew_and_validity_is_admitted() -> None:
    early = replace(TRACK, time_ns=T0_NS + MAX_FUTURE_SKEW_NS)
    late = replace(TRACK, time_ns=T0_NS - TRACK_VALIDITY_NS, first_plot_ns=0, last_plot_ns=0)
    assert admit(header(), (early, late), T0_NS, NATIONS) == ((early, late), ())


def test_an_old_warning_is_admitted_at_any_age_since_lossless_words_are_never_dropped() -> None:
    assert admit(header("warning"), (WARNING,), T0_NS + 86_400 * 10**9, NATIONS) == ((WARNING,), ())


def test_an_envelope_with_too_many_items_is_refused_whole() -> None:
    assert codes(admit(header(), (TRACK,) * (MAX_ITEMS + 1), T0_NS, NATIONS)[1]) == ["too-many"]
    assert len(admit(header(), (TRACK,) * MAX_ITEMS, T0_NS, NATIONS)[0]) == MAX_ITEMS


def test_texts_in_korean_and_japanese_with_full_width_spaces_and_lines_are_printable() -> None:
    text = "훈련\u3000탄도미사일\n訓練。弾道ミサイル"
    assert problem_of(replace(WARNING, headline=text)) is None


def test_a_matrix_counts_as_positive_only_with_all_pivots_above_the_margin() -> None:
    assert is_positive((4.0, 1.9, 1.0), 2)
    assert not is_positive((4.0, 2.0, 1.0), 2)
    assert not is_positive((4.0, 2.1, 1.0), 2)
    assert not is_positive((0.0, 0.0, 1.0), 2)
    assert not is_positive((1.0, 0.0), 2)
