"""Launch events, commands and a desk made by hand, for the tests of warnings. Areas are a row of five: A beside B beside C ..."""

from collections.abc import Sequence

from tests.stages.flights import launch_estimate, ns
from tocsin.messages.basics import Note
from tocsin.messages.command import Command
from tocsin.messages.event import ImpactEstimate, LaunchEvent, Overflight
from tocsin.messages.warning import Posture
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.units import DEG
from tocsin.warning.desk import WarningDesk
from tocsin.warning.places import Places

NAME = "JPN-joint-2023-08-30-1"


def impact(
    basis: str = "predicted", *, lat: float = 40.9, lon: float = 130.5, t: float = 300.0, sigma_m: float = 1_000.0
) -> ImpactEstimate:
    return ImpactEstimate(
        lat_rad=lat * DEG,
        lon_rad=lon * DEG,
        time_ns=ns(t),
        time_sigma_s=2.0,
        cov_en_m2=(sigma_m**2, 0.0, sigma_m**2),
        basis=basis,
    )


def event(t: float, status: str = "confirmed", **changes: object) -> LaunchEvent:
    base = {
        "event": NAME,
        "revision": int(2 * t) + 1,
        "origin": "JPN",
        "picture": "joint",
        "time_ns": ns(t),
        "salvo": "JPN-joint-2023-08-30-S1",
        "world": "exercise",
        "status": status,
        "tracks": ("joint-1",),
        "missiles_at_least": 1,
        "missiles_estimate": 1.0,
        "objects": 1,
        "first_detection_ns": ns(0),
        "last_detection_ns": ns(t),
        "detected_by": ("KOR",),
        "sensors": 2,
        "launch": launch_estimate(),
        "impact": impact(),
        "path": (),
        "apogee_m": 50_000.0,
        "apogee_sigma_m": 300.0,
        "range_m": 350_000.0,
        "range_sigma_m": 2_000.0,
        "classes": (("SRBM", 1.0),),
        "zones": (("eez:KOR", 0.02), ("high-seas", 0.98)),
        "p_outside_eez": (("JPN", 1.0), ("KOR", 0.98)),
        "p_land": (("JPN", 0.0), ("KOR", 0.0)),
        "nations": (),
        "models_boost": 0.0,
        "remark": "confirmed by tracking",
    }
    return LaunchEvent(**(base | changes))


def command(
    act: str, t: float, reason: str = "", warning: str | None = f"{NAME}-W1", nation: str = "JPN", cause: str | None = None
) -> Command:
    return Command(command=f"c-{t}", person="duty-1", nation=nation, act=act, warning=warning, reason=reason, cause=cause, time_ns=ns(t))


def crossing(
    area: str, p: float = 0.9, *, nation: str = "JPN", from_t: float = 100.0, to_t: float = 130.0, passed_t: float | None = None
) -> Overflight:
    passed_ns = None if passed_t is None else ns(passed_t)
    return Overflight(area=area, nation=nation, p=p, from_ns=ns(from_t), to_ns=ns(to_t), passed_ns=passed_ns)


ROW = ("JP-A", "JP-B", "JP-C", "JP-D", "KR-E")  # each lies beside the next


def beside(area: str) -> tuple[str, ...]:
    """The areas on both sides of one of the row; none for others. Geography knows codes only."""
    assert area[2] == "-"
    i = ROW.index(area) if area in ROW else -9
    return tuple(name for k, name in enumerate(ROW) if abs(k - i) == 1)


PLACES = Places(
    neighbours=beside, name=lambda area: f"Name of {area}", nation=lambda area: {"JP": "JPN", "KR": "KOR", "KP": "PRK"}.get(area[:2], "")
)


class Desk:
    """A desk that keeps all notes and the last posture."""

    def __init__(self, world: str = "exercise", nation: str = "JPN") -> None:
        self.desk = WarningDesk(nation, world, "joint", places=PLACES)
        self.notes: list[str] = []
        self.said: list[Note] = []
        self.posture: Posture | None = None

    def step(self, t: float, *events: LaunchEvent, commands: Sequence[Command] = ()) -> tuple[TocsinWarning, ...]:
        warnings, self.posture, notes = self.desk.step(events, tuple(commands), ns(t))
        self.notes += [note.code for note in notes]
        self.said += notes
        return warnings
