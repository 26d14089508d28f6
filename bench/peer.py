"""The peer: Stone Soup (MIT licence), configured as its documentation suggests for radars, on the scans of a scene.

State in ECEF, nine numbers (position, velocity, acceleration of each axis: constant acceleration, q = 25 m2/s5), unscented filter with
library defaults, one CartesianToElevationBearingRange for each radar, Mahalanobis gate of 0.9999, global nearest neighbour by 2-D
assignment, MultiMeasurementInitiator (5 points, given up after 2.5 s without one), tracks given up after 8 s. Needs the extra ``bench``.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scenes import Scene
from scipy.stats import chi2
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRange
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantAcceleration
from stonesoup.predictor.kalman import UnscentedKalmanPredictor
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import UnscentedKalmanUpdater

from tocsin.kernels.geodesy import enu_axes
from tocsin.messages.plot import Scan
from tocsin.messages.sensor import Sensor

Array = NDArray[np.float64]

Q: Final = 25.0
GATE: Final = math.sqrt(float(chi2.ppf(0.9999, 3)))
POINTS: Final = 5
HOLD_S: Final = 2.5
KEEP_S: Final = 8.0
PRIOR_MPS: Final = 2_000.0  # of a new track's velocity ...
PRIOR_MPS2: Final = 30.0  # ... and acceleration, per axis
MAPPING: Final = (0, 3, 6)
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Peer:
    """A Stone Soup tracker that takes one scan at a time, so that each can be timed."""

    def __init__(self, scene: Scene) -> None:
        """Build the components for the scene's radars."""
        self._models = {sensor.sensor: radar_model(sensor) for sensor in scene.sensors}
        self._epoch_ns = scene.scans[0].scan.time_ns
        self._now: list[tuple[datetime, set[Detection]]] = []
        transition = CombinedLinearGaussianTransitionModel([ConstantAcceleration(Q)] * 3)
        updater = UnscentedKalmanUpdater(None)
        hypothesiser = DistanceHypothesiser(UnscentedKalmanPredictor(transition), updater, Mahalanobis(), missed_distance=GATE)
        associator = GNNWith2DAssignment(hypothesiser)
        spread = np.diag([1.0, PRIOR_MPS**2, PRIOR_MPS2**2] * 3)
        initiator = MultiMeasurementInitiator(
            prior_state=GaussianState(np.zeros((9, 1)), spread),
            deleter=UpdateTimeDeleter(timedelta(seconds=HOLD_S)),
            data_associator=associator,
            updater=updater,
            min_points=POINTS,
        )
        deleter = UpdateTimeDeleter(timedelta(seconds=KEEP_S))
        self._tracker = MultiTargetTracker(initiator, deleter, self._feed(), associator, updater)
        self._steps = iter(self._tracker)

    def detections(self, scan: Scan) -> tuple[datetime, set[Detection]]:
        """Return a scan as the peer takes it; making these objects is not timed."""
        time = EPOCH + timedelta(microseconds=(scan.time_ns - self._epoch_ns) / 1_000)
        model = self._models[scan.sensor]
        values = [np.array([[plot.elevation_rad], [-(plot.azimuth_rad or 0.0)], [plot.range_m]]) for plot in scan.plots]
        return time, {Detection(value, timestamp=time, measurement_model=model) for value in values}

    def step(self, scan: tuple[datetime, set[Detection]]) -> None:
        """Take one scan."""
        self._now.append(scan)
        next(self._steps)

    def positions(self) -> Array:
        """Return the positions [n, 3] of the confirmed tracks."""
        return np.array([track.state_vector[MAPPING, 0] for track in self._tracker.tracks], dtype=np.float64).reshape(-1, 3)

    def _feed(self) -> Iterator[tuple[datetime, set[Detection]]]:
        """Yield what ``step`` was given."""
        while self._now:
            yield self._now.pop()


def radar_model(sensor: Sensor) -> CartesianToElevationBearingRange:
    """Return the measurement model of a radar: frame north, west, up, so that the bearing is minus the azimuth.

    The frame's rotation is given as roll, pitch, yaw: rows of the frame = Rx(-roll) Ry(pitch) Rz(-yaw).
    """
    axes = np.empty((3, 3))
    enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
    frame = np.array([axes[1], -axes[0], axes[2]])
    turn = (math.atan2(frame[1, 2], frame[2, 2]), math.asin(frame[0, 2]), math.atan2(frame[0, 1], frame[0, 0]))
    return CartesianToElevationBearingRange(
        ndim_state=9,
        mapping=MAPPING,
        noise_covar=np.diag([sensor.sigma_elevation_rad**2, sensor.sigma_azimuth_rad**2, sensor.sigma_range_m**2]),
        translation_offset=np.array(sensor.pos_ecef_m).reshape(3, 1),
        rotation_offset=np.array(turn).reshape(3, 1),
    )
