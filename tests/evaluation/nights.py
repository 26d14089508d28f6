"""Small made-up nights: parabolas over a straight ground line, two nations, no real place or event."""

from math import cos, radians

import msgspec

from tocsin.evaluation.record import AircraftTruth, FirstPlot, MissileTruth, NationRecord, NightRecord
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.messages.basics import Vec3
from tocsin.messages.coalition import Coalition, Configuration, NationSpec, SensorMove
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import FusedTrack, LaunchEstimate, ModelProbabilities, Track
from tocsin.messages.warning import Posture, Warning

S = 1_000_000_000
START_NS = 1_600_000_000 * S  # 2020-09-13 12:26:40 UTC
FLIGHT_S = 240
KM_PER_DEG = 111.195
EVEN = ModelProbabilities(boost=0.0, coast=1.0, reentry=0.0, manoeuvre=0.0)
COV = tuple(1.0 if i in {0, 7, 13, 18, 22, 25, 27} else 0.0 for i in range(28))


def missile(name: str, launch_s: float = 20.0, lat_deg: float = 45.0, lon_deg: float = 150.0, range_km: float = 300.0) -> MissileTruth:
    """A flight due east of 240 s to 60 km."""
    launch_ns = START_NS + int(launch_s * S)
    end_lon = lon_deg + range_km / KM_PER_DEG / cos(radians(lat_deg))
    samples = []
    for second in range(FLIGHT_S):
        part = second / FLIGHT_S
        alt_m = 4.0 * 60e3 * part * (1.0 - part)
        pos = geodetic2ecef(radians(lat_deg), radians(lon_deg + part * (end_lon - lon_deg)), alt_m)
        samples.append((launch_ns + second * S, pos))
    return MissileTruth(
        missile=name,
        launch_ns=launch_ns,
        burnout_ns=launch_ns + 60 * S,
        impact_ns=launch_ns + FLIGHT_S * S,
        launch_rad=(radians(lat_deg), radians(lon_deg)),
        impact_rad=(radians(lat_deg), radians(end_lon)),
        apogee_m=60e3,
        range_m=range_km * 1e3,
        samples=tuple(samples),
    )


def own_track(nation: str, number: int, flight: MissileTruth, second: int, status: str = "confirmed") -> Track:
    """A national track exactly on the path."""
    time_ns, pos = flight.samples[second]
    return Track(
        track=f"{nation}-{number}",
        nation=nation,
        time_ns=time_ns,
        kind="ballistic",
        status=status,
        pos_ecef_m=pos,
        vel_ecef_mps=(0.0, 0.0, 0.0),
        ln_beta=8.5,
        cov=COV,
        thrust_mps2=0.0,
        thrust_sigma_mps2=0.0,
        models=EVEN,
        first_plot_ns=time_ns,
        last_plot_ns=time_ns,
        plots=3,
        predicted=False,
        sensors=(f"{nation}-R",),
    )


def fused_track(name: str, time_ns: int, pos_ecef_m: Vec3) -> FusedTrack:
    """A fused track's state."""
    return FusedTrack(
        track=name,
        time_ns=time_ns,
        kind="ballistic",
        status="confirmed",
        pos_ecef_m=pos_ecef_m,
        vel_ecef_mps=(0.0, 0.0, 0.0),
        ln_beta=8.5,
        cov=COV,
        thrust_mps2=0.0,
        thrust_sigma_mps2=0.0,
        models=EVEN,
        first_plot_ns=time_ns,
        last_plot_ns=time_ns,
        plots=3,
        predicted=False,
        sensors=(),
        sources=(),
        members=(),
    )


def launch_event(
    name: str, track: str, flight: MissileTruth, second: int, status: str = "confirmed", *, off_km: float = 0.0, sigma_km: float = 1.0
) -> LaunchEvent:
    """A revision whose impact lies ``off_km`` north of the truth, with a round 1-sigma of ``sigma_km``."""
    nation, picture = name.split("-")[:2]
    cov = (sigma_km * sigma_km * 1e6, 0.0, sigma_km * sigma_km * 1e6)
    return LaunchEvent(
        event=name,
        revision=second,
        origin=nation,
        picture=picture,
        time_ns=flight.launch_ns + second * S,
        salvo="salvo-1",
        world="exercise",
        status=status,
        tracks=(track,),
        missiles_at_least=1,
        missiles_estimate=1.0,
        objects=1,
        first_detection_ns=flight.launch_ns + 40 * S,
        last_detection_ns=flight.launch_ns + second * S,
        detected_by=(nation,),
        sensors=1,
        launch=LaunchEstimate(
            lat_rad=flight.launch_rad[0], lon_rad=flight.launch_rad[1], time_ns=flight.launch_ns, time_sigma_s=1.0, cov_en_m2=cov
        ),
        impact=ImpactEstimate(
            lat_rad=flight.impact_rad[0] + radians(off_km / KM_PER_DEG),
            lon_rad=flight.impact_rad[1],
            time_ns=flight.impact_ns,
            time_sigma_s=2.0,
            cov_en_m2=cov,
            basis="predicted",
        ),
        path=(),
        apogee_m=62_300.0,
        apogee_sigma_m=500.0,
        range_m=flight.range_m,
        range_sigma_m=1_000.0,
        classes=(("MRBM", 0.03), ("SRBM", 0.97)),
        zones=(),
        p_outside_eez=(("BBB", 0.999),),
        p_land=(),
        nations=(),
        models_boost=0.0,
    )


def warning_of(event: LaunchEvent, status: str = "confirmed") -> Warning:
    """The warning of a revision."""
    return Warning(
        warning=f"{event.event}-W1",
        revision=event.revision,
        origin=event.origin,
        world="exercise",
        event=event.event,
        event_revision=event.revision,
        salvo=event.salvo,
        time_ns=event.time_ns,
        status=status,
        missiles_at_least=1,
        detected_by=event.detected_by,
        launch=event.launch,
        impact=event.impact,
        path=(),
        zones=(),
        p_outside_eez=event.p_outside_eez,
        land_alert=(),
        apogee_m=event.apogee_m,
        range_m=event.range_m,
        headline=f"EXERCISE Missile warning; event {event.event}. EXERCISE",
        reason="EXERCISE made up EXERCISE",
        cancel_ready="EXERCISE withdrawn EXERCISE",
        expires_ns=event.time_ns + 900 * S,
    )


def coalition() -> Coalition:
    """AAA with a radar on land, BBB with one at sea that can also stand elsewhere."""
    return Coalition(
        coalition="made-up",
        title="Made-up coast",
        notice="All figures are invented.",
        topology="mesh",
        hub=None,
        nations=(
            NationSpec(nation="AAA", name="Alpha", ministry="Joint Staff"),
            NationSpec(nation="BBB", name="Bravo", ministry="Ministry of Defence"),
        ),
        sensors=(_radar("AAA-R", "AAA", 44.0, 150.5), _radar("BBB-SHIP", "BBB", 45.0, 156.0, moving=True)),
        configurations=(
            Configuration(name="base", moves=()),
            Configuration(name="east", moves=(SensorMove(sensor="BBB-SHIP", lat_rad=radians(45.0), lon_rad=radians(158.5)),)),
        ),
    )


def _radar(name: str, nation: str, lat_deg: float, lon_deg: float, *, moving: bool = False) -> Sensor:
    lat_rad, lon_rad = radians(lat_deg), radians(lon_deg)
    return Sensor(
        sensor=name,
        nation=nation,
        kind="radar",
        pos_ecef_m=geodetic2ecef(lat_rad, lon_rad, 0.0),
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=0.0,
        max_range_m=700e3,
        min_elevation_rad=radians(1.0),
        moving=moving,
    )


def empty_night(*flights: MissileTruth) -> NightRecord:
    """A night in which nobody saw anything."""
    return NightRecord(
        event="made-up-night",
        title="A made-up night",
        world="exercise",
        configuration="base",
        seed=7,
        start_ns=START_NS,
        end_ns=START_NS + 900 * S,
        eez_nation="BBB",
        missiles=flights,
        aircraft=(),
        first_plots=[],
        nations={code: NationRecord(nation=code) for code in ("AAA", "BBB")},
    )


def shared_night() -> NightRecord:
    """AAA sees both missiles from 40 s and warns at 50 s; BBB sees only the second, at 130 s, and has the first from AAA alone."""
    one, two = missile("1"), missile("2", launch_s=320.0, range_km=400.0)
    record = empty_night(one, two)
    aaa, bbb = record.nations["AAA"], record.nations["BBB"]
    for number, flight in ((1, one), (2, two)):
        record.first_plots.append(FirstPlot(missile=flight.missile, sensor="AAA-R", nation="AAA", time_ns=flight.launch_ns + 40 * S))
        for second in range(50, 200, 10):
            aaa.own_tracks.append(own_track("AAA", number, flight, second))
            _see(aaa, f"AAA-alone-{number}", f"alone-{number}", flight, second, off_km=1.0)
            _see(aaa, f"AAA-joint-{number}", f"joint-{number}", flight, second, off_km=1.0)
            _see(bbb, f"BBB-joint-{number}", f"joint-{number}", flight, second, off_km=0.5)
        bbb.partner_warnings.append((flight.launch_ns + 50 * S, aaa.alone_warnings[-15]))
        aaa.postures.append(
            Posture(level="raised", since_ns=flight.launch_ns + 50 * S, until_ns=flight.launch_ns + 1_800 * S, reason="launch")
        )
    record.first_plots.append(FirstPlot(missile="2", sensor="BBB-SHIP", nation="BBB", time_ns=two.launch_ns + 130 * S))
    for second in range(140, 190, 10):
        bbb.own_tracks.append(own_track("BBB", 1, two, second))
        _see(bbb, "BBB-alone-1", "alone-1", two, second, off_km=4.0, sigma_km=2.0)
    _see(aaa, "AAA-joint-1", "joint-1", one, 235, status="presumed-down")
    aaa.joint_warnings.append(warning_of(msgspec.structs.replace(aaa.joint_events[-1], time_ns=one.launch_ns + 300 * S), "all-clear"))
    record.aircraft = (AircraftTruth(aircraft="liner", kind="airliner", samples=one.samples[100:160]),)
    record.latency_s = {"node": [0.001, 0.002], "plot_to_partner": [0.010, 0.020, 0.030, 0.040], "warning_to_partner": []}
    record.sent = record.acknowledged = 24
    record.plots = 90
    return record


def _see(
    nation: NationRecord,
    name: str,
    track: str,
    flight: MissileTruth,
    second: int,
    *,
    status: str = "confirmed",
    off_km: float = 1.0,
    sigma_km: float = 1.0,
) -> None:
    """Add a fused state, an event revision and its warning."""
    alone = "-alone-" in name
    event = launch_event(name, track, flight, second, status, off_km=off_km, sigma_km=sigma_km)
    event = msgspec.structs.replace(event, missiles_at_least=int(name.rsplit("-", 1)[1]))  # of the salvo so far
    (nation.alone_fused if alone else nation.fused).append(fused_track(track, *flight.samples[second]))
    (nation.alone_events if alone else nation.joint_events).append(event)
    told = [w for w in (nation.alone_warnings if alone else nation.joint_warnings) if w.event == name]
    word = status if status != "confirmed" else "updated" if told else "confirmed"
    (nation.alone_warnings if alone else nation.joint_warnings).append(warning_of(event, word))
