"""Fusion: one missile stays one object, two stay two, and the joint estimate is never over-confident."""

# ruff: noqa: N806 - matrices keep their textbook names

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest

from tests.stages.flights import UPPER, at, covariance, fall, launch_estimate, noisy, ns, reference, track
from tocsin.fusion.fuse import Fusion
from tocsin.fusion.states import estimate_of
from tocsin.messages.basics import Note
from tocsin.messages.track import FusedTrack, Track

Flights = Callable[[float], Iterator[Track]]


def run(fusion: Fusion, flights: Flights, seconds: float) -> tuple[tuple[FusedTrack, ...], list[Note]]:
    """Feed ``flights(t)`` each second; return the last live picture and all notes."""
    notes = []
    for t in seconds:
        notes += fusion.step(tuple(flights(t)), ns(t))[1]
    return fusion.live(ns(seconds[-1])), notes


def names(fused: tuple[FusedTrack, ...]) -> list[str]:
    return [track.track for track in fused if track.status != "closed"]


def test_a_single_source_passes_unchanged() -> None:
    own = track(at(reference(), 5.0), 5.0, boost=0.3, thrust_mps2=4.0, launch=launch_estimate())
    (fused,), notes = Fusion("alone").step((own,), ns(5.0))
    assert notes == ()
    shared = set(own.__struct_fields__) & set(fused.__struct_fields__) - {"track"}
    for name in sorted(shared):
        assert getattr(fused, name) == getattr(own, name), name
    assert fused.track == "alone-1"
    assert fused.members == (own,)
    assert fused.launches == (("KOR", own.launch),)
    assert [(s.nation, s.track, s.weight) for s in fused.sources] == [("KOR", "KOR-1", 1.0)]


def test_two_nations_tracks_of_one_missile_become_one_object_with_both_as_sources() -> None:
    rng = np.random.default_rng(1)
    state = reference()

    def flights(t: float) -> Iterator[Track]:
        yield track(noisy(at(state, t), covariance(300, 8), rng), t, cov=covariance(300, 8))
        if t >= 20:
            yield track(noisy(at(state, t), covariance(80, 2), rng), t, cov=covariance(80, 2), nation="USA", name="USA-9", first_s=20)

    fused, notes = run(Fusion("joint"), flights, range(40))
    assert names(fused) == ["joint-1"]
    assert notes == []
    assert [s.nation for s in fused[0].sources] == ["KOR", "USA"]
    assert sum(s.weight for s in fused[0].sources) == pytest.approx(1.0)
    assert fused[0].sources[1].weight > 0.9
    assert fused[0].sensors == ("radar-1",)


def test_two_missiles_five_seconds_apart_on_one_path_stay_two() -> None:
    rng = np.random.default_rng(2)
    state = reference()
    P = covariance(200, 5)

    def flights(t: float) -> Iterator[Track]:
        for k, nation in enumerate(("KOR", "USA", "JPN")):
            for missile, lag in ((1, 0), (2, 5)):
                begin = 3 * k + lag
                if t >= begin:
                    name = f"{nation}-{missile}"
                    yield track(noisy(at(state, t - lag), P, rng), t, cov=P, nation=nation, name=name, first_s=begin)

    fused, _ = run(Fusion("joint"), flights, range(60))
    assert len(names(fused)) == 2
    members = sorted(tuple(member.track for member in one.members) for one in fused)
    assert members == [("JPN-1", "KOR-1", "USA-1"), ("JPN-2", "KOR-2", "USA-2")]


def test_each_of_two_nations_seeing_another_one_of_two_missiles_makes_two_objects() -> None:
    state, P = reference(), covariance(200, 5)

    def flights(t: float) -> Iterator[Track]:
        yield track(at(state, t + 5), t, cov=P)
        yield track(at(state, t), t, cov=P, nation="USA", name="USA-1")

    fused, _ = run(Fusion("joint"), flights, range(20))
    assert len(names(fused)) == 2


def test_an_ambiguous_newcomer_waits_until_its_covariance_tells() -> None:
    state = reference()

    def flights(t: float) -> Iterator[Track]:
        yield track(at(state, t + 5), t, cov=covariance(100, 2), name="KOR-1")
        yield track(at(state, t), t, cov=covariance(100, 2), name="KOR-2")
        if t >= 10:
            wide = covariance(20_000, 500) if t < 12 else covariance(200, 5)
            yield track(at(state, t), t, cov=wide, nation="USA", name="USA-1", first_s=10, status="tentative" if t < 12 else "confirmed")

    fusion = Fusion("joint")
    fused, _ = run(fusion, flights, range(11))
    assert all(len(one.members) == 1 for one in fused)
    fused, _ = run(fusion, flights, range(11, 20))
    assert len(names(fused)) == 2
    assert [tuple(m.track for m in one.members) for one in fused] == [("KOR-1",), ("KOR-2", "USA-1")]


def test_an_association_survives_a_bad_moment_and_falls_after_seconds() -> None:
    state = reference()
    shifted = state.copy()
    shifted[:3] += 6_000.0 * state[3:6] / np.linalg.norm(state[3:6])

    def flights(wrong_from: float, wrong_to: float) -> Iterator[Track]:
        def make(t: float) -> Iterator[Track]:
            yield track(at(state, t), t)
            away = shifted if wrong_from <= t < wrong_to else state
            yield track(at(away, t), t, nation="USA", name="USA-1")

        return make

    fused, notes = run(Fusion("joint"), flights(10, 13), range(30))
    assert len(names(fused)) == 1
    assert notes == []
    fused, notes = run(Fusion("joint"), flights(10, 99), range(30))
    assert len(names(fused)) == 2
    assert "association-split" in [note.code for note in notes]


def test_two_objects_that_turn_out_to_be_one_are_merged_and_the_younger_names_the_older() -> None:
    state = reference()
    off = state.copy()
    off[:3] += 9_000.0

    def flights(t: float) -> Iterator[Track]:
        yield track(at(state, t), t)
        yield track(at(off if t < 8 else state, t), t, nation="USA", name="USA-1")

    fusion = Fusion("joint")
    fused, notes = run(fusion, flights, range(16))
    assert names(fused) == ["joint-1"]
    assert "objects-merged" in [note.code for note in notes]
    (closed,) = [one for one in fused if one.status == "closed"]
    assert (closed.track, closed.parent, closed.members) == ("joint-2", "joint-1", ())


def test_a_replacement_track_of_a_nation_rejoins_the_same_object() -> None:
    state = reference()

    def flights(t: float) -> Iterator[Track]:
        if t <= 30:
            yield track(at(state, t), t, name="KOR-1")
        if 33 <= t <= 36:
            yield track(at(state, t), t, name="KOR-1", last_plot_s=30, status="lost" if t > 34 else "confirmed")
        if t >= 35:
            yield track(at(state, t), t, name="KOR-2", first_s=35)

    fused, notes = run(Fusion("alone"), flights, range(50))
    assert names(fused) == ["alone-1"]
    assert [m.track for m in fused[0].members] == ["KOR-2"]
    assert [note.code for note in notes] == ["track-replaced"]


def test_a_nation_that_swaps_its_two_tracks_does_not_make_a_third_missile() -> None:
    """Seen with the real tracker in a salvo: a new track took the place of one that went on to follow the other missile."""
    first, second = reference(), at(reference(), -5.0)
    P = covariance(300, 20)

    def flights(t: float) -> Iterator[Track]:
        yield track(at(first, t), t, cov=P, nation="KOR", name="KOR-1")
        yield track(at(second, t), t, cov=P, nation="KOR", name="KOR-2")
        if t < 20:
            yield track(at(first, t), t, cov=P, nation="USA", name="USA-4")
        if t < 28:
            yield track(at(second, t), t, cov=P, nation="USA", name="USA-5", last_plot_s=min(t, 20))
        if t >= 20:
            yield track(at(first, t), t, cov=P, nation="USA", name="USA-6", first_s=20)
        if t >= 21:
            yield track(at(second, t), t, cov=P, nation="USA", name="USA-4")
        if t == 28:
            yield track(at(second, t), t, cov=P, nation="USA", name="USA-5", last_plot_s=20, status="lost")

    fusion = Fusion("joint")
    seen = set()
    for t in range(40):
        fusion.step(tuple(flights(t)), ns(t))
        seen |= {one.track for one in fusion.live(ns(t))}
    assert seen == {"joint-1", "joint-2"}
    assert [tuple(m.track for m in one.members) for one in fusion.live(ns(39))] == [("KOR-1", "USA-6"), ("KOR-2", "USA-4")]


@pytest.mark.parametrize("gap_s", [20, 60, 110])
def test_one_missile_stays_one_object_across_a_gap_until_another_nation_sees_the_descent(gap_s: int) -> None:
    rng = np.random.default_rng(gap_s)
    state, P = reference(), covariance(150, 4)
    again = 40 + gap_s

    def flights(t: float) -> Iterator[Track]:
        if t <= 40:
            yield track(noisy(at(state, t), P, rng), t, cov=P)
        if t == 45:
            yield track(at(state, 45), 45, cov=P, last_plot_s=40, status="lost")
        if t >= again:
            yield track(noisy(at(state, t), P, rng), t, cov=P, nation="JPN", name="JPN-3", first_s=again)

    fused, _ = run(Fusion("joint"), flights, range(again + 5))
    assert names(fused) == ["joint-1"]
    assert [m.nation for m in fused[0].members] == ["JPN", "KOR"]


def test_a_quiet_object_is_predicted_with_a_growing_covariance_and_says_so() -> None:
    fusion = Fusion("alone")
    state = reference()
    fusion.step((track(state, 0.0),), ns(0.0))
    sigmas = []
    for t in (2.0, 30.0, 90.0):
        (fused,) = fusion.live(ns(t))
        assert fused.predicted
        assert fused.time_ns == ns(t)
        assert fused.pos_ecef_m == pytest.approx(tuple(at(state, t)[:3]), rel=1e-8)
        sigmas.append(np.trace(estimate_of(fused).P[:3, :3]))
    assert sigmas == sorted(sigmas)


def test_a_confirmed_object_lives_until_it_must_be_down_and_is_then_closed() -> None:
    fusion = Fusion("alone")
    state = reference()
    down_s = fall(state)[2]
    fusion.step((track(state, 0.0),), ns(0.0))
    fusion.step((track(at(state, 2.0), 2.0, last_plot_s=0.0, status="lost"),), ns(2.0))
    assert fusion.step((), ns(down_s + 200.0))[0] == ()
    (closed,), _ = fusion.step((), ns(down_s + 250.0))
    assert (closed.track, closed.status) == ("alone-1", "closed")
    assert fusion.live(ns(down_s + 255.0))[0].status == "closed"
    fusion.step((), ns(down_s + 300.0))
    assert fusion.live(ns(down_s + 300.0)) == ()


def test_a_tentative_track_that_ends_closes_its_object() -> None:
    fusion = Fusion("alone")
    fusion.step((track(reference(), 0.0, status="tentative"),), ns(0.0))
    (closed,), _ = fusion.step((track(at(reference(), 3.0), 3.0, last_plot_s=0.0, status="closed"),), ns(3.0))
    assert closed.status == "closed"
    assert closed.confirmed_ns is None


@pytest.mark.parametrize("kind", ["air-breathing", "orbital", "meteor", "unknown"])
def test_only_ballistic_tracks_become_objects_others_are_only_counted(kind: str) -> None:
    fusion = Fusion("joint")
    assert fusion.step((track(reference(), 0.0, kind=kind),), ns(0.0)) == ((), ())
    assert [one.kind for one in fusion.others] == [kind]


def test_a_track_that_turns_out_to_be_an_aircraft_ends_its_object_with_that_kind() -> None:
    fusion = Fusion("joint")
    fusion.step((track(reference(), 0.0),), ns(0.0))
    (closed,), notes = fusion.step((track(at(reference(), 2.0), 2.0, kind="air-breathing"),), ns(2.0))
    assert (closed.kind, closed.status) == ("air-breathing", "closed")
    assert [note.code for note in notes] == ["object-ended"]


def test_the_same_message_twice_or_out_of_order_changes_nothing() -> None:
    fusion = Fusion("joint")
    old, new = track(reference(), 0.0), track(at(reference(), 2.0), 2.0)
    fusion.step((old,), ns(0.0))
    (first,), _ = fusion.step((new,), ns(2.0))
    assert fusion.step((new, old, new), ns(2.5)) == ((), ())
    assert fusion.live(ns(2.5)) == (first,)


def test_a_member_that_went_stale_leaves_the_combination_but_is_remembered() -> None:
    state = reference()

    def flights(t: float) -> Iterator[Track]:
        if t <= 20:
            yield track(at(state, t), t, nation="USA", name="USA-1", cov=covariance(20, 0.5))
        yield track(at(state, t), t, cov=covariance(200, 5))

    fusion = Fusion("joint")
    fused, _ = run(fusion, flights, range(60))
    weights = {s.nation: s.weight for s in fused[0].sources}
    assert weights["USA"] > 0.5  # 40 s of coasting are still honest and worth more than a coarse live track
    fused, _ = run(fusion, flights, range(60, 90))
    weights = {s.nation: s.weight for s in fused[0].sources}
    assert weights == {"KOR": 1.0, "USA": 0.0}
    assert [m.nation for m in fused[0].members] == ["KOR", "USA"]


def test_a_broken_covariance_gets_a_note_and_the_good_tracks_go_on() -> None:
    bad = msgspec.structs.replace(track(reference(), 0.0), cov=(1.0,) * 27)
    good = track(reference(), 0.0, nation="USA", name="USA-1")
    fused, notes = Fusion("joint").step((bad, good), ns(0.0))
    assert [note.code for note in notes] == ["not-finite"]
    assert [one.members[0].nation for one in fused] == ["USA"]


def test_a_separated_part_is_an_object_with_a_parent() -> None:
    state = reference()
    part = state.copy()
    part[3:6] *= 0.95
    fusion = Fusion("joint")
    fusion.step((track(state, 0.0),), ns(0.0))
    fused, _ = fusion.step((track(at(part, 1.0), 1.0, name="KOR-2", parent="KOR-1", first_s=1.0),), ns(1.0))
    assert [(one.track, one.parent) for one in fused] == [("joint-2", "joint-1")]


def test_the_same_tracks_give_the_same_bytes() -> None:
    def night() -> bytes:
        rng = np.random.default_rng(11)
        fusion, out = Fusion("joint"), b""
        for t in range(30):
            tracks = tuple(track(noisy(at(reference(), t), covariance(), rng), t, nation=n, name=f"{n}-1") for n in ("KOR", "USA", "JPN"))
            out += msgspec.msgpack.encode(fusion.step(tracks, ns(t))[0])
        return out

    assert night() == night()


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.slow
def test_the_joint_estimate_is_never_over_confident_whatever_the_correlation(correlation: float) -> None:
    """ANEES <= 1.17 (6 states, 50 runs, 95 %: facts of tracking, section 4) over 300 correlated draws of three nations."""
    rng = np.random.default_rng(int(10 * correlation))
    truth = at(reference(), 50.0)
    tangled = covariance(120, 3)
    tangled[0, 3] = tangled[3, 0] = 250.0
    covs = [covariance(300, 8), tangled, covariance(90, 6)]
    roots = [np.linalg.cholesky(P) for P in covs]
    nees, error, best = [], [], []
    for _ in range(300):
        common = rng.standard_normal(7)
        tracks = []
        for nation, P, root in zip(("JPN", "KOR", "USA"), covs, roots, strict=True):
            z = np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * rng.standard_normal(7)
            tracks.append(track(truth + root @ z, 50.0, nation=nation, name=f"{nation}-1", cov=P))
        fused, _ = Fusion("joint").step(tuple(tracks), ns(50.0))
        if len(fused) != 1 or len(fused[0].members) != 3:
            continue  # one in 1,000 is not joined at once
        estimate = estimate_of(fused[0])
        e = (estimate.x - truth)[:6]
        nees.append(e @ np.linalg.solve(estimate.P[:6, :6], e))
        error.append(e[:3] @ e[:3])
        own = estimate_of(tracks[1]).x - truth
        best.append(own[:3] @ own[:3])
    assert len(nees) >= 290
    assert np.mean(nees) / 6.0 <= 1.17
    assert np.mean(error) <= 1.05 * np.mean(best)


def test_messages_carry_the_upper_triangle_row_by_row() -> None:
    P = covariance()
    P[0, 3] = P[3, 0] = 77.0
    assert track(reference(), 0.0, cov=P).cov[3] == 77.0
    assert len(P[UPPER]) == 28
