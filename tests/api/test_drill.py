"""Drills: scripts are strict, and a live log is proven free of a drill by reading every record of it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.api.drill_logs import act, config, draft, frame_in, log, output, record, taken
from tests.sharing.samples import T0_NS
from tests.stages.public_scene import AREA_JP, warning
from tocsin.adapters.records import encode_head, make_head
from tocsin.adapters.store.port import Record
from tocsin.api.drill import run_drill
from tocsin.api.drill_script import load_script, packaged_drills, parse_script
from tocsin.api.live_proof import DrillTraces, prove_live, store_facts, traces_of
from tocsin.errors import OperatorFault
from tocsin.geography import load_zones
from tocsin.messages.basics import Note
from tocsin.messages.people import Staffing
from tocsin.node.inputs import CommandIn
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.warning.public import digest_of

GOOD = """
id = "d"
title = "t"
lesson = "l"
scenario = "2023-08-30"
nation = "KOR"
leader = "KOR-supervisor"
from_s = 25.0
until_s = 30.0

[[step]]
at_s = 26.0
person = "KOR-duty-1"
act = "sign-on"

[[expect]]
what = "supervisor present"
"""


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> DrillTraces:
    """What a small drill left in its own log."""
    return traces_of((log(tmp_path_factory.mktemp("drill") / "log-JPN.db", "exercise"),))


def test_a_live_log_without_anything_of_a_drill_is_proven_free(tmp_path: Path, traces: DrillTraces) -> None:
    """Every record counted, every key and signed word of the drill tried."""
    proof = prove_live(log(tmp_path / "live.db", "live"), traces)
    assert proof.findings == ()
    assert dict(proof.kinds) == {"head": 1, "command": 1, "tick": 1, "output": 2, "sealed": 1, "close": 1}
    assert (proof.records, proof.drafts, proof.areas) == (7, 1, ("JP-02",))
    assert (len(traces.frames), len(traces.acts), proof.keys_tried, proof.frames_tried) == (1, 1, 2, 2)
    assert len(proof.last_hash) == 64


def areas_of_a_drill() -> Record:
    """4 October 2022: the draft says live, its warning is live, but an area list of an old drill is in it."""
    _, proposal = draft("live")
    areas = ("JP-02", "JP-13")
    digest = digest_of("JPN", "live", proposal.audience, proposal.kind, proposal.text, areas, ())
    return output(msgspec.structs.replace(proposal, areas=areas, digest=digest))


def staffing_in_a_drill() -> Record:
    return output(
        Staffing(
            nation="JPN",
            world="live",
            time_ns=T0_NS,
            present=(),
            supervisor=False,
            persons=2,
            at_limit="hold",
            maintenance=False,
            drill="d",
        )
    )


def drill_note() -> Record:
    return record("note", msgspec.msgpack.encode(Note(stage="people", code="drill-start", text="drill d begins", time_ns=T0_NS)))


PLANTED: dict[str, tuple[Callable[[], Record], str]] = {
    "an area list of an old drill": (areas_of_a_drill, "JP-13, which no revision"),
    "a draft of the drill": (lambda: output(draft("exercise")[1]), "text or digest of a draft of the drill"),
    "a warning of the drill": (lambda: output(draft("exercise")[0]), "something of world exercise"),
    "a marked text": (lambda: output(warning(11, world="live", reason="EXERCISE x")), "the mark EXERCISE"),
    "an act of the drill": (lambda: taken(CommandIn(frame=act("exercise"))), "an act of world exercise"),
    "a drill in live": (lambda: taken(CommandIn(frame=act("live", "drill-start"))), "drills do not exist in live"),
    "an envelope of the drill": (lambda: frame_in("exercise"), "an envelope of world exercise"),
    "a drill that is on": (staffing_in_a_drill, "drill d is on"),
    "a note of a drill": (drill_note, "a note drill-start"),
    "noise": (lambda: record("output", b"\xff"), "cannot be read"),
}


@pytest.mark.parametrize("what", list(PLANTED))
def test_anything_of_a_drill_that_was_planted_in_a_live_log_is_found(tmp_path: Path, traces: DrillTraces, what: str) -> None:
    """One record is enough, also one that says it is live."""
    make, words = PLANTED[what]
    proof = prove_live(log(tmp_path / "live.db", "live", make()), traces)
    assert any(words in finding for finding in proof.findings), proof.findings
    assert all(finding.startswith("record 7: ") for finding in proof.findings)


def test_a_live_head_that_lists_a_drill_s_keys_is_found_and_its_words_still_do_not_open(tmp_path: Path, traces: DrillTraces) -> None:
    """Two locks: the list, and the world inside the key."""
    live, exercise = config("live"), config("exercise")
    mixed = msgspec.structs.replace(live, people=(*live.people, *exercise.people), keys=(*live.keys, *exercise.keys))
    proof = prove_live(log(tmp_path / "live.db", "live", head=mixed), traces)
    assert sum("is a key of the drill" in finding for finding in proof.findings) == 2
    assert not any("opens in live" in finding for finding in proof.findings)


def test_a_drill_s_key_that_was_relabelled_live_is_found_by_its_bytes(tmp_path: Path) -> None:
    """Somebody copied the drill's person into live and changed the world: an act made with that key for live would count."""
    live, exercise = config("live"), config("exercise")
    copied = msgspec.structs.replace(exercise.people[0], world="live", person="JPN-duty-1")
    mixed = msgspec.structs.replace(live, people=(copied,))
    traces = traces_of((log(tmp_path / "drill.db", "exercise", taken(CommandIn(frame=act("live", key_world="exercise")))),))
    proof = prove_live(log(tmp_path / "live.db", "live", head=mixed), traces)
    assert any("is a key of the drill" in finding for finding in proof.findings)
    assert any("opens in live" in finding for finding in proof.findings)


def test_a_drill_s_own_log_is_not_free_of_a_drill(tmp_path: Path, traces: DrillTraces) -> None:
    """The proof is not vacuous: given the drill's log it finds its head, keys, acts, words, texts and digests."""
    found = "\n".join(prove_live(log(tmp_path / "log.db", "exercise"), traces).findings)
    for words in (
        "the head is of world",
        "key of the drill",
        "an act of world",
        "an envelope of world",
        "signed bytes",
        "the mark",
        "digest",
    ):
        assert words in found


def test_a_damaged_live_log_proves_nothing(tmp_path: Path, traces: DrillTraces) -> None:
    path = log(tmp_path / "live.db", "live")
    data = bytearray(path.read_bytes())
    where = data.index(b"JPN-duty-1", data.index(b"sign-on"))
    data[where] ^= 1
    path.write_bytes(bytes(data))
    assert any("not whole" in finding for finding in prove_live(path, traces).findings)


def test_the_facts_of_a_store_are_its_last_world_and_a_drill_that_was_not_ended(tmp_path: Path) -> None:
    facts = store_facts(log(tmp_path / "a.db", "live", staffing_in_a_drill()))
    assert (facts.world, facts.drill) == ("live", "d")
    assert store_facts(log(tmp_path / "b.db", "exercise")).drill == ""
    again = (record("close", b""), record("head", encode_head(make_head(config("exercise")))))
    assert store_facts(log(tmp_path / "c.db", "live", *again)).world == "exercise"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text + "\nplace = 'here'", "place"),
        (lambda text: text.replace('act = "sign-on"', 'act = "fire"'), "act"),
        (lambda text: text.replace("at_s = 26.0", ""), "either at_s or after"),
        (lambda text: text.replace("at_s = 26.0", 'at_s = 26.0\nafter = "note escalated"'), "either at_s or after"),
        (lambda text: text.replace("supervisor present", "supervisor asleep"), "draft alert land released"),
        (lambda text: text.replace('title = "t"', 'title = "This is not a drill"'), "not a drill"),
        (lambda text: text.replace("until_s = 30.0", "until_s = 20.0"), "more than from_s"),
        (lambda text: text[: text.index("[[expect]]")], "proves nothing"),
        (lambda text: text + "within_s = 3.0", "go together"),
        (lambda text: text.replace('act = "sign-on"', 'act = "cancel"\ncause = "boredom"\nreason = "r"'), "cause"),
        (lambda text: text.replace('act = "sign-on"', 'act = "approve"\nkind = "alert"\naudience = "all"'), "audience"),
    ],
)
def test_a_script_that_is_not_exactly_right_is_refused(change: Callable[[str], str], words: str) -> None:
    """A drill that silently leaves out a step would prove the wrong thing."""
    assert parse_script(GOOD, "d.toml").steps[0].act == "sign-on"
    with pytest.raises(OperatorFault, match=words):
        parse_script(change(GOOD), "d.toml")


def test_the_packaged_drills_are_the_three_stories() -> None:
    """Each one parses and its lesson names its source or its failure."""
    assert packaged_drills() == ("false-report", "hold-and-escalate", "release-and-all-clear")
    for name in packaged_drills():
        script = load_script(name)
        assert script.drill == name
        assert "2018" in script.lesson


def test_a_drill_in_which_something_else_happens_says_what(tmp_path: Path) -> None:
    """Five seconds without a missile: the supervisor never comes, and that is the difference; what was forbidden did not happen."""
    text = GOOD.replace('"KOR-supervisor"', '"KOR-duty-2"') + '\n[[expect]]\nwhat = "supervisor absent"\nhappens = false\n'
    script = parse_script(text, "d.toml")
    report = run_drill(script, load_scenario("2023-08-30"), load_coalition("northeast-asia"), load_zones(), 1, tmp_path)
    assert report.differences == ("supervisor present: it did not happen", "never: supervisor absent: it happened")
    assert AREA_JP.area not in "\n".join(report.lines)
