"""What a user may set about the tracker, each with its unit and reason."""

import msgspec


class TrackerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and thresholds in seconds and probabilities, never in steps: sensors are asynchronous."""

    false_confirmed_per_hour: float = 0.02
    """Accepted rate of false confirmed tracks from false alarms alone; sets the confirmation threshold (Wald)."""
    suspect_ln_ratio: float = 6.0
    """Evidence (ln of odds against false alarms) above which a tentative ballistic track is shown: 400 to 1."""
    loss_probability: float = 1e-4
    """A track is lost once the misses since its last plot were less likely than this, had it still been there."""
    loss_least_s: float = 3.0
    """... and at least this long without a plot, so that one blind moment of many sensors loses nothing."""
    lost_keep_s: float = 20.0
    """How long a lost track may still be found again before it is closed."""
    unseen_keep_s: float = 60.0
    """How long an aircraft or unknown object out of all coverage is carried on; a ballistic one flies on to the ground."""
    tentative_keep_s: float = 12.0
    """How long a tentative track waits for its next plot; infrared satellites look every 5-10 s."""
    max_lag_s: float = 3.0
    """Plots older than the newest state by more than this are dropped with a note."""
    future_s: float = 1.0
    """Plots later than ``now`` by more than this are dropped with a note: a clock is wrong."""
    max_tracks: int = 512
    """Bound on live tracks, tentative ones included; further starts are refused with a note."""
