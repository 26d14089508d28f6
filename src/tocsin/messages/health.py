"""SensorHealth: what a nation's tracker has found out about one of its own sensors. It stays with the nation."""

from typing import Literal

import msgspec

SensorVerdict = Literal["good", "biased", "unobservable", "bad"]
"""``good``: nothing against it. ``biased``: a bias beyond what a good sensor has, certain to 99.99 %, estimated and taken off.
``unobservable``: it may be biased, by its declaration or since it disagrees with another, and the common targets do not tell.
``bad``: it errs more than any bias explains, or no longer sees what it should."""

SensorFault = Literal["none", "offset", "clock", "noise", "blind"]
"""``offset``: azimuth, elevation or range; ``clock``: its time stamps; ``noise``: innovations too large; ``blind``: its plots do not
meet the tracks that it should see."""


class SensorHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor's registration at a time. Bias = measured minus true (clock: stamped minus true), with its 1 sigma."""

    sensor: str
    time_ns: int
    verdict: SensorVerdict
    fault: SensorFault = "none"
    ln_odds: float = 0.0  # that it has the fault, against a sensor without
    bias_azimuth_rad: float = 0.0
    bias_elevation_rad: float = 0.0
    bias_range_m: float = 0.0
    bias_clock_s: float = 0.0
    sigma_bias_azimuth_rad: float = 0.0
    sigma_bias_elevation_rad: float = 0.0
    sigma_bias_range_m: float = 0.0
    sigma_bias_clock_s: float = 0.0
    variance_factor: float = 1.0  # its variances are multiplied by this
    plots: int = 0  # that spoke about its bias
    expected_detections: float = 0.0  # of confirmed tracks, in the last minutes
    detections: float = 0.0  # ... and what came
