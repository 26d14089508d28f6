"""summary.json of a tracked plot file: shape and writer. A night's summary is made by ``evaluation.summary``."""

from typing import Final

import msgspec

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


class TrackSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Of ``tocsin track``. ``input_problems``: how many by reason."""

    version: str
    seed: int | None
    config_sha256: str
    counts: TrackCounts
    plots_per_s: Figure
    scan_latency_ms: Percentiles
    input_problems: dict[str, int]


_encoder: Final = msgspec.json.Encoder()


def summary_json(summary: TrackSummary) -> bytes:
    """Return the summary as indented JSON with a line end."""
    return msgspec.json.format(_encoder.encode(summary), indent=2) + b"\n"
