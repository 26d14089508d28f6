"""Messages to share in tests: one typical item of each product, and Hypothesis strategies for arbitrary ones."""

from pathlib import Path

import msgspec
from hypothesis import strategies as st

from tocsin.messages.event import ImpactEstimate, LaunchEvent, NationView, PathPoint
from tocsin.messages.receipt import Heartbeat, Receipt, StreamMark
from tocsin.messages.release import Policy
from tocsin.messages.track import LaunchEstimate, ModelProbabilities, Track
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.sharing.rules import parse_policy

T0_NS = 1_693_406_352_345_678_901  # 2023-08-30T14:39:12.345678901Z
NATIONS = ("KOR", "JPN", "USA")
PRODUCTS = ("track", "event", "warning", "receipt", "heartbeat")
TRACK_KINDS = ("ballistic", "air-breathing", "orbital", "meteor", "unknown")
WARNING_STATUSES = ("suspected", "confirmed", "updated", "presumed-down", "observed", "passed", "all-clear", "cancelled", "expired")
WORLDS = ("live", "exercise", "test")
RULES = Path(__file__).parents[2] / "src" / "tocsin" / "data" / "rules" / "northeast-asia"


def rules_text(nation: str) -> str:
    return (RULES / f"{nation}.toml").read_text(encoding="utf-8")


def policy_of(nation: str) -> Policy:
    return parse_policy(rules_text(nation), f"{nation}.toml")


def triangle(sigmas: tuple[float, ...], correlation: float) -> tuple[float, ...]:
    """Upper triangle of a covariance whose axes all correlate equally (positive for correlation 0 to 1)."""
    n = len(sigmas)
    return tuple(sigmas[i] * sigmas[j] * (1.0 if i == j else correlation) for i in range(n) for j in range(i, n))


LAUNCH = LaunchEstimate(
    lat_rad=0.684123456789,
    lon_rad=2.193456789012,
    time_ns=T0_NS - 60_000_000_000,
    time_sigma_s=1.234567,
    cov_en_m2=(4.1e6, 3.3e5, 2.2e6),
    burn_s=62.5,
    burn_sigma_s=3.25,
)
IMPACT = ImpactEstimate(
    lat_rad=0.689123456789,
    lon_rad=2.263456789012,
    time_ns=T0_NS + 200_000_000_000,
    time_sigma_s=2.5,
    cov_en_m2=(1.1e6, -2.3e5, 9.2e5),
    basis="predicted",
    assumes="no-manoeuvre",
    manoeuvre_footprint=((0.68, 2.26), (0.69, 2.26), (0.69, 2.27), (0.68, 2.26)),
)
TRACK = Track(
    track="KOR-7",
    nation="KOR",
    time_ns=T0_NS,
    kind="ballistic",
    status="confirmed",
    pos_ecef_m=(-3_041_234.567891, 4_070_987.654321, 3_912_345.678912),
    vel_ecef_mps=(-812.345678, 301.234567, 1_420.987654),
    ln_beta=8.5123456789,
    cov=triangle((31.7, 42.1, 27.9, 1.13, 2.21, 0.97, 0.41), 0.3),
    thrust_mps2=12.3456789,
    thrust_sigma_mps2=4.56789,
    models=ModelProbabilities(boost=0.125, coast=0.8125, reentry=0.03125, manoeuvre=0.03125),
    first_plot_ns=T0_NS - 30_000_000_000,
    last_plot_ns=T0_NS - 250_000_000,
    plots=17,
    predicted=True,
    sensors=("KOR-EWR-N", "KOR-EWR-S"),
    parent="KOR-3",
    confirmed_ns=T0_NS - 20_000_000_000,
    launch=LAUNCH,
)
PATH = tuple(
    PathPoint(time_ns=T0_NS + k * 10_000_000_000, lat_rad=0.684 + 0.0003 * k, lon_rad=2.193 + 0.004 * k, alt_m=40_000.0 + 123.456 * k)
    for k in range(12)
)
EVENT = LaunchEvent(
    event="KOR-joint-2023-08-30-1",
    revision=4,
    origin="KOR",
    picture="joint",
    time_ns=T0_NS,
    salvo="KOR-joint-2023-08-30-s1",
    world="exercise",
    status="confirmed",
    tracks=("joint-3",),
    missiles_at_least=1,
    missiles_estimate=1.03125,
    objects=2,
    first_detection_ns=T0_NS - 31_000_000_000,
    last_detection_ns=T0_NS - 250_000_000,
    detected_by=("JPN", "KOR"),
    sensors=3,
    launch=LAUNCH,
    impact=IMPACT,
    path=PATH,
    apogee_m=50_123.456,
    apogee_sigma_m=812.5,
    range_m=351_234.567,
    range_sigma_m=1_500.25,
    classes=(("CRBM", 0.0625), ("SRBM", 0.9375)),
    zones=(("eez:JPN", 0.004), ("high-seas", 0.996)),
    p_outside_eez=(("JPN", 0.996), ("KOR", 1.0)),
    p_land=(("JPN", 0.0), ("KOR", 0.0)),
    nations=(
        NationView(nation="JPN", track="JPN-2", status="tentative", last_plot_ns=T0_NS, sensors=1),
        NationView(
            nation="KOR", track="KOR-7", status="confirmed", last_plot_ns=T0_NS, sensors=2, apogee_m=50_321.9,
            range_m=352_001.4, impact_lat_rad=0.6891, impact_lon_rad=2.2634,
        ),
    ),
    models_boost=0.125,
    legal=("UNSCR 1718 (2006), paragraph 2",),
    remark="second sensor confirms",
)  # fmt: skip
WARNING = TocsinWarning(
    warning="KOR-W1",
    revision=3,
    origin="KOR",
    world="exercise",
    event="KOR-joint-2023-08-30-1",
    event_revision=4,
    salvo="KOR-joint-2023-08-30-s1",
    time_ns=T0_NS,
    status="updated",
    missiles_at_least=1,
    detected_by=("JPN", "KOR"),
    launch=LAUNCH,
    impact=IMPACT,
    path=PATH,
    zones=(("high-seas", 0.996),),
    p_outside_eez=(("JPN", 0.996),),
    land_alert=(),
    apogee_m=50_123.456,
    range_m=351_234.567,
    headline="EXERCISE. Ballistic missile launched toward the East Sea. EXERCISE.",
    reason="impact estimate narrowed",
    cancel_ready="EXERCISE. The warning KOR-W1 is cancelled. EXERCISE.",
    expires_ns=T0_NS + 900_000_000_000,
    references=(("KOR-W1", 1), ("KOR-W1", 2)),
)
RECEIPT = Receipt(
    origin="JPN", recipient="KOR", epoch=1, sequence=12, product="warning", item="warning JPN-W1 revision 2", received_ns=T0_NS
)
HEARTBEAT = Heartbeat(
    nation="KOR",
    neighbour="USA",
    time_ns=T0_NS,
    marks=(StreamMark(origin="KOR", audience="JPN", epoch=1, sent=12, received=0),),
)


def item_for(product: str, nation: str, partner: str, world: str) -> Track | LaunchEvent | TocsinWarning | Receipt | Heartbeat:
    """Return the sample of a product as ``nation`` would say it to ``partner`` in ``world``."""
    replace = msgspec.structs.replace
    if product == "track":
        return replace(TRACK, nation=nation)
    if product == "event":
        return replace(EVENT, origin=nation, world=world)
    if product == "warning":
        return replace(WARNING, origin=nation, world=world)
    if product == "receipt":
        return replace(RECEIPT, origin=partner, recipient=nation)
    return replace(HEARTBEAT, nation=nation, neighbour=partner)


# --- arbitrary messages -----------------------------------------------------------------------------------------------

counts = st.integers(0, 2**63 - 1)
small = st.integers(0, 1_000)
names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)
numbers = st.floats(-1e12, 1e12)
parts = st.floats(0.0, 1.0)
lats = st.floats(-1.5, 1.5)
lons = st.floats(-3.1, 3.1)
nations = st.sampled_from(NATIONS)
vectors = st.tuples(numbers, numbers, numbers)
shares = st.lists(st.tuples(names, parts), max_size=3).map(tuple)
name_lists = st.lists(names, max_size=3).map(tuple)
positive2 = st.tuples(st.floats(1.0, 1e9), st.floats(1.0, 1e9), st.floats(-0.9, 0.9)).map(
    lambda p: (p[0], p[2] * (p[0] * p[1]) ** 0.5, p[1])
)


@st.composite
def covariances(draw: st.DrawFn) -> tuple[float, ...]:
    """Positive 7x7: D (r 11' + (1-r) I) D with arbitrary scales and signs."""
    scales = tuple(draw(st.floats(1e-2, 1e4)) for _ in range(7))
    signs = tuple(draw(st.sampled_from((-1.0, 1.0))) for _ in range(7))
    return triangle(tuple(a * b for a, b in zip(scales, signs, strict=True)), draw(st.floats(0.0, 0.95)))


launches = st.builds(
    LaunchEstimate, lat_rad=lats, lon_rad=lons, time_ns=counts, time_sigma_s=parts, cov_en_m2=positive2,
    burn_s=st.none() | st.floats(0.0, 300.0), burn_sigma_s=st.none() | parts,
)  # fmt: skip
impacts = st.builds(
    ImpactEstimate, lat_rad=lats, lon_rad=lons, time_ns=counts, time_sigma_s=parts, cov_en_m2=positive2,
    basis=st.sampled_from(("predicted", "thrust-ended-now", "observed")), assumes=st.sampled_from(("no-manoeuvre", "none")),
    manoeuvre_footprint=st.none() | st.lists(st.tuples(lats, lons), max_size=4).map(tuple),
)  # fmt: skip
paths = st.lists(st.builds(PathPoint, time_ns=counts, lat_rad=lats, lon_rad=lons, alt_m=numbers), max_size=3).map(tuple)
models = st.tuples(parts, parts, parts, st.floats(0.01, 1.0)).map(
    lambda p: ModelProbabilities(boost=p[0] / sum(p), coast=p[1] / sum(p), reentry=p[2] / sum(p), manoeuvre=p[3] / sum(p))
)
directions = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.1, 1.0))


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Sound tracks of KOR of any kind, place and age."""
    x, y, z = draw(directions)
    radius_m = draw(st.floats(6.36e6, 9.0e6)) / (x * x + y * y + z * z) ** 0.5
    first, last, now = sorted((draw(counts), draw(counts), draw(counts)))
    return Track(
        track=draw(names), nation="KOR", time_ns=now, kind=draw(st.sampled_from(TRACK_KINDS)),
        status=draw(st.sampled_from(("tentative", "confirmed", "lost", "closed"))),
        pos_ecef_m=(x * radius_m, y * radius_m, z * radius_m),
        vel_ecef_mps=tuple(draw(st.floats(-7e3, 7e3)) for _ in range(3)),  # type: ignore[arg-type]
        ln_beta=draw(st.floats(4.0, 12.0)), cov=draw(covariances()), thrust_mps2=draw(st.floats(-10.0, 150.0)),
        thrust_sigma_mps2=draw(st.floats(0.0, 90.0)), models=draw(models), first_plot_ns=first, last_plot_ns=last,
        plots=draw(small), predicted=draw(st.booleans()), sensors=draw(name_lists), parent=draw(st.none() | names),
        confirmed_ns=draw(st.none() | counts), launch=draw(st.none() | launches),
    )  # fmt: skip


views = st.builds(
    NationView, nation=nations, track=names, status=texts, last_plot_ns=counts, sensors=small, apogee_m=st.none() | numbers,
    range_m=st.none() | numbers, impact_lat_rad=st.none(), impact_lon_rad=st.none(),
)  # fmt: skip
worlds = st.sampled_from(WORLDS)


@st.composite
def events(draw: st.DrawFn) -> LaunchEvent:
    """Sound events of KOR."""
    first, last = sorted((draw(counts), draw(counts)))
    length = st.none() | st.floats(0.0, 1e7)
    return LaunchEvent(
        event=draw(names), revision=draw(small), origin="KOR", picture=draw(st.sampled_from(("alone", "joint"))),
        time_ns=draw(counts), salvo=draw(names), world=draw(worlds),
        status=draw(st.sampled_from(("suspected", "confirmed", "presumed-down", "observed", "closed", "cancelled"))),
        tracks=draw(name_lists), missiles_at_least=draw(small), missiles_estimate=draw(st.floats(0.0, 100.0)), objects=draw(small),
        first_detection_ns=first, last_detection_ns=last, detected_by=draw(st.lists(nations, max_size=3).map(tuple)),
        sensors=draw(small), launch=draw(st.none() | launches), impact=draw(st.none() | impacts), path=draw(paths),
        apogee_m=draw(length), apogee_sigma_m=draw(length), range_m=draw(length), range_sigma_m=draw(length),
        classes=draw(shares), zones=draw(shares), p_outside_eez=draw(shares), p_land=draw(shares),
        nations=draw(st.lists(views, max_size=3).map(tuple)), models_boost=draw(parts), legal=draw(name_lists), remark=draw(texts),
    )  # fmt: skip


warnings = st.builds(
    TocsinWarning, warning=names, revision=small, origin=st.just("KOR"), world=worlds, event=names, event_revision=small, salvo=names,
    time_ns=counts,
    status=st.sampled_from(WARNING_STATUSES),
    missiles_at_least=small, detected_by=st.lists(nations, max_size=3).map(tuple), launch=st.none() | launches,
    impact=st.none() | impacts, path=paths, zones=shares, p_outside_eez=shares, land_alert=st.lists(nations, max_size=3).map(tuple),
    apogee_m=st.none() | numbers, range_m=st.none() | numbers, headline=texts, reason=texts, cancel_ready=texts, expires_ns=counts,
    references=st.lists(st.tuples(names, small), max_size=3).map(tuple),
)  # fmt: skip
receipts = st.builds(
    Receipt, origin=nations, recipient=nations, epoch=counts, sequence=counts, product=texts, item=texts, received_ns=counts
)
marks = st.builds(StreamMark, origin=nations, audience=nations, epoch=counts, sent=counts, received=counts)
heartbeats = st.builds(
    Heartbeat, nation=nations, neighbour=nations, time_ns=counts,
    marks=st.lists(marks, max_size=3).map(tuple),
)  # fmt: skip
ITEMS = {"track": tracks(), "event": events(), "warning": warnings, "receipt": receipts, "heartbeat": heartbeats}
