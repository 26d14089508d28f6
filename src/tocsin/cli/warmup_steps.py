"""What ``tocsin warmup`` runs: each step exercises one part as the night does, so that its kernels are compiled for the types in use.

No kernel is named here: a step that calls production code cannot forget one. The last step is a short night that needs all.
"""

from collections.abc import Iterator
from math import log
from typing import Final

from tocsin.api.stand import Stand
from tocsin.assessment.assess import Assessment
from tocsin.fusion.fuse import Fusion
from tocsin.geography import load_zones
from tocsin.messages.basics import Nation, Vec3
from tocsin.messages.coalition import Coalition
from tocsin.messages.event import LaunchEvent
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import ModelProbabilities, Track
from tocsin.node.inputs import ScanIn, Tick
from tocsin.sim.coalition import place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import SimScan, play
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S, s2ns

SCENARIO: Final = "2023-08-30"
SEED: Final = 1
FIRST_S, LAST_S = 20.0, 105.0  # after lift-off: aircraft, first plots, confirmation, launch fits, burn-out at 75 s, prediction of the impact

START_NS: Final = 1_693_406_280 * NS_PER_S  # 2023-08-30 14:38:00 UTC, as the scenario
# The state of a flight like the scenario's first, 60 and 90 s after lift-off.
BURNING: Final[tuple[Vec3, Vec3]] = ((-2_915_228.0, 4_008_215.0, 4_037_568.0), (-932.7, -671.0, 834.8))
COASTING: Final[tuple[Vec3, Vec3]] = ((-2_949_329.0, 3_979_167.0, 4_066_928.0), (-1_147.4, -1_114.9, 952.0))


def flights() -> None:
    """Fit the scenario's missiles to the published facts and let every sensor look at them."""
    _scans(FIRST_S, LAST_S)


def tracks() -> None:
    """Track the plots of one nation with radars and satellites, launch fits included."""
    coalition, _, scans, sensors = _scans(FIRST_S, LAST_S)
    nation = _with_both_kinds(coalition, sensors)
    own = tuple(sensor for sensor in sensors if sensor.nation == nation)
    names = [sensor.sensor for sensor in own]
    tracker = Tracker(nation, own)
    for sim_scan in scans:
        if sim_scan.scan.sensor in names:
            tracker.step(sim_scan.scan, sim_scan.scan.time_ns)


def picture() -> None:
    """Join two nations' tracks of one missile, burning and then coasting."""
    list(_joined())


def impact() -> None:
    """Predict where it comes down, and in whose zone."""
    nations = ("JPN", "KOR", "USA")
    assessment = Assessment("KOR", "joint", "test", load_zones(), nations)
    for fusion, now_ns in _joined():
        assessment.step(fusion.live(now_ns), now_ns)


def night() -> tuple[LaunchEvent, ...]:
    """Play the scenario's first minutes on every nation's node; return the events of the joint pictures."""
    coalition, fitted, scans, sensors = _scans(FIRST_S, LAST_S)
    owners = {sensor.sensor: sensor.nation for sensor in sensors}
    world, legal = fitted.scenario.world, fitted.scenario.legal
    stand = Stand(coalition, sensors, world, load_zones(), seed=SEED, log_dir=None, legal=legal, start_utc_ns=fitted.start_ns)
    events: list[LaunchEvent] = []
    time_ns = fitted.start_ns
    for sim_scan in scans:
        time_ns = sim_scan.scan.time_ns
        for nation, when_ns in stand.tick_due(time_ns):
            stand.feed(nation, Tick(), when_ns)
        step, _ = stand.feed(owners[sim_scan.scan.sensor], ScanIn(scan=sim_scan.scan), time_ns)
        events.extend(view.item for view in step.views if isinstance(view.item, LaunchEvent) and view.picture == "joint")
    stand.close(time_ns)
    return tuple(events)


def _scans(first_s: float, last_s: float) -> tuple[Coalition, Night, Iterator[SimScan], tuple[Sensor, ...]]:
    """Return the coalition, the fitted night, and every sensor's scans of some seconds after the first lift-off."""
    scenario = load_scenario(SCENARIO)
    coalition = load_coalition(scenario.coalition)
    sensors = place(coalition)
    fitted = make_night(scenario)
    launch_ns = fitted.flights[0].launch_ns
    wanted = range(launch_ns + s2ns(first_s), launch_ns + s2ns(last_s))
    scans = [sim_scan for sim_scan in play(scenario, sensors, SEED, fitted) if sim_scan.scan.time_ns in wanted]
    return coalition, fitted, iter(scans), sensors


def _with_both_kinds(coalition: Coalition, sensors: tuple[Sensor, ...]) -> Nation:
    """Return the first nation that has radars and infrared satellites."""
    for spec in coalition.nations:
        if {sensor.kind for sensor in sensors if sensor.nation == spec.nation} == {"radar", "infrared"}:
            return spec.nation
    return coalition.nations[0].nation


def _joined() -> Iterator[tuple[Fusion, int]]:
    """Yield a fusion after each second in which two nations' tracks came."""
    fusion = Fusion("joint")
    for second in range(5):
        now_ns = START_NS + (60 + second) * NS_PER_S
        fusion.step((_track("KOR", BURNING, now_ns, burning=True), _track("USA", BURNING, now_ns, burning=True)), now_ns)
        yield fusion, now_ns
    for second in range(5):
        now_ns = START_NS + (90 + second) * NS_PER_S
        fusion.step((_track("KOR", COASTING, now_ns, burning=False), _track("USA", COASTING, now_ns, burning=False)), now_ns)
        yield fusion, now_ns


def _track(nation: Nation, state: tuple[Vec3, Vec3], time_ns: int, *, burning: bool) -> Track:
    """Return a confirmed track in this state: 1 km and 100 m/s wide, so that the two nations' agree."""
    variances = (1.0e6, 1.0e6, 1.0e6, 1.0e4, 1.0e4, 1.0e4, 0.5)
    return Track(
        track=f"{nation}-1",
        nation=nation,
        time_ns=time_ns,
        kind="ballistic",
        status="confirmed",
        pos_ecef_m=state[0],
        vel_ecef_mps=state[1],
        ln_beta=log(5_000.0),
        cov=tuple(variances[row] if row == column else 0.0 for row in range(7) for column in range(row, 7)),
        thrust_mps2=30.0 if burning else 0.0,
        thrust_sigma_mps2=10.0 if burning else 0.0,
        models=ModelProbabilities(boost=1.0 if burning else 0.0, coast=0.0 if burning else 1.0, reentry=0.0, manoeuvre=0.0),
        first_plot_ns=START_NS + 30 * NS_PER_S,
        last_plot_ns=time_ns,
        plots=30,
        predicted=False,
        sensors=(f"{nation}-RADAR",),
        confirmed_ns=START_NS + 40 * NS_PER_S,
    )
