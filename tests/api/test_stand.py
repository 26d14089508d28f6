"""Three nodes on a stand: what is released arrives, through the hub or straight, also after a cut; each log replays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from tocsin.adapters.follow import follower
from tocsin.adapters.replay import replay
from tocsin.adapters.store.port import Record, Store
from tocsin.adapters.store.sqlite import resume
from tocsin.api.stand import Fed, Stand, drain
from tocsin.errors import OperatorFault
from tocsin.geography import Zones, load_zones
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.node.inputs import ScanIn
from tocsin.node.outputs import View
from tocsin.sim.coalition import place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import SimScan, play
from tocsin.sim.scenario import Scenario, load_coalition, load_scenario
from tocsin.units import NS_PER_S

FROM_S, TO_S = 25, 75  # after the first lift-off: Korea's radars first see it at 39 s
CUT_S, HEAL_S = 40, 60  # as measured: Korea confirms within this cut

pytestmark = pytest.mark.slow


@dataclass
class Setting:
    """The first minutes of the night, made once."""

    scenario: Scenario
    night: Night
    zones: Zones
    scans: list[SimScan]
    start_ns: int


@pytest.fixture(scope="module")
def setting() -> Setting:
    """Simulated scans of the first flight's rise."""
    scenario = load_scenario("2023-08-30")
    night = make_night(scenario)
    launch_ns = night.flights[0].launch_ns
    sensors = place(load_coalition(scenario.coalition))
    scans = [s for s in play(scenario, sensors, 1, night) if launch_ns + FROM_S * NS_PER_S <= s.scan.time_ns < launch_ns + TO_S * NS_PER_S]
    return Setting(scenario=scenario, night=night, zones=load_zones(), scans=scans, start_ns=launch_ns + FROM_S * NS_PER_S)


@dataclass
class Played:
    """What each nation's people could see, and the stand."""

    stand: Stand
    views: dict[str, list[View]] = field(default_factory=dict)
    end_ns: int = 0

    def partner_items(self, nation: str, source: str, kind: type) -> list[object]:
        return [view.item for view in self.views.get(nation, []) if view.source == source and isinstance(view.item, kind)]


def play_stand(
    setting: Setting,
    *,
    topology: str = "hub",
    cut: tuple[str, str] | None = None,
    log_dir: Path | None = None,
    follow: Callable[[str, Store], Store] | None = None,
) -> Played:
    """Play the setting's scans, then half a minute without any, then until every message is acknowledged."""
    coalition = msgspec.structs.replace(load_coalition(setting.scenario.coalition), topology=topology)
    sensors = place(coalition)
    owner = {sensor.sensor: sensor.nation for sensor in sensors}
    legal = setting.scenario.legal
    stand = Stand(
        coalition, sensors, "exercise", setting.zones, seed=1, log_dir=log_dir, legal=legal, start_utc_ns=setting.start_ns, follow=follow
    )
    played = Played(stand)
    launch_ns = setting.night.flights[0].launch_ns
    for sim_scan in setting.scans:
        now = sim_scan.scan.time_ns
        tick(played, now)
        if cut is not None:
            inside = launch_ns + CUT_S * NS_PER_S <= now < launch_ns + HEAL_S * NS_PER_S
            (stand.cut if inside else stand.heal)(*cut)
        nation = owner[sim_scan.scan.sensor]
        show(played, nation, stand.feed(nation, ScanIn(scan=sim_scan.scan), now))
    end_ns = launch_ns + (TO_S + 30) * NS_PER_S
    tick(played, end_ns)
    played.end_ns = drain(stand, end_ns, 60)
    return played


def tick(played: Played, until_ns: int) -> None:
    while due := played.stand.ticks_due(until_ns):
        for when, nations in due:
            for nation, fed in played.stand.tick(nations, when):
                show(played, nation, fed)


def show(played: Played, nation: str, fed: Fed) -> None:
    played.views.setdefault(nation, []).extend(fed.step.views)
    for delivery in fed.deliveries:
        played.views.setdefault(delivery.nation, []).extend(delivery.step.views)


@pytest.fixture(scope="module")
def hub(setting: Setting, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Path]:
    """The stand as packaged, with logs on disk."""
    folder = tmp_path_factory.mktemp("logs")
    played = play_stand(setting, log_dir=folder)
    played.stand.close(played.end_ns)
    return played, folder


def test_korea_s_warning_and_tracks_reach_japan_through_the_hub(hub: tuple[Played, Path]) -> None:
    """Japan holds the signed word of Korea although no link joins the two."""
    warnings = hub[0].partner_items("JPN", "KOR", TocsinWarning)
    assert warnings
    assert all(warning.origin == "KOR" for warning in warnings if isinstance(warning, TocsinWarning))
    assert hub[0].partner_items("JPN", "KOR", Track)


def test_every_lossless_message_is_acknowledged_by_its_final_recipient(hub: tuple[Played, Path]) -> None:
    """Sent equals acknowledged, nothing waits, nothing was refused."""
    counts = hub[0].stand.counts()
    assert counts.sent > 0
    assert (counts.acknowledged, counts.waiting, counts.refused) == (counts.sent, 0, 0)


def test_a_finished_night_is_one_file_per_nation_and_replays_byte_for_byte(hub: tuple[Played, Path], setting: Setting) -> None:
    """Every payload is reproduced, every signature holds, no side file is left."""
    folder = hub[1]
    assert sorted(path.name for path in folder.iterdir()) == ["log-JPN.db", "log-KOR.db", "log-USA.db"]
    for nation in ("KOR", "JPN", "USA"):
        report = replay(folder / f"log-{nation}.db", setting.zones)
        assert report.problems == ()
        assert report.payloads == report.signatures > 0


def test_a_log_replayed_while_it_grows_is_checked_against_the_file(setting: Setting, tmp_path: Path) -> None:
    """The follower reports what a replay of the finished file reports; a file that differs from what it followed is found."""
    names = ("KOR", "JPN", "USA")
    with follower() as beside:
        played = play_stand(setting, log_dir=tmp_path, follow=beside.follow)
        played.stand.close(played.end_ns)
        logs = {name: tmp_path / f"log-{name}.db" for name in names}
        expected = {name: replay(path, setting.zones) for name, path in logs.items()}
        log = resume(logs["KOR"])  # somebody writes on
        log.append((Record(kind="head", utc_ns=0, mono_ns=0, body=b""), Record(kind="close", utc_ns=0, mono_ns=0, body=b"")))
        log.close()
        reports = beside.reports(logs)
    assert reports["JPN"] == expected["JPN"]
    assert reports["USA"] == expected["USA"]
    assert reports["JPN"].identical
    assert "another hash" in reports["KOR"].problems[-1]


def test_a_mesh_shares_the_same_without_a_hub(setting: Setting) -> None:
    """One word in the coalition file changes the topology; Japan gets the same warnings from Korea."""
    mesh = play_stand(setting, topology="mesh")
    assert mesh.partner_items("JPN", "KOR", TocsinWarning)
    counts = mesh.stand.counts()
    assert (counts.acknowledged, counts.waiting) == (counts.sent, 0)
    mesh.stand.close(mesh.end_ns)


def test_a_cut_link_delays_warnings_but_loses_none(setting: Setting, hub: tuple[Played, Path]) -> None:
    """Twenty seconds without Korea's link: after it heals Japan holds the same warnings as without the cut."""
    cut = play_stand(setting, cut=("KOR", "USA"))
    counts = cut.stand.counts()
    assert (counts.acknowledged, counts.waiting) == (counts.sent, 0)
    wanted = [(w.warning, w.revision) for w in hub[0].partner_items("JPN", "KOR", TocsinWarning) if isinstance(w, TocsinWarning)]
    got = [(w.warning, w.revision) for w in cut.partner_items("JPN", "KOR", TocsinWarning) if isinstance(w, TocsinWarning)]
    assert got == wanted
    cut.stand.close(cut.end_ns)


def test_draining_stops_by_itself_when_a_link_stays_down(setting: Setting) -> None:
    """A dead link cannot hold the end of a night for ever."""
    coalition = load_coalition(setting.scenario.coalition)
    stand = Stand(coalition, place(coalition), "exercise", setting.zones, seed=1, log_dir=None, legal=(), start_utc_ns=0)
    stand.cut("KOR", "USA")
    assert drain(stand, 0, 5) <= 5 * NS_PER_S
    stand.close(5 * NS_PER_S)


def test_a_live_world_is_refused_on_a_stand(setting: Setting) -> None:
    """Exercise keys can never speak in the live world."""
    coalition = load_coalition(setting.scenario.coalition)
    with pytest.raises(OperatorFault, match="live"):
        Stand(coalition, place(coalition), "live", setting.zones, seed=1, log_dir=None, legal=(), start_utc_ns=0)
