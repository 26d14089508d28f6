"""A track's numbers as a Track message."""

from math import sqrt
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.phases import AIR, BOOST, COAST, MANOEUVRE, THRUST, WHOLE
from tocsin.messages.basics import Nation
from tocsin.messages.track import ModelProbabilities, Track, TrackStatus
from tocsin.tracking.record import Record

Array = NDArray[np.float64]

REENTRY_TOP_M = 60_000.0  # below it drag on a falling missile is felt: the usual limit between coast and re-entry

_UPPER = itemgetter(*(a * WHOLE + b for a in range(7) for b in range(a, 7)))  # upper triangle without thrust, of P[8, 8] in one row


def track_message(
    nation: Nation, record: Record, x: Array, P: Array, mu: Array, time_ns: int, *, predicted: bool, status: TrackStatus | None = None
) -> Track:
    """Return the Track of a combined state x[8], P[8, 8] with model weights mu[4] at time_ns."""
    values = x.tolist()
    numbers = (P if record.bias_cov is None else _with(P, record.bias_cov)).ravel().tolist()
    thrust_var = numbers[THRUST * WHOLE + THRUST]
    return Track(
        track=f"{nation}-{record.number}",
        nation=nation,
        time_ns=time_ns,
        kind=record.kind,
        status=status or record.status,
        pos_ecef_m=(values[0], values[1], values[2]),
        vel_ecef_mps=(values[3], values[4], values[5]),
        ln_beta=values[6],
        cov=_UPPER(numbers),
        thrust_mps2=values[THRUST],
        thrust_sigma_mps2=sqrt(thrust_var) if thrust_var > 0.0 else 0.0,
        models=_phases(values, mu.tolist()),
        first_plot_ns=record.first_plot_ns,
        last_plot_ns=record.last_plot_ns,
        plots=record.plots,
        predicted=predicted,
        sensors=record.sensors,
        parent=None if record.parent is None else f"{nation}-{record.parent}",
        confirmed_ns=record.confirmed_ns,
        launch=record.launch,
    )


def _phases(x: list[float], mu: list[float]) -> ModelProbabilities:
    """Return the phases' probabilities: COAST in air thick enough to slow it, on its way down, is re-entry; level flight a manoeuvre."""
    alt_m, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    entering = alt_m < REENTRY_TOP_M and up_x * x[3] + up_y * x[4] + up_z * x[5] < 0.0
    return ModelProbabilities(
        boost=mu[BOOST],
        coast=0.0 if entering else mu[COAST],
        reentry=mu[COAST] if entering else 0.0,
        manoeuvre=mu[AIR] + mu[MANOEUVRE],
    )


def _with(P: Array, bias_cov: Array) -> Array:
    """Return P[8, 8] plus bias_cov[7, 7]."""
    total = P.copy()
    total[:7, :7] += bias_cov
    return total
