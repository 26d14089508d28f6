"""The life of a track as a table: tentative, confirmed, lost, closed; decided by evidence and seconds, never by steps."""

from typing import Final

from tocsin.messages.track import TrackStatus
from tocsin.tracking.record import Record
from tocsin.tracking.settings import TrackerSettings
from tocsin.units import s2ns

LEAST_PLOTS: Final = 3  # two plots may meet by chance; a third must agree
LEAST_LINES: Final = 6  # three lines fix place and velocity; with four, one false and three true ones made a second missile (1 night in 50)
TENTATIVE_PERIODS: Final = 2.5  # scans of its slowest sensor that a tentative track waits for at least: one missed look
METEOR_KEEP_S: Final = 3.0  # a meteor that is not seen any more has gone out; its track would live on false alarms
BELOW_GROUND_M: Final = -5_000.0  # a prediction this deep has certainly landed
GROUND_SIGMAS: Final = 3.0


def below_ground(alt_m: float, sigma_m: float) -> bool:
    """True once a predicted altitude lies below the ground with GROUND_SIGMAS."""
    return alt_m + GROUND_SIGMAS * sigma_m < 0.0 or alt_m < BELOW_GROUND_M


def next_status(
    record: Record, end_ns: int, settings: TrackerSettings, confirm_at: float, lose_at: float, slowest_s: float, *, seen: bool, down: bool
) -> TrackStatus:
    """Return what a track is after a scan that ended at end_ns.

    confirm_at, lose_at: ln odds; slowest_s: longest scan period of its sensors; seen: it got a plot; down: it is below the ground.
    """
    if record.status == "tentative":
        return _next_tentative(record, end_ns, settings, confirm_at, lose_at, slowest_s)
    if seen:
        return "confirmed"
    unseen_ns = end_ns - record.last_plot_ns
    keep_s = METEOR_KEEP_S if record.kind == "meteor" else settings.unseen_keep_s
    out_of_sight = record.kind != "ballistic" and unseen_ns > s2ns(keep_s)
    given_up = record.lost_ns is not None and end_ns - record.lost_ns > s2ns(settings.lost_keep_s)
    if (down and record.kind != "air-breathing") or out_of_sight or given_up:
        return "closed"
    gone = record.missed < lose_at and unseen_ns > s2ns(settings.loss_least_s)
    return "lost" if gone else record.status


def _next_tentative(
    record: Record, end_ns: int, settings: TrackerSettings, confirm_at: float, lose_at: float, slowest_s: float
) -> TrackStatus:
    """Return what a track that is not confirmed yet becomes."""
    enough = LEAST_PLOTS if record.radar_plots > 0 else LEAST_LINES
    if record.evidence >= confirm_at and record.plots >= enough and record.located():
        return "confirmed"
    waited = end_ns - record.last_plot_ns > s2ns(max(settings.tentative_keep_s, TENTATIVE_PERIODS * slowest_s))
    return "closed" if waited or record.evidence <= 0.0 or record.missed < lose_at else "tentative"
