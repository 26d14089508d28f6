"""Two missiles, one prefecture: the end of one warning says nothing that the other one contradicts."""

from tests.stages.public_scene import ANN, SUE, area, warning
from tests.stages.test_public import alerted
from tocsin.messages.warning import WarnedArea, Warning

AOMORI, HOKKAIDO = area("JP-02", "overflight"), area("JP-01")


def other(t: float, status: str, *areas: WarnedArea) -> Warning:
    """A revision of the second missile's warning."""
    return warning(t, status, *areas, warning="JPN-joint-2023-08-30-2-W1", event="JPN-joint-2023-08-30-2")


def test_nobody_is_told_to_leave_shelter_while_another_missile_still_threatens_the_area() -> None:
    """A salvo: the first one is down, the second on its way to the same prefecture. The all-clear comes when both are over."""
    scene = alerted()
    scene.step(30, other(30, "confirmed", AOMORI, HOKKAIDO))
    scene.agree(31, ANN, SUE)
    scene.step(400, warning(400, "all-clear"))
    assert (scene.codes, scene.desk.waiting()) == (["all-clear-waits"], ())
    scene.step(410)
    assert (scene.codes, scene.desk.waiting()) == ([], ())
    scene.step(500, other(500, "all-clear"))
    assert sorted((p.kind, p.areas) for p in scene.desk.waiting()) == [("all-clear", ("JP-01", "JP-02")), ("all-clear", ("JP-02",))]


def test_an_all_clear_that_waits_for_its_second_person_is_taken_back_when_another_missile_comes() -> None:
    """Also while the second alert is only a draft; elsewhere the all-clear goes its way."""
    scene = alerted()
    scene.step(400, warning(400, "all-clear"))
    scene.agree(401, ANN)
    half = scene.last()
    scene.step(402, other(402, "confirmed", HOKKAIDO))
    assert scene.last() == scene.shown["JPN-joint-2023-08-30-2-W1-land-P1"]
    assert scene.shown[half.proposal].status == "half"
    scene.step(403, other(403, "updated", HOKKAIDO, AOMORI))
    assert scene.shown[half.proposal].status == "superseded"
    scene.step(404, acts=(scene.sign(SUE, half, 404),))
    assert (scene.codes, scene.shown[half.proposal].status) == (["proposal-closed"], "superseded")
    scene.step(405, other(405, "cancelled"))
    assert [(p.kind, p.status, p.approvals) for p in scene.desk.waiting()] == [("all-clear", "open", ())]
