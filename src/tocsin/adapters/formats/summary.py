"""summary.json: what a run came to, in two forms: of a tracked plot file, and of a demo or scenario night.

Only shapes and the writer; the figures come from whoever ran it. ``null`` means "never", in lists with one entry per missile.
"""

from typing import Final

import msgspec

from tocsin.messages.basics import Nation, World

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


class TruthSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What really flew."""

    missiles: int


class PictureSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's picture. Times in seconds after lift-off; lists hold one entry per missile, null where never."""

    missiles_at_least: int
    first_detection_s: tuple[Figure, ...]
    first_warning_s: tuple[Figure, ...]
    impact_error_km: tuple[Figure, ...]
    ellipse95_km2: tuple[Figure, ...]
    p_outside_jpn_eez: tuple[Figure, ...]


class NationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """With its own sensors only, and with what partners share."""

    alone: PictureSummary
    together: PictureSummary


class MessageCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Distinct lossless envelopes."""

    sent: int
    acknowledged: int
    refused: int


class NightLatency(msgspec.Struct, frozen=True, kw_only=True):
    """From a plot, and from a warning, to the partner's picture."""

    plot_to_partner: Percentiles
    warning_to_partner: Percentiles


class AircraftCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Friendly air activity: seen, and (never) warned of."""

    tracked: int
    warned: int


class NightSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Of ``tocsin demo`` and ``tocsin run``."""

    event: str
    world: World
    truth: TruthSummary
    launch_events: int
    salvos: int
    false_launch_events: int
    nations: dict[Nation, NationSummary]
    messages: MessageCounts
    latency_ms: NightLatency
    aircraft: AircraftCounts
    replay_identical: bool


_encoder: Final = msgspec.json.Encoder()


def summary_json(summary: TrackSummary | NightSummary) -> bytes:
    """Return the summary as indented JSON with a line end."""
    return msgspec.json.format(_encoder.encode(summary), indent=2) + b"\n"
