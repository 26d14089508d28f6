"""summary.json of a tracked plot file: shape and writer. A night's summary is made by ``evaluation.summary``."""

from typing import Final

import msgspec

from tocsin.adapters.formats.angles import deg
from tocsin.messages.health import SensorFault, SensorHealth, SensorVerdict

Figure = float | None


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Median and 99th percentile, milliseconds."""

    p50: Figure
    p99: Figure


class TrackCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much went in and came out of ``tocsin track``."""

    lines: int
    plots: int
    tracks: int
    track_lines: int
    events: int
    event_lines: int


class SensorLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was thought of one radar at the end: its bias with 1 sigma, measured minus true, and how many of its tracks' plots came."""

    sensor: str
    verdict: SensorVerdict
    fault: SensorFault
    bias_azimuth_deg: float
    bias_elevation_deg: float
    bias_range_m: float
    bias_time_s: float
    sigma_bias_azimuth_deg: float
    sigma_bias_elevation_deg: float
    sigma_bias_range_m: float
    sigma_bias_time_s: float
    variance_factor: float
    plots: int
    expected_detections: float
    detections: float


class TrackSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Of ``tocsin track``. ``input_problems``: how many by reason. ``sensors``: radars that saw confirmed tracks, by health."""

    version: str
    seed: int | None
    config_sha256: str
    counts: TrackCounts
    plots_per_s: Figure
    scan_latency_ms: Percentiles
    input_problems: dict[str, int]
    sensors: tuple[SensorLine, ...] = ()


_encoder: Final = msgspec.json.Encoder()


def sensor_line(health: SensorHealth) -> SensorLine:
    """Return a sensor's health as the summary has it."""
    return SensorLine(
        sensor=health.sensor,
        verdict=health.verdict,
        fault=health.fault,
        bias_azimuth_deg=deg(health.bias_azimuth_rad),
        bias_elevation_deg=deg(health.bias_elevation_rad),
        bias_range_m=health.bias_range_m,
        bias_time_s=health.bias_clock_s,
        sigma_bias_azimuth_deg=deg(health.sigma_bias_azimuth_rad),
        sigma_bias_elevation_deg=deg(health.sigma_bias_elevation_rad),
        sigma_bias_range_m=health.sigma_bias_range_m,
        sigma_bias_time_s=health.sigma_bias_clock_s,
        variance_factor=health.variance_factor,
        plots=health.plots,
        expected_detections=health.expected_detections,
        detections=health.detections,
    )


def summary_json(summary: TrackSummary) -> bytes:
    """Return the summary as indented JSON with a line end."""
    return msgspec.json.format(_encoder.encode(summary), indent=2) + b"\n"
