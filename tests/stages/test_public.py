"""Release to the public: two persons on one frozen draft, hold and escalate, cancels that say why. One test per lesson."""

import hashlib
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stages.flights import ns
from tests.stages.public_scene import ANN, BOB, NAME, SUE, Scene, area, person, warning
from tocsin.messages.command import Command
from tocsin.messages.people import Person, PublicRules
from tocsin.messages.public import Proposal
from tocsin.warning.public import MAINTENANCE, WAITING, Signed, digest_of
from tocsin.warning.public_text import Named, named

AOMORI, HOKKAIDO, AKITA = area("JP-02", "overflight"), area("JP-01"), area("JP-05")
SEA = area("eez:JPN", "sea", "JPN")


def alerted(rules: PublicRules | None = None) -> Scene:
    """A scene with one land alert that two persons released at 20 s."""
    scene = Scene(rules)
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.agree(20, ANN, SUE)
    return scene


def test_two_persons_release_a_draft_and_one_does_not() -> None:
    """Hawaii, 13 January 2018: one person was enough. Here the first consent only makes it half."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.agree(12, ANN)
    assert (scene.last().status, len(scene.last().approvals)) == ("half", 1)
    scene.agree(15, SUE)
    released = scene.last()
    assert released.status == "released"
    assert [(a.person, a.role, a.terminal) for a in released.approvals] == [
        ("duty-1", "duty-officer", "desk of duty-1"),
        ("supervisor", "supervisor", "desk of supervisor"),
    ]


def test_one_person_is_enough_where_the_configuration_says_so() -> None:
    scene = Scene(PublicRules(persons=1))
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.agree(12, ANN)
    assert scene.last().status == "released"


def test_the_digest_is_the_hash_of_what_people_will_read() -> None:
    """Computed here with the standard library alone, from the parts in their published order."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    p = scene.last()
    parts = [p.nation, p.world, p.audience, p.kind, p.text, list(p.areas), list(p.references)]
    canonical = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    assert p.digest == hashlib.sha256(b"tocsin-draft-v1\x00" + canonical).hexdigest()
    assert p.digest != digest_of("JPN", "live", p.audience, p.kind, p.text, p.areas, p.references)


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        (ANN, {}, "same-person"),
        (person("other", "duty-1"), {}, "same-key"),
        (BOB, {"terminal": "desk of duty-1"}, "same-terminal"),
        (BOB, {"terminal": " "}, "no-terminal"),
        (BOB, {"digest": "0" * 64}, "wrong-digest"),
        (BOB, {"proposal": "another"}, "unknown-proposal"),
    ],
)
def test_a_second_consent_counts_only_from_another_person_terminal_and_key_on_the_same_draft(
    who: Person, changes: dict[str, object], code: str
) -> None:
    """Each shortcut is refused by name and changes nothing."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.agree(12, ANN)
    scene.step(13, acts=(scene.sign(who, scene.waiting(), 13, **changes),))
    assert scene.codes == [code]
    assert (scene.waiting().status, len(scene.waiting().approvals)) == ("half", 1)


def test_consent_does_not_carry_over_to_a_wider_draft() -> None:
    """Areas grew between the two consents: both persons must read the new text."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    first = scene.waiting()
    scene.agree(12, ANN)
    scene.step(13, warning(13, "updated", AOMORI, HOKKAIDO))
    assert scene.shown[first.proposal].status == "superseded"
    scene.step(14, acts=(scene.sign(SUE, first, 14),))
    assert scene.codes == ["unknown-proposal"]
    assert (scene.waiting().areas, scene.waiting().approvals) == (("JP-01", "JP-02"), ())
    scene.agree(15, ANN, SUE)
    assert scene.last().status == "released"


def test_a_waiting_draft_stands_while_the_picture_only_narrows_or_moves_by_seconds() -> None:
    """Two persons need the same text for some seconds: widen at once, shrink later, hours in whole minutes."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI, HOKKAIDO))
    first = scene.waiting()
    scene.step(11, warning(11, "updated", AOMORI))
    scene.step(12, warning(12, "updated", area("JP-01", from_s=290, to_s=345)))
    assert scene.waiting() == first
    scene.agree(13, ANN, SUE)
    scene.step(14, warning(14, "updated", HOKKAIDO))
    update = scene.waiting()
    assert (update.kind, update.areas, update.references) == ("update", ("JP-01",), (first.proposal,))
    assert "No longer warned: Aomori (JP-02)" in update.text


def test_at_the_limit_a_draft_is_held_and_escalated_and_never_published() -> None:
    """The second person is away: an hour later it still waits, and the two can still release it."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.agree(12, ANN)
    scene.step(69.9)
    assert (scene.waiting().status, scene.codes) == ("half", [])
    scene.step(70.0)
    assert (scene.waiting().status, scene.codes) == ("held", ["escalated"])
    assert "escalated" in scene.waiting().reason
    scene.step(3_600)
    assert (scene.waiting().status, scene.codes) == ("held", [])
    scene.agree(3_601, SUE)
    assert scene.last().status == "released"


def test_drafts_that_follow_each_other_do_not_put_off_the_escalation() -> None:
    """The limit of the first draft goes on for the wider one."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.step(60, warning(60, "updated", AOMORI, HOKKAIDO))
    scene.step(70)
    assert (scene.waiting().status, scene.codes) == ("held", ["escalated"])
    scene.step(80, warning(80, "updated", AOMORI, HOKKAIDO, AKITA))
    assert scene.waiting().status == "held"


def test_only_a_configuration_lets_a_warning_go_at_the_limit_and_never_an_all_clear() -> None:
    scene = Scene(PublicRules(at_limit="publish"))
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.step(70)
    assert (scene.last().status, scene.last().approvals) == ("released", ())
    assert "as the configuration says" in scene.last().reason
    scene.step(400, warning(400, "all-clear"))
    scene.step(500)
    assert (scene.last().kind, scene.last().status) == ("all-clear", "held")


def test_nothing_is_released_under_maintenance_whatever_the_configuration() -> None:
    """Drafts are held with that reason; consents under it do not count, and afterwards persons must still agree."""
    scene = Scene(PublicRules(at_limit="publish"))
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.maintenance = True
    scene.step(11)
    assert (scene.waiting().status, scene.waiting().reason) == ("held", MAINTENANCE)
    scene.step(12, warning(12, "updated", AOMORI, HOKKAIDO))
    assert (scene.waiting().status, scene.waiting().reason) == ("held", MAINTENANCE)
    scene.step(13, acts=(scene.sign(ANN, scene.waiting(), 13),))
    assert scene.codes == ["maintenance"]
    scene.step(500)
    scene.maintenance = False
    scene.step(501)
    assert scene.waiting().status == "held"
    scene.agree(502, ANN, SUE)
    assert scene.last().status == "released"


def test_land_and_sea_are_two_answers() -> None:
    """Waters are named to ships and aircraft only; another nation's land to nobody here."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", SEA, area("KR-42", nation="KOR")))
    assert [(p.audience, p.areas) for p in scene.desk.waiting()] == [("sea-air", ("eez:JPN",))]
    assert named(warning(10, "confirmed", AOMORI, SEA), "land", "JPN").areas == ("JP-02",)


def test_a_warning_without_areas_falls_back_to_its_zones_once_an_impact_is_predicted() -> None:
    bare = warning(10)
    assert named(bare, "sea-air", "JPN").areas == ("eez:JPN",)
    assert named(bare, "land", "JPN") == Named(areas=(), from_ns=0, to_ns=0)
    assert bare.impact is not None
    trace = msgspec.structs.replace(bare.impact, basis="thrust-ended-now")
    assert named(msgspec.structs.replace(bare, impact=trace), "sea-air", "JPN").areas == ()


def test_a_suspicion_is_no_draft() -> None:
    scene = Scene()
    scene.step(10, warning(10, "suspected", AOMORI))
    assert scene.history == []


def test_a_rejected_draft_does_not_come_back_until_something_changes() -> None:
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.step(12, acts=(scene.sign(ANN, scene.waiting(), 12, "reject", reason="radar test"),))
    assert (scene.last().status, scene.last().reason) == ("rejected", "rejected by duty-1: radar test")
    scene.step(13, warning(13, "updated", AOMORI))
    assert scene.desk.waiting() == ()
    scene.step(14, warning(14, "updated", AOMORI, HOKKAIDO))
    assert scene.waiting().kind == "alert"


def test_the_all_clear_goes_to_whoever_was_warned_and_needs_its_persons() -> None:
    """All areas that were ever named, with references to every released draft; without an alert there is no all-clear."""
    scene = alerted()
    first = scene.last()
    scene.step(30, warning(30, "updated", HOKKAIDO))
    scene.agree(31, BOB, SUE)
    second = scene.last()
    scene.step(400, warning(400, "all-clear"))
    clear = scene.waiting()
    assert (clear.kind, clear.areas, clear.references) == ("all-clear", ("JP-01", "JP-02"), (first.proposal, second.proposal))
    scene.agree(401, ANN, SUE)
    assert scene.last().status == "released"
    silent = Scene()
    silent.step(10, warning(10, "confirmed", AOMORI))
    silent.step(400, warning(400, "all-clear"))
    assert [(p.kind, p.status) for p in silent.history] == [("alert", "open"), ("alert", "superseded")]


def test_when_maintenance_is_over_people_are_called_to_the_drafts_that_it_held() -> None:
    """A held draft has no time limit any more, so nothing else would call them."""
    scene = Scene()
    scene.maintenance = True
    scene.step(10, warning(10, "confirmed", AOMORI))
    assert (scene.waiting().status, scene.codes) == ("held", [])
    scene.maintenance = False
    scene.step(100)
    assert scene.codes == ["escalated"]
    scene.step(101)
    assert scene.codes == []


def test_an_area_that_was_told_to_be_safe_again_is_not_sent_to_shelter_by_the_last_words_about_the_missile() -> None:
    """Presumed down, expired and passed speak to those who are warned now; the all-clear still goes to all who ever were."""
    scene = alerted()
    scene.step(30, warning(30, "updated", SEA))
    scene.agree(31, ANN, SUE)
    for t, status in ((40, "passed"), (50, "presumed-down"), (60, "expired")):
        scene.step(t, warning(t, status))
        assert scene.last().kind == "correction"
    part = alerted()
    part.step(30, warning(30, "updated", HOKKAIDO))
    part.agree(31, ANN, SUE)
    part.step(40, warning(40, "presumed-down", HOKKAIDO))
    assert (part.waiting().kind, part.waiting().areas) == ("update", ("JP-01",))
    part.step(50, warning(50, "all-clear"))
    assert part.waiting().areas == ("JP-01", "JP-02")


def test_an_area_that_is_no_longer_warned_at_all_gets_a_correction() -> None:
    scene = alerted()
    scene.step(30, warning(30, "updated", SEA))
    assert (scene.waiting().kind, scene.waiting().areas) == ("correction", ("JP-02",))
    scene.agree(31, ANN, SUE)
    scene.step(40, warning(40, "updated", AOMORI, SEA))
    assert scene.waiting().kind == "alert"


def test_a_draft_that_waits_is_taken_back_when_what_is_out_is_right_again() -> None:
    """An area left and came back before anybody agreed to the correction: people need no second word."""
    scene = alerted()
    scene.step(30, warning(30, "updated", SEA))
    assert scene.waiting().kind == "correction"
    scene.step(40, warning(40, "updated", AOMORI, SEA))
    assert (scene.last().kind, scene.last().status) == ("correction", "superseded")
    assert [p.audience for p in scene.desk.waiting()] == ["sea-air"]


def test_a_missile_that_is_detected_again_after_it_was_presumed_down_is_told_again() -> None:
    scene = alerted()
    scene.step(30, warning(30, "presumed-down", AOMORI))
    scene.agree(31, ANN, SUE)
    scene.step(40, warning(40, "updated", AOMORI))
    assert (scene.waiting().kind, "in flight" in scene.waiting().text) == ("update", True)


def cancel_by(who: Person, cause: str = "error", reason: str = "test data was fed to the sensors") -> Signed:
    command = Command(
        command="x", person=who.person, nation="JPN", act="cancel", time_ns=0, terminal="t", warning=NAME, cause=cause, reason=reason
    )
    return Signed(command=command, person=who)


@pytest.mark.parametrize(("cause", "words"), [("error", "ERROR"), ("threat-over", "has ended"), ("outside-area", "outside these areas")])
def test_a_cancel_of_one_person_goes_at_once_to_whoever_was_warned_and_says_why(cause: str, words: str) -> None:
    """Its text follows from the signed cancel. It names the cause and never reads as an all-clear."""
    scene = alerted()
    alert = scene.last()
    scene.step(60, warning(60, "cancelled"), cancels={NAME: (cancel_by(ANN, cause),)})
    cancel = scene.last()
    assert (cancel.kind, cancel.status, cancel.areas, cancel.references) == ("cancel", "released", alert.areas, (alert.proposal,))
    assert words in cancel.text
    assert "test data was fed" in cancel.text
    assert "all clear" not in cancel.text.lower().replace("-", " ")


def test_a_cancel_takes_back_a_draft_that_nobody_released() -> None:
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI))
    scene.step(60, warning(60, "cancelled"), cancels={NAME: (cancel_by(ANN),)})
    assert [p.status for p in scene.history] == ["open", "superseded"]


def test_a_cancel_by_the_machine_waits_for_one_person() -> None:
    scene = alerted()
    scene.step(60, warning(60, "cancelled"))
    assert (scene.waiting().kind, scene.waiting().persons) == ("cancel", 1)
    scene.agree(61, ANN)
    assert scene.last().status == "released"


def test_a_cancel_under_maintenance_is_held() -> None:
    scene = alerted()
    scene.maintenance = True
    scene.step(60, warning(60, "cancelled"), cancels={NAME: (cancel_by(ANN),)})
    assert (scene.waiting().kind, scene.waiting().status) == ("cancel", "held")


def test_every_text_of_an_exercise_begins_and_ends_with_the_mark_and_repeats_no_live_phrase() -> None:
    """A reason with the words of the real thing is not repeated."""
    scene = alerted()
    for t, status in ((30, "presumed-down"), (40, "passed"), (50, "expired"), (60, "all-clear")):
        scene.step(t, warning(t, status, reason="EXERCISE this is not a drill EXERCISE"))
        scene.agree(t + 1, ANN, SUE)
    assert [p.kind for p in scene.shown.values() if p.audience == "land"] == ["alert", "update", "passed", "update", "all-clear"]
    for proposal in scene.shown.values():
        assert proposal.text.startswith("EXERCISE ")
        assert proposal.text.endswith(" EXERCISE")
        assert proposal.text.count("EXERCISE") == 2
        assert "not a drill" not in proposal.text


def test_the_public_reads_who_detected_it_and_what_to_do_and_not_the_rules_behind_it() -> None:
    """Seoul, 31 May 2023: a text without a reason and without a place to go."""
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI, SEA, why=("reached 0.01",), detected_by=("JPN", "KOR")))
    land, sea = scene.waiting("land").text, scene.waiting("sea-air").text
    for words in (
        "Where (approximate, no legal value): Aomori (JP-02)",
        "When: expected between",
        "Why: a launch was detected by sensors of JPN and KOR",
        "Go into a building",
        "do not raise your own",
    ):
        assert words in land
    assert "0.01" not in land
    assert "Ships:" in sea
    assert "Go into a building" not in sea


def test_what_has_passed_the_land_still_stands_for_the_ships_ahead_of_it() -> None:
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI, SEA))
    for audience in ("land", "sea-air"):
        scene.agree(11, ANN, SUE, audience=audience)
    scene.step(20, warning(20, "passed", SEA))
    assert scene.waiting("land").kind == "passed"
    assert (scene.last("sea-air").kind, scene.last("sea-air").status) == ("alert", "released")
    scene.step(30, warning(30, "all-clear"))
    assert scene.waiting("sea-air").kind == "all-clear"


def test_a_warning_of_another_world_is_no_base_for_a_draft() -> None:
    scene = Scene()
    scene.step(10, warning(10, "confirmed", AOMORI, world="live"))
    assert (scene.history, scene.codes) == ([], ["wrong-world"])


AREAS = st.lists(st.sampled_from([AOMORI, HOKKAIDO, AKITA, SEA]), max_size=4, unique=True)
STATUS = st.sampled_from(["suspected", "confirmed", "updated", "presumed-down", "passed", "all-clear", "cancelled", "expired"])
ACTS = st.tuples(
    st.just("act"),
    st.sampled_from(["approve"] * 9 + ["reject"]),
    st.integers(0, 3),  # who
    st.integers(0, 2),  # at which terminal
    st.sampled_from([0, 0, 0, 0, 1, 2, 3]),  # which draft: 0 is the newest
    st.sampled_from([0, 0, 0, 0, 1]),  # whose digest is signed: 1 is that of the draft before
)
OPS = st.lists(
    st.one_of(
        st.tuples(st.just("warn"), STATUS, AREAS, st.sampled_from([0, 1, 2])),  # cancel consents
        ACTS,
        ACTS,
        ACTS,
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 61, 400])),
        st.tuples(st.just("maintenance"), st.booleans()),
    ),
    min_size=12,
    max_size=60,
)
CREW = (ANN, SUE, person("fourth", "duty-1"), person("duty-1", "another"))  # a shared key; a person with a second key


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(OPS, st.sampled_from([1, 2]), st.sampled_from(["hold", "publish"]))
def test_nothing_is_released_without_its_persons_whatever_the_order(ops: list[tuple[object, ...]], persons: int, at_limit: str) -> None:
    """Whatever comes in which order: a release has enough different persons, terminals and keys on that very digest, or the
    configuration's exception at the limit, and never happens under maintenance. A draft once frozen never changes its words."""
    rules = PublicRules(persons=persons, at_limit=at_limit)
    scene = Scene(rules)
    t = 1.0
    scene.step(t, warning(t, "confirmed", AOMORI))
    yes: list[Signed] = []
    frozen: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    final: dict[str, str] = {}
    for op in ops:
        t += 1.0
        before = len(scene.history)
        cancels: dict[str, tuple[Signed, ...]] = {}
        match op:
            case ("warn", status, areas, consents):
                if status == "cancelled" and consents:
                    cancels = {NAME: tuple(cancel_by(who) for who in (ANN, SUE)[:consents])}
                scene.step(t, warning(t, status, *areas), cancels=cancels)
            case ("act", act, who, desk, index, other):
                shown = list(scene.shown.values())[::-1]
                draft = shown[index % len(shown)] if shown else None
                digest = shown[(index + other) % len(shown)].digest if shown else None
                signed = scene.sign(CREW[who], draft, t, act, terminal=f"desk-{desk}", digest=digest)
                yes += [signed] if act == "approve" and not scene.maintenance else []
                scene.step(t, acts=(signed,))
            case ("wait", seconds):
                t += seconds
                scene.step(t)
            case ("maintenance", value):
                scene.maintenance = value
                scene.step(t)
        for p in scene.history[before:]:
            assert frozen.setdefault(p.proposal, (p.text, p.digest, p.areas)) == (p.text, p.digest, p.areas)
            assert final.get(p.proposal, p.status) == p.status
            if p.status not in WAITING:
                final[p.proposal] = p.status
            if p.status == "released":
                assert not scene.maintenance
                check_release(p, yes, cancels, ns(t), rules)
        waiting = [p.audience for p in scene.desk.waiting()]
        assert len(waiting) == len(set(waiting))


def check_release(p: Proposal, yes: list[Signed], cancels: dict[str, tuple[Signed, ...]], now_ns: int, rules: PublicRules) -> None:
    """Judge one release from what was signed, without the desk's own memory."""
    signed = [s for s in yes if (s.command.proposal, s.command.digest) == (p.proposal, p.digest)]
    distinct = max(
        (
            len(chosen)
            for chosen in ([a, b] for a in signed for b in signed)
            if all(
                len({key(s) for s in chosen}) == 2
                for key in (lambda s: s.person.person, lambda s: s.command.terminal, lambda s: s.person.key_id)
            )
        ),
        default=min(1, len(signed)),
    )
    if p.kind == "cancel":
        assert distinct >= 1 or cancels.get(p.warning)
        return
    exception = rules.at_limit == "publish" and p.kind in ("alert", "update")
    assert distinct >= rules.persons or exception
    if distinct < rules.persons:
        assert p.reason.startswith("time limit")
        assert now_ns >= p.limit_ns
