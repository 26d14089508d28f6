"""What ``tocsin warmup`` runs: each step exercises one part as the night does, so that its kernels are compiled for the types in use.

No kernel is named here: a step that calls production code cannot forget one. The last step is a short night that needs all.
"""

import itertools
from collections.abc import Iterator
from math import log
from typing import Final

import numpy as np

from tocsin.api.stand import Stand
from tocsin.assessment.assess import Assessment
from tocsin.fusion.fuse import Fusion
from tocsin.geography import load_zones
from tocsin.kernels.measure import PLOT_COLUMNS
from tocsin.messages.basics import Nation, Vec3
from tocsin.messages.coalition import Coalition
from tocsin.messages.event import LaunchEvent
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import LaunchEstimate, ModelProbabilities, Track
from tocsin.models.sensing import fill_plot, sensor_model
from tocsin.node.inputs import ScanIn
from tocsin.sim.coalition import place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import SimScan, play
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.tracking.launch import fit_launch
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S, s2ns

SCENARIO: Final = "2023-08-30"
SEED: Final = 1
LAST_S: Final = 95.0  # after lift-off: first plots, confirmation, launch fits, burn-out at 75 s, prediction of the impact
FIRST_MISSILE: Final = 0  # label of its plots
FIT_PLOTS: Final = 8  # a few more than a fit needs
BALLISTIC_LN_BETA: Final = log(5_000.0)  # median of the published prior
THRUST_MPS2: Final = 30.0  # a usual acceleration half-way through the burn

START_NS: Final = 1_693_406_280 * NS_PER_S  # 2023-08-30 14:38:00 UTC, as the scenario
# The state of a flight like the scenario's first, 60 and 90 s after lift-off.
BURNING: Final[tuple[Vec3, Vec3]] = ((-2_915_228.0, 4_008_215.0, 4_037_568.0), (-932.7, -671.0, 834.8))
COASTING: Final[tuple[Vec3, Vec3]] = ((-2_949_329.0, 3_979_167.0, 4_066_928.0), (-1_147.4, -1_114.9, 952.0))


def flights() -> None:
    """Fit the scenario's missiles to the published facts and let every sensor look at them."""
    _scans()


def tracks() -> None:
    """Track the plots of one nation with radars and satellites, launch fits included."""
    coalition, _, scans, sensors = _scans()
    nation = _with_both_kinds(coalition, sensors)
    own = tuple(sensor for sensor in sensors if sensor.nation == nation)
    names = [sensor.sensor for sensor in own]
    tracker = Tracker(nation, own)
    for sim_scan in scans:
        if sim_scan.scan.sensor in names:
            tracker.step(sim_scan.scan, sim_scan.scan.time_ns)


def launches() -> None:
    """Fit a launch point to one radar's plots of a burning missile."""
    _, fitted, scans, sensors = _scans()
    flight = fitted.flights[0]
    burning = [sim_scan for sim_scan in scans if sim_scan.scan.time_ns < flight.burnout_ns]
    for sensor in sensors:
        plots = [plot for sim_scan in burning for plot in _of_missile(sim_scan) if plot.sensor == sensor.sensor]
        if sensor.kind == "radar" and len(plots) > FIT_PLOTS:
            break
    else:
        return
    model = sensor_model(sensor, 0)
    early = [(plot.time_ns, np.empty(PLOT_COLUMNS)) for plot in plots]
    for plot, (_, row) in zip(plots, early, strict=True):
        fill_plot(plot, model, model.row, row)
    last_ns = plots[-1].time_ns
    truth = flight.state_at(last_ns)
    assert truth is not None, "a burning missile is in flight"
    state = np.array((*truth[0], *truth[1], BALLISTIC_LN_BETA, THRUST_MPS2))
    fit = fit_launch(early[:-1], state, last_ns, None, None)
    fit_launch(early, state, last_ns, fit, None)  # a later fit starts from the one before


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
    coalition, fitted, scans, sensors = _scans()
    owners = {sensor.sensor: sensor.nation for sensor in sensors}
    world, legal, time_ns = fitted.scenario.world, fitted.scenario.legal, scans[0].scan.time_ns
    stand = Stand(coalition, sensors, world, load_zones(), seed=SEED, log_dir=None, legal=legal, start_utc_ns=time_ns)
    events: list[LaunchEvent] = []
    for sim_scan in scans:
        time_ns = sim_scan.scan.time_ns
        for when_ns, nations in stand.ticks_due(time_ns):
            stand.tick(nations, when_ns)
        fed = stand.feed(owners[sim_scan.scan.sensor], ScanIn(scan=sim_scan.scan), time_ns)
        events.extend(view.item for view in fed.step.views if isinstance(view.item, LaunchEvent) and view.picture == "joint")
    stand.close(time_ns)
    return tuple(events)


def _scans() -> tuple[Coalition, Night, tuple[SimScan, ...], tuple[Sensor, ...]]:
    """Return the coalition, the fitted night, the scans that caught the first missile in its first flight phases, and all sensors."""
    scenario = load_scenario(SCENARIO)
    coalition = load_coalition(scenario.coalition)
    sensors = place(coalition)
    fitted = make_night(scenario)
    launch_ns = fitted.flights[0].launch_ns
    last_ns = launch_ns + s2ns(LAST_S)
    early = itertools.takewhile(lambda sim_scan: sim_scan.scan.time_ns < last_ns, play(scenario, sensors, SEED, fitted))
    return coalition, fitted, tuple(sim_scan for sim_scan in early if FIRST_MISSILE in sim_scan.labels), sensors


def _of_missile(sim_scan: SimScan) -> tuple[Plot, ...]:
    """Return the scan's plots of the first missile."""
    return tuple(plot for plot, label in zip(sim_scan.scan.plots, sim_scan.labels, strict=True) if label == FIRST_MISSILE)


def _with_both_kinds(coalition: Coalition, sensors: tuple[Sensor, ...]) -> Nation:
    """Return the first nation that has radars and infrared satellites."""
    for spec in coalition.nations:
        if {sensor.kind for sensor in sensors if sensor.nation == spec.nation} == {"radar", "infrared"}:
            return spec.nation
    return coalition.nations[0].nation


def _joined() -> Iterator[tuple[Fusion, int]]:
    """Yield a fusion after each track that two nations send in turn."""
    fusion = Fusion("joint")
    for first_s, state in ((60, BURNING), (90, COASTING)):
        for half_second in range(8):
            now_ns = START_NS + first_s * NS_PER_S + half_second * NS_PER_S // 2
            fusion.step((_track(("KOR", "USA")[half_second % 2], state, now_ns),), now_ns)
            yield fusion, now_ns


def _track(nation: Nation, state: tuple[Vec3, Vec3], time_ns: int) -> Track:
    """Return a confirmed track in this state, 3 km and 100 m/s wide, so that the two nations' agree."""
    burning = state is BURNING
    variances = (1.0e7, 1.0e7, 1.0e7, 1.0e4, 1.0e4, 1.0e4, 0.5)
    return Track(
        track=f"{nation}-1",
        nation=nation,
        time_ns=time_ns,
        kind="ballistic",
        status="confirmed",
        pos_ecef_m=state[0],
        vel_ecef_mps=state[1],
        ln_beta=BALLISTIC_LN_BETA,
        cov=tuple(variances[row] if row == column else 0.0 for row in range(7) for column in range(row, 7)),
        thrust_mps2=THRUST_MPS2 if burning else 0.0,
        thrust_sigma_mps2=10.0 if burning else 0.0,
        models=ModelProbabilities(boost=1.0 if burning else 0.0, coast=0.0 if burning else 1.0, reentry=0.0, manoeuvre=0.0),
        first_plot_ns=START_NS + 30 * NS_PER_S,
        last_plot_ns=time_ns,
        plots=30,
        predicted=False,
        sensors=(f"{nation}-RADAR",),
        confirmed_ns=START_NS + 40 * NS_PER_S,
        launch=LaunchEstimate(lat_rad=0.684, lon_rad=2.193, time_ns=START_NS, time_sigma_s=2.0, cov_en_m2=(1.0e6, 0.0, 1.0e6)),
    )
