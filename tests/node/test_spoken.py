"""What partners are told of the own picture: no suspicion and no end of one, and under maintenance nothing is lost."""

from tests.stages.public_scene import warning
from tests.stages.warned import event
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.node.spoken import Spoken


def said(spoken: Spoken, *warnings: TocsinWarning, maintenance: bool = False) -> list[str]:
    return [word.status for word in spoken.due((), warnings, maintenance=maintenance)[1]]


def test_a_suspicion_that_came_to_nothing_is_not_told_to_partners_as_a_cancelled_warning() -> None:
    """They never heard of it: a cancel out of nothing would only raise the question what it was."""
    spoken = Spoken()
    for status in ("suspected", "cancelled"):
        assert said(spoken, warning(1, status)) == []
        assert spoken.due((event(1, status),), (), maintenance=False) == ((), ())


def test_whoever_got_a_warning_gets_its_cancel() -> None:
    spoken = Spoken()
    assert said(spoken, warning(1, "confirmed")) == ["confirmed"]
    assert said(spoken, warning(2, "cancelled")) == ["cancelled"]


def test_what_ended_under_maintenance_is_told_when_maintenance_is_over() -> None:
    """A partner must not be left with a warning that was cancelled here meanwhile; only the newest word goes, once."""
    spoken = Spoken()
    said(spoken, warning(1, "confirmed"))
    assert said(spoken, warning(2, "presumed-down"), maintenance=True) == []
    assert said(spoken, warning(3, "cancelled"), maintenance=True) == []
    assert said(spoken) == ["cancelled"]
    assert said(spoken) == []


def test_a_launch_that_was_confirmed_under_maintenance_is_told_when_maintenance_is_over() -> None:
    spoken = Spoken()
    assert said(spoken, warning(1, "confirmed"), maintenance=True) == []
    assert said(spoken) == ["confirmed"]
    ended = Spoken()
    said(ended, warning(1, "confirmed"), maintenance=True)
    said(ended, warning(2, "all-clear"), maintenance=True)
    assert said(ended) == []  # it came and went unheard: nothing to end
