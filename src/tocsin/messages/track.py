"""Track: one nation's estimate of one object. FusedTrack: the same object in a picture of one or more nations."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, Vec3

TrackKind = Literal["ballistic", "air-breathing", "orbital", "meteor", "unknown"]
TrackStatus = Literal["tentative", "confirmed", "lost", "closed"]


class ModelProbabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Probability of each motion phase; they sum to 1."""

    boost: float
    coast: float
    reentry: float
    manoeuvre: float


class LaunchEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when a missile left the ground (WGS-84 height 0), with its model spread inside the covariance.

    ``cov_en_m2``: (east-east, east-north, north-north) in m2, 1 sigma, at the point.
    """

    lat_rad: float
    lon_rad: float
    time_ns: int
    time_sigma_s: float
    cov_en_m2: Vec3
    burn_s: float | None = None  # burning time if the fit found one
    burn_sigma_s: float | None = None


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's track from its own sensors only. It is what nations exchange; fused tracks are never exchanged.

    State: ECEF earth-fixed position, velocity, ln(beta / (kg/m2)). ``cov``: upper triangle, row by row, of the 7x7
    covariance in that order (28 numbers; m, m/s, 1). ``thrust_mps2``: mean thrust acceleration along the velocity, 0 when
    not boosting. The mixture's spread is inside ``cov``. ``predicted``: no plot at ``time_ns``, extrapolated.
    """

    track: str  # "KOR-7": unique within the nation and epoch
    nation: Nation
    time_ns: int
    kind: TrackKind
    status: TrackStatus
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3
    ln_beta: float
    cov: tuple[float, ...]
    thrust_mps2: float
    thrust_sigma_mps2: float
    models: ModelProbabilities
    first_plot_ns: int
    last_plot_ns: int
    plots: int
    predicted: bool
    sensors: tuple[str, ...]  # sorted ids of the sensors that contributed
    parent: str | None = None
    confirmed_ns: int | None = None  # when it was confirmed
    launch: LaunchEstimate | None = None
    extra_sigma_m: float = 0.0  # coarsening that release added (already inside cov)


class TrackSource(msgspec.Struct, frozen=True, kw_only=True):
    """Provenance: which national track, as of when, stands in a fused track, and with which weight."""

    nation: Nation
    track: str
    time_ns: int
    weight: float
    status: TrackStatus


class FusedTrack(msgspec.Struct, frozen=True, kw_only=True):
    """One object in a picture. With a single source it is that nation's track. Fields as in ``Track``."""

    track: str  # "alone-3", "joint-3": unique within node, picture and epoch
    time_ns: int
    kind: TrackKind
    status: TrackStatus
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3
    ln_beta: float
    cov: tuple[float, ...]
    thrust_mps2: float
    thrust_sigma_mps2: float
    models: ModelProbabilities
    first_plot_ns: int
    last_plot_ns: int
    plots: int
    predicted: bool
    sensors: tuple[str, ...]
    sources: tuple[TrackSource, ...]
    members: tuple[Track, ...]  # the latest national tracks behind it, each nation's view
    confirmed_ns: int | None = None
    launches: tuple[tuple[Nation, LaunchEstimate], ...] = ()
    parent: str | None = None
