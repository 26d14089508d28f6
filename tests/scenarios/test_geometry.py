"""Geometry decides: who sees the reference night, and when, against an independent twin and the published table."""

from math import inf, radians

import pytest

from tests.oracles.geometry import first_detection_ns, span_s
from tocsin.messages.sensor import Sensor
from tocsin.sim.coalition import moved, place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import draw, observe, scan_count
from tocsin.sim.scenario import load_coalition, load_scenario

COALITION = load_coalition("northeast-asia")
NIGHT: Night = make_night(load_scenario("2023-08-30"))
SENSORS = {s.sensor: s for s in place(COALITION)}

# Seconds after lift-off from first to last sight, both flights together: the reference coalition's own table (shipped with it
# as a statement of its designers, computed outside this project). Tolerance 3 s: the thrust and drag of the boost are theirs
# only in outline (75 s burn, kick at 8 s, constant thrust acceleration), and their ships do not move.
PUBLISHED_S = {"KOR-EWR-N": (39, 220), "KOR-EWR-S": (57, 207), "USA-XBR-SEONGJU": (58, 209), "KOR-SHIP": (54, 232)}
TOLERANCE_S = 3.0
BLIND = ["USA-XBR-KYOGAMISAKI", "USA-XBR-SHARIKI", "JPN-EWR-N", "JPN-EWR-SADO", "JPN-EWR-KOSHIKI", "JPN-EWR-OKINAWA"]


def spans(sensor: Sensor) -> list[tuple[float, float]]:
    """Return the twin's sight of both flights."""
    return [span_s(sensor, flight, NIGHT.start_ns) for flight in NIGHT.flights]


@pytest.mark.slow
@pytest.mark.parametrize("sensor", sorted(PUBLISHED_S))
def test_sight_of_the_reference_night_is_as_published(sensor: str) -> None:
    found = spans(SENSORS[sensor])
    first, last = PUBLISHED_S[sensor]
    assert min(f for f, _ in found) == pytest.approx(first, abs=TOLERANCE_S)
    assert max(t for _, t in found) == pytest.approx(last, abs=TOLERANCE_S)


@pytest.mark.slow
@pytest.mark.parametrize("sensor", BLIND)
def test_land_radars_in_japan_never_see_it(sensor: str) -> None:
    assert spans(SENSORS[sensor]) == [(inf, -inf), (inf, -inf)]


@pytest.mark.slow
@pytest.mark.parametrize(("lon_deg", "first_s"), [(134.5, (129, 122)), (133.5, (102, 99)), (136.0, (inf, inf)), (137.5, (inf, inf))])
def test_the_japanese_ship_sees_it_by_its_longitude(lon_deg: float, first_s: tuple[float, float]) -> None:
    ship = moved((SENSORS["JPN-SHIP"],), "JPN-SHIP", radians(38.5), radians(lon_deg))[0]
    assert [first for first, _ in spans(ship)] == pytest.approx(list(first_s), abs=TOLERANCE_S)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_first_detections_match_the_twin_given_the_same_phases_and_misses(seed: int) -> None:
    sensors = [*SENSORS.values(), *(s for c in ("ship-east", "ship-133.5") for s in place(COALITION, c) if s.sensor == "JPN-SHIP")]
    seen = 0
    for sensor in sensors:
        scans = observe(NIGHT, sensor, seed)
        chance = draw(sensor, seed, scan_count(sensor, NIGHT), len(NIGHT.flights) + len(NIGHT.aircraft))
        for j, flight in enumerate(NIGHT.flights):
            twin_ns = first_detection_ns(sensor, flight, NIGHT.start_ns, chance.phase_s, chance.hit[:, j].tolist())
            ours_ns = next((s.scan.time_ns for s in scans if j in s.labels), None)
            assert (ours_ns is None) == (twin_ns is None), sensor.sensor
            if ours_ns is not None and twin_ns is not None:
                assert abs(ours_ns - twin_ns) <= 1_000_000_000, sensor.sensor
                seen += 1
    assert seen == 2 * 8  # four Korean-side radars, two satellites, the ship in two of its three places
