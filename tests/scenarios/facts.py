"""Facts made up for tests: one launch from Sunan on a bearing of 61 degrees."""

from math import radians

import msgspec

from tocsin.sim.scenario import Missile, Stage

LAUNCH_NS = 1_693_406_280_000_000_000  # 2023-08-30T14:38:00Z


def missile(apogee_km: float, distance_km: float, *, burn_s: float = 75.0, bearing_deg: float = 61.0) -> Missile:
    """Return the facts of a ballistic flight."""
    return Missile(
        missile="1",
        row="",
        name="test",
        site="Sunan",
        launch_ns=LAUNCH_NS,
        lat_rad=radians(39.2),
        lon_rad=radians(125.673),
        alt_m=0.0,
        apogee_m=apogee_km * 1e3,
        range_m=distance_km * 1e3,
        bearing_rad=radians(bearing_deg),
        flight="ballistic",
        manoeuvre_reported=False,
        glide_m=0.0,
        kick_s=8.0,
        stages=(Stage(burn_s=burn_s),),
        beta_kgpm2=5_000.0,
    )


def pull_up(apogee_km: float, distance_km: float, glide_km: float) -> Missile:
    """Return the facts of a flight that pulls up and glides."""
    return msgspec.structs.replace(missile(apogee_km, distance_km), flight="pull-up", glide_m=glide_km * 1e3)
