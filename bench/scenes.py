"""What the benches track: sensors, scans in time order with what each plot really was, and the truth. Own draws, or a scenario file.

A scene is one region and one quarter of an hour: a few missiles from one side, three or more radars that see part of it. Scenario files
are NumPy archives with the keys listed at ``read_scene``. Nothing here knows the tracker.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import geodetic2ecef, ground_destination
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.sensor import Sensor
from tocsin.sim.draw import draw_flight, draw_site
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.field import Field, draw_sensors, night_of
from tocsin.sim.flight import Flight, FlightKind
from tocsin.sim.observe import SimScan, play
from tocsin.sim.trajectory import Boost
from tocsin.units import DEG, NS_PER_S, s2ns

Array = NDArray[np.float64]

EPOCH_NS: Final = 1_700_000_000 * NS_PER_S  # any time: files count seconds from zero
CLUTTER_TOP_RAD: Final = 70.0 * DEG
NATION: Final = "ONE"

# Own draws: flights from the published priors (sim.draw), sensors that see them (sim.field).
KINDS: Final[tuple[FlightKind, ...]] = ("minimum-energy", "minimum-energy", "minimum-energy", "lofted", "depressed")
TAIL_S: Final = 10.0
SALVO_SITE_M: Final = 50_000.0  # missiles of one scene start within this of each other ...
SALVO_S: Final = 60.0  # ... within this time ...
SALVO_BEARING_RAD: Final = 12.0 * DEG  # ... and this far either side of one bearing


@dataclass(frozen=True, eq=False)
class Truth:
    """One missile's flight. ``boost`` where the generator knows it (the launch bound needs it)."""

    path: Ephemeris
    launch_ns: int
    burnout_ns: int
    impact_ns: int
    launch_ecef_m: Array
    impact_ecef_m: Array
    ln_beta: float
    boost: Boost | None


@dataclass(frozen=True, eq=False)
class Scene:
    """Sensors, their scans in time order (labels: index of the truth, below 0 for false alarms), the flights."""

    sensors: tuple[Sensor, ...]
    scans: tuple[SimScan, ...]
    truths: tuple[Truth, ...]

    def plots(self) -> int:
        """Return the number of plots."""
        return sum(len(one.scan.plots) for one in self.scans)


def drawn_scene(seed: int, missiles: int = 1, field: Field = "standard", kinds: tuple[FlightKind, ...] = KINDS) -> Scene:
    """Return a scene of the project's own generator: a site anywhere on earth, ballistic flights, sensors, false alarms.

    More than one missile: a salvo from nearby places on about one bearing.
    """
    rng = np.random.default_rng(seed)
    lat_rad, lon_rad, bearing_rad = draw_site(rng)
    drawn = []
    for index in range(missiles):
        place = (lat_rad, lon_rad)
        if index:
            place = ground_destination(lat_rad, lon_rad, float(rng.uniform(0.0, 2.0 * math.pi)), float(rng.uniform(0.0, SALVO_SITE_M)))
        turn_rad = float(rng.uniform(-SALVO_BEARING_RAD, SALVO_BEARING_RAD)) if index else 0.0
        launch_ns = EPOCH_NS + (s2ns(float(rng.uniform(0.0, SALVO_S))) if index else 0)
        kind = kinds[int(rng.integers(len(kinds)))]
        drawn.append(draw_flight(kind, rng, f"missile-{index + 1}", *place, bearing_rad + turn_rad, launch_ns))
    sensors = draw_sensors(rng, tuple(one.flight for one in drawn), field)
    night = night_of(tuple(drawn), tail_s=TAIL_S)
    scans = tuple(play(night.scenario, sensors, seed, night))
    return Scene(sensors, scans, tuple(_truth_of(one.flight, one.boost) for one in drawn))


def _truth_of(flight: Flight, boost: Boost) -> Truth:
    """Return the truth of a drawn flight."""
    return Truth(
        path=flight.path,
        launch_ns=flight.launch_ns,
        burnout_ns=flight.burnout_ns,
        impact_ns=flight.impact_ns,
        launch_ecef_m=np.array(geodetic2ecef(flight.launch_lat_rad, flight.launch_lon_rad, 0.0)),
        impact_ecef_m=np.array(geodetic2ecef(flight.impact_lat_rad, flight.impact_lon_rad, 0.0)),
        ln_beta=flight.ln_beta,
        boost=boost,
    )


def read_scene(path: Path) -> Scene:
    """Return the scene of a NumPy archive of detections.

    Keys (radians, metres, seconds from zero, ECEF): det_t, det_radar, det_az, det_el, det_rng, det_truth (-1: false alarm);
    radar_lla [r, 3], radar_sig [r, 3], radar_phase [r] (scans each second), pd, clutter_rate; truth_t [n], truth_pos and
    truth_vel [m, n, 3] (NaN when not flying), launch_t, burnout_t, impact_t, launch_ecef, impact_ecef, beta [m]. Raises KeyError
    where one is missing.
    """
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    sensors = tuple(_file_radar(data, index) for index in range(len(data["radar_lla"])))
    truths = tuple(_file_truth(data, index) for index in range(len(data["launch_t"])))
    return Scene(sensors, tuple(_file_scans(data, sensors)), truths)


def _file_radar(data: dict[str, Array], index: int) -> Sensor:
    """Return a radar of the file; coverage as the files' generator has it (mask 1.5 degrees, 1 000 km)."""
    lat_rad, lon_rad, alt_m = (float(value) for value in data["radar_lla"][index])
    sigma = data["radar_sig"][index]
    return Sensor(
        sensor=f"radar-{index + 1}",
        nation=NATION,
        kind="radar",
        pos_ecef_m=geodetic2ecef(lat_rad, lon_rad, alt_m),
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=alt_m,
        sigma_azimuth_rad=float(sigma[0]),
        sigma_elevation_rad=float(sigma[1]),
        sigma_range_m=float(sigma[2]),
        detection_probability=float(data["pd"]),
        false_alarms_per_scan=float(data["clutter_rate"]),
        scan_period_s=1.0,
        max_range_m=1.0e6,
        min_elevation_rad=1.5 * DEG,
    )


def _file_truth(data: dict[str, Array], index: int) -> Truth:
    """Return a flight of the file."""
    flying = np.isfinite(data["truth_pos"][index, :, 0])
    path = Ephemeris(EPOCH_NS, data["truth_t"][flying], data["truth_pos"][index, flying], data["truth_vel"][index, flying])
    launch_ns, burnout_ns, impact_ns = (EPOCH_NS + s2ns(float(data[name][index])) for name in ("launch_t", "burnout_t", "impact_t"))
    return Truth(
        path=path,
        launch_ns=launch_ns,
        burnout_ns=burnout_ns,
        impact_ns=impact_ns,
        launch_ecef_m=data["launch_ecef"][index],
        impact_ecef_m=data["impact_ecef"][index],
        ln_beta=math.log(float(data["beta"][index])),
        boost=None,
    )


def _file_scans(data: dict[str, Array], sensors: tuple[Sensor, ...]) -> list[SimScan]:
    """Return all scans of the file, empty ones too."""
    by_scan: dict[tuple[int, int], list[int]] = {}
    last_s = float(data["truth_t"][-1])
    for radar, phase_s in enumerate(data["radar_phase"].tolist()):
        for turn in range(math.ceil(last_s - phase_s)):
            by_scan[s2ns(phase_s + turn), radar] = []
    for row, (time_s, radar) in enumerate(zip(data["det_t"].tolist(), data["det_radar"].tolist(), strict=True)):
        by_scan.setdefault((s2ns(time_s), int(radar)), []).append(row)
    scans = []
    for (time_ns, radar), rows in sorted(by_scan.items()):
        name = sensors[radar].sensor
        plots = tuple(
            Plot(
                time_ns=EPOCH_NS + time_ns,
                sensor=name,
                azimuth_rad=float(data["det_az"][row]),
                elevation_rad=float(data["det_el"][row]),
                range_m=float(data["det_rng"][row]),
            )
            for row in rows
        )
        labels = tuple(int(data["det_truth"][row]) for row in rows)
        scans.append(SimScan(scan=Scan(sensor=name, time_ns=EPOCH_NS + time_ns, plots=plots), labels=labels))
    return scans
