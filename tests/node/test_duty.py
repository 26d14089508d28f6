"""Persons at the node: their signed acts, taken once and in time; cancels that wait for a second person; who is on duty; the log."""

import msgspec
import pytest

from tests.sharing.samples import T0_NS, policy_of
from tests.stages.public_scene import AREA_JP, warning
from tests.stages.test_warning import event
from tocsin.api.crew import Crew
from tocsin.errors import OperatorFault
from tocsin.geography import Zones, load_zones
from tocsin.messages.basics import Note, Now
from tocsin.messages.command import Command
from tocsin.messages.event import NationView
from tocsin.messages.people import PublicRules, Staffing
from tocsin.messages.public import Proposal
from tocsin.messages.report import JournalEntry, Report
from tocsin.node.config import NodeConfig
from tocsin.node.duty import COMMAND_SKEW_NS, Duty, Taken
from tocsin.node.inputs import CommandIn, Tick
from tocsin.node.node import Node
from tocsin.node.people_settings import default_posts, parse_posts
from tocsin.units import NS_PER_S

CREW = Crew("test", default_posts("JPN"), "exercise", 1)
CONFIG = NodeConfig(
    nation="JPN",
    world="exercise",
    epoch=1,
    nations=("JPN", "KOR"),
    routes=(),
    sensors=(),
    policy=policy_of("JPN"),
    keys=(),
    people=CREW.people,
    public=PublicRules(),
)
JOINT = "JPN-joint-2023-08-30-1"
ALONE = "JPN-alone-2023-08-30-1"
OWN = NationView(nation="JPN", track="JPN-7", status="confirmed", last_plot_ns=0, sensors=1)


class Post:
    """A node's duty with its persons."""

    def __init__(self, config: NodeConfig = CONFIG, crew: Crew = CREW) -> None:
        self.duty = Duty(config)
        self.crew = crew
        self.count = 0
        self.t_ns = T0_NS

    def sign(self, who: str, act: str, **fields: object) -> bytes:
        self.count += 1
        base = Command(
            command=f"c-{self.count}", person=who, nation="JPN", act=act, time_ns=self.t_ns, world="exercise", terminal=f"desk of {who}"
        )
        return self.crew.sign(msgspec.structs.replace(base, **fields))

    def act(self, who: str, act: str, **fields: object) -> Taken:
        return self.duty.command(self.sign(who, act, **fields), self.t_ns)

    def see(self, status: str = "confirmed", *, maintenance: bool = False) -> tuple[tuple[object, ...], tuple[Note, ...]]:
        """Both pictures show the missile: the joint one and the nation's own, which partners hold."""
        joint = event(10, status, nations=(OWN,))
        alone = event(10, status, event=ALONE, picture="alone", nations=(OWN,))
        told = warning(10, "confirmed", AREA_JP)
        own = warning(10, "confirmed", AREA_JP, warning=f"{ALONE}-W1", event=ALONE)
        return self.duty.step((alone, joint), (own, told), (told,), self.t_ns, maintenance=maintenance)


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


CANCEL = {"warning": f"{JOINT}-W1", "cause": "error", "reason": "test data"}


def test_a_draft_is_released_by_two_signed_acts_through_the_duty() -> None:
    """The draft's digest is what both signed; the approvals name them, their roles and terminals."""
    post = Post()
    items, _ = post.see()
    draft = next(item for item in items if isinstance(item, Proposal))
    consent = {"proposal": draft.proposal, "digest": draft.digest}
    first = post.act("JPN-duty-1", "approve", **consent)
    second = post.act("JPN-supervisor", "approve", **consent)
    assert [p.status for p in (*first.items, *second.items) if isinstance(p, Proposal)] == ["half", "released"]
    assert (first.commands, second.commands) == ((), ())


def test_an_act_is_taken_once_and_only_near_its_time() -> None:
    """The same bytes again, a clock that is off: refused with one note, and nothing else is lost."""
    post = Post()
    frame = post.sign("JPN-duty-1", "sign-on")
    assert codes(post.duty.command(frame, T0_NS).notes) == ["sign-on"]
    assert codes(post.duty.command(frame, T0_NS + 1).notes) == ["replayed-command"]
    late = post.sign("JPN-duty-2", "sign-on")
    assert codes(post.duty.command(late, T0_NS + COMMAND_SKEW_NS + 1).notes) == ["command-time"]
    assert codes(post.duty.command(late, T0_NS + COMMAND_SKEW_NS).notes) == ["sign-on"]
    early = post.sign("JPN-supervisor", "sign-on", time_ns=T0_NS + 2 * COMMAND_SKEW_NS + 1)
    assert codes(post.duty.command(early, T0_NS + COMMAND_SKEW_NS).notes) == ["command-time"]


def test_an_old_act_stays_refused_after_its_name_was_forgotten() -> None:
    """Names are kept for twice the allowed difference; by then the act's own time refuses it."""
    post = Post()
    frame = post.sign("JPN-duty-1", "confirm", warning="W")
    assert post.duty.command(frame, T0_NS).commands
    post.t_ns = T0_NS + 10 * COMMAND_SKEW_NS
    post.act("JPN-duty-1", "sign-on")
    assert codes(post.duty.command(frame, post.t_ns).notes) == ["command-time"]


@pytest.mark.parametrize(
    ("nation", "world", "code"),
    [("JPN", "test", "unknown-key"), ("KOR", "exercise", "unknown-key")],
)
def test_persons_of_another_world_or_nation_are_unknown_here(nation: str, world: str, code: str) -> None:
    """Their keys differ, whatever the act says."""
    stranger = Crew("test", msgspec.structs.replace(default_posts("JPN"), nation=nation), world, 1)  # type: ignore[arg-type]
    frame = stranger.sign(
        Command(command="c", person="JPN-duty-1", nation=nation, act="sign-on", time_ns=T0_NS, world=world, terminal="d")  # type: ignore[arg-type]
    )
    taken = Duty(CONFIG).command(frame, T0_NS)
    assert (codes(taken.notes), taken.commands, taken.items) == ([code], (), ())


def test_a_cancel_goes_on_at_once_where_the_machine_holds_no_confirmed_threat() -> None:
    """One person, a cause and a reason; the same missile's own warning, which partners hold, is cancelled with it."""
    post = Post()
    post.see("presumed-down")
    taken = post.act("JPN-duty-1", "cancel", **CANCEL)
    assert [command.warning for command in taken.commands] == [f"{JOINT}-W1", f"{ALONE}-W1"]


def test_a_cancel_waits_for_a_second_person_while_the_machine_holds_a_confirmed_threat() -> None:
    """It says so, and neither the same person nor the same terminal nor another cause is the second."""
    post = Post()
    post.see("confirmed")
    first = post.act("JPN-duty-1", "cancel", **CANCEL)
    assert (first.commands, codes(first.notes)) == ((), ["sign-on", "second-person-needed"])
    assert "still holds a confirmed threat" in first.notes[-1].text
    for who, fields in (
        ("JPN-duty-1", {}),
        ("JPN-duty-2", {"terminal": "desk of JPN-duty-1"}),
        ("JPN-duty-2", {"cause": "outside-area"}),
    ):
        again = post.act(who, "cancel", **(CANCEL | fields))
        assert (again.commands, codes(again.notes)[-1]) == ((), "second-person-needed")
    second = post.act("JPN-supervisor", "cancel", **CANCEL)
    assert [command.warning for command in second.commands] == [f"{JOINT}-W1", f"{ALONE}-W1"]
    assert "asked for by JPN-duty-1" in second.commands[0].reason
    assert second.commands[1].reason == CANCEL["reason"]  # the one that leaves says nothing of the joint picture


def test_a_cancel_that_is_taken_back_is_taken_back_where_partners_hold_it_too() -> None:
    """Joint warnings stay at home: partners were sent the cancel of the nation's own one, so that one is confirmed again as well."""
    post = Post()
    post.see("confirmed")
    assert [c.warning for c in post.act("JPN-duty-1", "confirm", warning=f"{JOINT}-W1").commands] == [f"{JOINT}-W1"]
    gone = [warning(20, "cancelled", warning=f"{event}-W1", event=event) for event in (JOINT, ALONE)]
    post.duty.step((), tuple(gone), tuple(gone[:1]), post.t_ns, maintenance=False)
    taken = post.act("JPN-duty-1", "confirm", warning=f"{JOINT}-W1")
    assert [c.warning for c in taken.commands] == [f"{JOINT}-W1", f"{ALONE}-W1"]


def test_a_first_cancel_is_forgotten_after_five_minutes() -> None:
    """Then it is a first one again."""
    post = Post()
    post.see("confirmed")
    post.act("JPN-duty-1", "cancel", **CANCEL)
    post.t_ns += 301 * NS_PER_S
    assert post.act("JPN-supervisor", "cancel", **CANCEL).commands == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cause": None}, "command-refused"),
        ({"reason": " "}, "command-refused"),
        ({"reason": "All-clear, go home"}, "command-refused"),
        ({"reason": "all  clear"}, "command-refused"),
        ({"reason": "this is NOT A DRILL"}, "live-phrase"),
    ],
)
def test_a_cancel_needs_a_cause_and_a_reason_and_reads_neither_as_an_all_clear_nor_as_the_real_thing(
    changes: dict[str, object], code: str
) -> None:
    post = Post()
    post.see("presumed-down")
    taken = post.act("JPN-duty-1", "cancel", **(CANCEL | changes))
    assert (taken.commands, codes(taken.notes)) == ((), [code])


def test_a_report_and_a_journal_entry_go_on_to_the_assessment() -> None:
    """As signed; words of the real thing are refused in them as well."""
    post = Post()
    report = Report(report="r-1", nation="KOR", source="by voice", time_ns=T0_NS, missiles=2, missiles_bound="at-least")
    entry = JournalEntry(entry="e-1", time_ns=T0_NS, kind="flight", text="two bombers off the south coast", source="by voice")
    assert [c.report for c in post.act("JPN-duty-1", "report", report=report).commands] == [report]
    assert [c.entry for c in post.act("JPN-duty-1", "journal", entry=entry).commands] == [entry]
    wrong = msgspec.structs.replace(entry, text="this is not a drill")
    assert codes(post.act("JPN-duty-1", "journal", entry=wrong).notes) == ["live-phrase"]


def test_who_is_on_duty_is_shown_and_whether_a_supervisor_is() -> None:
    """Hawaii, 13 January 2018: nobody recorded that the day supervisor was not there."""
    post = Post()

    def shown(taken: Taken) -> list[tuple[list[str], bool]]:
        return [([p.person for p in s.present], s.supervisor) for s in taken.items if isinstance(s, Staffing)]

    assert shown(post.act("JPN-supervisor", "sign-on")) == [(["JPN-supervisor"], True)]
    assert shown(post.act("JPN-duty-1", "sign-on")) == [(["JPN-duty-1", "JPN-supervisor"], True)]
    assert shown(post.act("JPN-supervisor", "sign-off")) == [(["JPN-duty-1"], False)]
    assert shown(post.act("JPN-duty-1", "confirm", warning="W")) == []


def test_drills_begin_and_end_in_the_exercise_world_only() -> None:
    """In the test world the same act is refused by name."""
    post = Post()
    begun = post.act("JPN-supervisor", "drill-start", reason="morning")
    assert [s.drill for s in begun.items if isinstance(s, Staffing)] == ["morning"]
    assert [s.drill for s in post.act("JPN-supervisor", "drill-end").items if isinstance(s, Staffing)] == [""]
    crew = Crew("test", default_posts("JPN"), "test", 1)
    other = Post(msgspec.structs.replace(CONFIG, world="test", people=crew.people), crew)
    assert codes(other.act("JPN-supervisor", "drill-start", world="test").notes) == ["no-drill-here"]


def test_a_demo_person_has_no_key_for_live() -> None:
    with pytest.raises(OperatorFault, match="live"):
        Crew("test", default_posts("JPN"), "live", 1)


def test_the_configuration_s_exception_is_always_shown() -> None:
    """Every staffing view says what happens at the limit."""
    config = msgspec.structs.replace(CONFIG, public=PublicRules(at_limit="publish"))
    items, _ = Duty(config).step((), (), (), T0_NS, maintenance=False)
    assert [item.at_limit for item in items if isinstance(item, Staffing)] == ["publish"]


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def test_a_node_records_an_act_s_effects_and_says_its_self_check_once(zones: Zones) -> None:
    """Staffing stands in the outputs; a bad act costs one note and no other input."""
    node = Node(CONFIG, zones)
    post = Post()
    now = Now(utc_ns=T0_NS, mono_ns=0)
    batch = node.handle(CommandIn(frame=post.sign("JPN-duty-1", "sign-on")), now)
    assert [type(view.item) for view in batch.views] == [Staffing]
    assert b'"JPN-duty-1"' in batch.outputs[0]
    assert batch.durable
    bad = node.handle(CommandIn(frame=b"noise"), now)
    assert (codes(bad.notes), bad.outputs, bad.durable) == (["malformed"], (), False)
    remarks = [note.code for note in node.handle(Tick(), now).notes if note.stage == "self-check"]
    assert "no-sensors" in remarks
    assert [note.code for note in node.handle(Tick(), now).notes if note.stage == "self-check"] == []


def test_a_signed_report_reaches_both_pictures_of_a_node(zones: Zones) -> None:
    """Without a launch to put it to, no desk is asked and the node goes on."""
    node, post = Node(CONFIG, zones), Post()
    report = Report(report="r-1", nation="KOR", source="by voice", time_ns=T0_NS, missiles=2)
    batch = node.handle(CommandIn(frame=post.sign("JPN-duty-1", "report", report=report)), Now(utc_ns=T0_NS, mono_ns=0))
    assert not any(note.stage == "warning" for note in batch.notes)
    assert batch.durable


def test_posts_are_read_strictly() -> None:
    """An unknown key, a post twice, one and a half persons: each an error that says what to do."""
    good = '[[nation]]\ncode = "JPN"\npersons = 1\nduty_officers = ["a"]\nsupervisors = ["b"]\n'
    posts = parse_posts(good, "p.toml")["JPN"]
    assert (posts.rules.persons, posts.posts) == (1, (("a", "duty-officer"), ("b", "supervisor")))
    for bad, words in (
        (good + "at_limits = 1\n", "at_limits"),
        (good.replace('["b"]', '["a"]'), "twice"),
        (good.replace("= 1", "= 1.5"), "1 or 2"),
        (good + good, "twice"),
        (good + 'at_limit = "maybe"\n', "hold"),
    ):
        with pytest.raises(OperatorFault, match=words):
            parse_posts(bad, "p.toml")
