"""A program: run every physics kernel, and those of unresolved tracks, on fixed inputs; print hexadecimal floats, one line per call."""

from collections.abc import Iterable

import numpy as np

from tests.kernels.flights import ICBM, SRBM, flight
from tests.kernels.group_scene import Scene
from tocsin.kernels import atmosphere, doubts, geodesy, gravity, trajectory, unresolved

ANGLES = (-1.5707963, -0.9, -1e-9, 0.0, 0.3, 0.68, 1.2)
STARTS = (
    SRBM,
    ICBM,
    flight(alt_m=28e3, climb_deg=-50.0, beta_kgpm2=700.0),
    flight(lat_deg=-89.9999, alt_m=5e3, climb_deg=80.0, speed_mps=350.0),
)


def say(name: str, values: Iterable[float]) -> None:
    print(name, *(float(value).hex() for value in values))


def geometry() -> None:
    axes = np.empty((3, 3))
    for i, lat in enumerate(ANGLES):
        for lon in (-3.1, 0.0, 2.19):
            alt = (-300.0, 45e3, 9e6)[i % 3]
            point = geodesy.geodetic2ecef(lat, lon, alt)
            geodesy.enu_axes(lat, lon, axes)
            say("geodetic2ecef", point)
            say("ecef2geodetic", geodesy.ecef2geodetic(*point))
            say("altitude_and_up", geodesy.altitude_and_up(*point))
            say("altitude_m", [geodesy.altitude_m(*point)])
            say("enu_axes", axes.ravel())
            say("ecef2aer", geodesy.ecef2aer(point[0] + 1e5, point[1] - 3e5, point[2] + 2e5, *point, axes))
            say("aer2ecef", geodesy.aer2ecef(lon + 4.0, lat, 3.3e5, *point, axes))
            say("ground_distance_m", [geodesy.ground_distance_m(lat, lon, 0.61, 2.4)])
            say("ground_bearing_rad", [geodesy.ground_bearing_rad(lat, lon, 0.61, 2.4)])
            say("antipodal", geodesy.ground_inverse(lat, lon, -lat + 0.001, lon + 3.14))
            say("ground_destination", geodesy.ground_destination(lat, lon, lon, 4e5))


def air() -> None:
    for i in range(-4, 220):
        alt = 987.0 * i
        say("density_and_decay", atmosphere.density_and_decay(alt))
        say("density_kgpm3", [atmosphere.density_kgpm3(alt)])
        say("temperature_k, speed_of_sound_mps", [atmosphere.temperature_k(alt), atmosphere.speed_of_sound_mps(alt)])


def motion() -> None:
    out, out8, jacobian = np.empty(7), np.empty(8), np.empty((7, 7))
    for start in STARTS:
        values = [float(value) for value in start]
        say("gravity_rotating", gravity.gravity_rotating(*values[:6]))
        say("coast_acceleration", trajectory.coast_acceleration(*values))
        say("boost_acceleration", trajectory.boost_acceleration(*values, 31.0))
        trajectory.coast_step(start, 0.3, out)
        say("coast_step", out)
        trajectory.coast_propagate(start, -7.0, 0.5, out)
        say("coast_propagate", out)
        trajectory.coast_flow(start, 1.7, 1.0, out, jacobian)
        say("coast_flow", [*out, *jacobian.ravel()])
        trajectory.coast_jacobian(start, 1.0, 1.0, jacobian)
        say("coast_jacobian", jacobian.ravel())
        trajectory.boost_propagate(np.append(start, 25.0), 5.0, 0.4, out8)
        say("boost_propagate", out8)
        say("propagate_to_altitude", [*trajectory.propagate_to_altitude(start, 100.0, 5_000.0, out), *out])


def groups() -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        scene = Scene(*zip(rng.normal(0.0, 200.0, 6).tolist(), rng.normal(0.0, 3_000.0, 6).tolist(), strict=True))
        plots = scene.plots(*zip(rng.normal(0.0, 200.0, 4).tolist(), rng.normal(0.0, 2_000.0, 4).tolist(), strict=True))
        score, more = scene.score(plots), np.empty(4)
        found, group = (np.array(one) for one in scene.solve(plots))
        shift, extra, proof, rival, blur = np.empty((6, 3)), np.empty((6, 3)), np.empty(6), np.empty((6, 6), np.bool_), np.zeros((6, 2))
        unresolved.expect_newcomers(scene.rows, scene.X, plots, more)
        doubts.judge_groups(scene.rows, scene.X, scene.P, plots, score, scene.miss, found, group, shift, extra, proof, rival)
        doubts.blur_groups(scene.rows, scene.X, scene.P, plots, score, scene.miss, scene.chance, found, group, blur)
        say("groups", [*scene.chance.ravel(), *more, *found, *group, *shift.ravel(), *extra.ravel(), *proof, *rival.ravel(), *blur.ravel()])


if __name__ == "__main__":
    geometry()
    air()
    motion()
    groups()
