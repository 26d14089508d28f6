"""``tocsin drill``: the packaged drills end as their scripts say, and a live log with something of a drill in it ends in exit 1."""

from pathlib import Path

import msgspec
import pytest

from tests.api.drill_logs import draft, log, output
from tests.cli.tool import Tool
from tocsin.adapters.replay import replay
from tocsin.adapters.store.reading import read
from tocsin.geography import load_zones
from tocsin.messages.public import Proposal

NAMES = ("release-and-all-clear", "false-report", "hold-and-escalate")


def drafts(path: Path) -> list[Proposal]:
    """All drafts that a log holds, in order."""
    bodies = [record.body for _, record in read(path) if record.kind == "output" and b'"digest"' in record.body]
    return [msgspec.json.decode(body, type=tuple[str, Proposal])[1] for body in bodies]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_drill_goes_as_expected_its_log_replays_and_the_live_log_is_free_of_it(tocsin: Tool, tmp_path: Path, name: str) -> None:
    """Signed acts are inputs like any other: the same log gives the same drafts, byte for byte."""
    live = log(tmp_path / "live.db", "live")
    done = tocsin("drill", name, "--out", tmp_path / "drill", "--live", live)
    assert (done.code, done.err) == (0, "")
    assert f"Drill {name}: as expected" in done.out
    assert "FREE of drill data" in done.out
    assert "NOT FREE" not in done.out
    own = tmp_path / "drill" / "log-KOR.db"
    report = replay(own, load_zones())
    assert report.problems == ()
    found = drafts(own)
    released = [(p.kind, len(p.approvals)) for p in found if p.status == "released"]
    expected = {"release-and-all-clear": [("alert", 2), ("all-clear", 2)], "false-report": [("alert", 2), ("cancel", 2)]}
    assert released == expected.get(name, [])
    assert all(p.text.startswith("EXERCISE ") and p.text.endswith(" EXERCISE") for p in found)


@pytest.mark.slow
def test_a_live_log_in_which_a_drill_was_left_ends_in_exit_1(tocsin: Tool, tmp_path: Path) -> None:
    """4 October 2022: areas of an old drill had stayed in the live system."""
    _, proposal = draft("live")
    live = log(tmp_path / "live.db", "live", output(msgspec.structs.replace(proposal, areas=("JP-02", "JP-13"))))
    script = tmp_path / "short.toml"
    script.write_text(
        'id = "short"\ntitle = "t"\nlesson = "l"\nscenario = "2023-08-30"\nnation = "KOR"\nleader = "KOR-supervisor"\n'
        'from_s = 25.0\nuntil_s = 30.0\n[[step]]\nat_s = 26.0\nperson = "KOR-duty-1"\nact = "sign-on"\n'
        '[[expect]]\nwhat = "supervisor present"\n',
        encoding="utf-8",
    )
    done = tocsin("drill", script, "--out", tmp_path / "drill", "--live", live)
    assert done.code == 1
    assert "Drill short: as expected" in done.out
    assert "names JP-13, which no revision" in done.out
    assert "NOT FREE of drill data" in done.out
    text = (tmp_path / "drill" / "drill.txt").read_text(encoding="utf-8")
    assert text.startswith("EXERCISE\n")
    assert text.endswith("\nEXERCISE\n")


def test_without_a_name_the_packaged_drills_are_listed(tocsin: Tool) -> None:
    done = tocsin("drill")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == sorted(NAMES)


def test_what_cannot_be_played_is_a_matter_of_usage(tocsin: Tool, tmp_path: Path) -> None:
    """An unknown drill, a live log that is not there, a folder that holds another drill."""
    unknown = tocsin("drill", "no-such-drill")
    assert (unknown.code, "expected a script file" in unknown.err) == (2, True)
    missing = tocsin("drill", NAMES[0], "--live", tmp_path / "none.db")
    assert (missing.code, "found no file" in missing.err) == (2, True)
    (tmp_path / "log-JPN.db").write_bytes(b"")
    full = tocsin("drill", NAMES[0], "--out", tmp_path)
    assert (full.code, "choose another" in full.err) == (2, True)
