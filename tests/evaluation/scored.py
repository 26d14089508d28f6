"""A flight and results made by hand for the tests of scoring: one missile, tracks off by known errors, events off by known errors."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tocsin.adapters.formats.times import iso2ns, ns2iso
from tocsin.kernels.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from tocsin.kernels.trajectory import coast_step
from tocsin.units import DEG, NS_PER_S

T0_NS = iso2ns("2025-01-01T00:00:00Z")
LN_BETA = 8.5
BURNOUT_S = 40  # the states begin there: what came before is told, not shown
Lines = list[dict[str, Any]]


def at(second: float) -> str:
    """Return the text of a time after the launch."""
    return ns2iso(T0_NS + round(second * NS_PER_S))


@lru_cache
def arc(lift_mps2: float = 0.0, heading_deg: float = 90.0) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """Return (second, state) of a ballistic flight from 40 km up at 1.6 km/s to the ground; lifted between 45 and 20 km coming down."""
    lat, lon = 30.0 * DEG, -40.0 * DEG
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    flat = np.array([np.sin(heading_deg * DEG), np.cos(heading_deg * DEG), 1.0]) / np.sqrt(2.0)
    state = np.array([*geodetic2ecef(lat, lon, 40_000.0), *(1_600.0 * flat @ axes), LN_BETA])
    found = []
    second = BURNOUT_S
    while ecef2geodetic(*state[:3])[2] > 0.0 and second < 2_000:
        found.append((second, tuple(state[:6].tolist())))
        up, speed = state[:3] / np.linalg.norm(state[:3]), state[3:6] / np.linalg.norm(state[3:6])
        height = ecef2geodetic(*state[:3])[2]
        coast_step(state, 1.0, state)
        if lift_mps2 and state[3:6] @ up < 0.0 and 20_000.0 < height < 45_000.0:
            across = up - (up @ speed) * speed
            state[3:6] += lift_mps2 * across / np.linalg.norm(across)
        second += 1
    return tuple(found)


def ground(state: tuple[float, ...]) -> tuple[float, float]:
    """Return latitude and longitude in degrees under a state."""
    lat, lon, _ = ecef2geodetic(*state[:3])
    return lat / DEG, lon / DEG


def truth(name: str = "one", kind: str = "minimum-energy", lift_mps2: float = 0.0) -> Lines:
    """Return the lines of a missile: what it did, then its states."""
    states = arc(lift_mps2)
    last_s, last = states[-1]
    lat, lon = ground(last)
    told = {
        "missile": name,
        "kind": kind,
        "launch": {"time": at(0), "lat_deg": 30.0, "lon_deg": -40.1},
        "burnout": {"time": at(BURNOUT_S)},
        "impact": {"time": at(last_s), "lat_deg": lat, "lon_deg": lon},
        "colour": "unknown keys do no harm",
    }
    return [told, *(state_line(name, kind, second, state) for second, state in states)]


def state_line(name: str, kind: str, second: float, state: tuple[float, ...]) -> dict[str, Any]:
    """Return one state of truth.jsonl."""
    return {"time": at(second), "missile": name, "kind": kind, "pos_ecef_m": list(state[:3]), "vel_ecef_mps": list(state[3:])}


def tracks(off_m: float = 10.0, off_mps: float = 1.0, name: str = "T-1", start_s: int = 60, lift_mps2: float = 0.0) -> Lines:
    """Return the lines of a track that is off by so much in x, with sigmas of 10 m and 1 m/s in every coordinate."""
    cov = np.diag([100.0] * 3 + [1.0] * 3).tolist()
    found = []
    for second, state in arc(lift_mps2):
        if second >= start_s:
            pos, vel = [state[0] + off_m, *state[1:3]], [state[3] + off_mps, *state[4:6]]
            line = {"time": at(second), "track": name, "kind": "ballistic", "status": "confirmed"}
            found.append({**line, "pos_ecef_m": pos, "vel_ecef_mps": vel, "cov": cov})
    return found


def events(
    north_m: float = 0.0, name: str = "E-1", track: str = "T-1", lift_mps2: float = 0.0, impact: dict[str, Any] | None = None
) -> Lines:
    """Return one line per second of an event whose impact is off to the north, with sigmas of 1 km and 2 s."""
    last_s, last = arc(lift_mps2)[-1]
    lat, lon = ground(last)
    point = {"time": at(last_s + 2), "time_sigma_s": 2.0, "cov_en_m2": [[1e6, 0.0], [0.0, 1e6]], "basis": "predicted"}
    place = {"lat_deg": lat + north_m / 111_000.0, "lon_deg": lon}
    launch = {"lat_deg": 30.0, "lon_deg": -40.1, "time": at(-1), "time_sigma_s": 1.0, "cov_en_m2": [[1e6, 0.0], [0.0, 1e6]]}
    return [
        {
            "time": at(second),
            "event": name,
            "revision": second,
            "salvo": "S",
            "status": "confirmed",
            "tracks": [track],
            "missiles_at_least": 1,
            "missiles_estimate": 1.0,
            "launch": launch,
            "impact": {**point, **place, **(impact or {})},
            "class": {"SRBM": 0.75, "CRBM": 0.25},
        }
        for second in range(61, last_s)
    ]


def write(folder: Path, true: Lines, track_lines: Lines, event_lines: Lines) -> tuple[Path, Path]:
    """Write a folder of results and a truth file; return both paths."""
    out = folder / "tracked"
    out.mkdir(parents=True, exist_ok=True)
    by_time = {"tracks.jsonl": track_lines, "events.jsonl": event_lines}
    for name, lines in by_time.items():
        (out / name).write_text("".join(json.dumps(line) + "\n" for line in sorted(lines, key=lambda line: line["time"])))
    (folder / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in true))
    return out, folder / "truth.jsonl"
