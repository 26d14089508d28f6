"""What a track is after one more plot: kind, burning or not, coasting for sure or not. Changes the record and the bank's switches."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.look import SHOWN_WEIGHTS
from tocsin.kernels.phases import BOOST, COAST
from tocsin.messages.track import TrackKind
from tocsin.tracking.bank import TrackBank
from tocsin.tracking.classify import Kinematics, classify, needs_perigee, perigee_of, velocity_sigma
from tocsin.tracking.record import Record
from tocsin.units import s2ns

Array = NDArray[np.float64]

FEW_PLOTS: Final = 3  # on which thrust is not believed yet
SURELY_BURNING: Final = 0.8  # ... from which its launch may be told; a track that began after burnout has none
BURNING: Final = 0.5  # probability of the boost model from which a track counts as burning
BURNT_OUT: Final = 0.05  # ... and below which it counts as burnt out
STAGING_S: Final = 10.0  # burnt out for this long: no second stage comes any more (published gap between stages: 0-10 s)
COASTING: Final = 0.97  # probability of the coast model from which, held for SETTLE_S and SETTLE_PLOTS plots, a track falls quiet
SETTLE_S: Final = 2.0
SETTLE_PLOTS: Final = 4


def judge(record: Record, bank: TrackBank, shown: list[float], plot: Array | None, time_ns: int) -> None:
    """Decide kind and phase from the state after a plot; shown: a row of kernels.look; plot: its row, None at the start."""
    record.kind = _kind(record, bank, shown)
    if record.kind == "ballistic" and not record.air_forbidden:
        record.air_forbidden = True
        bank.forbid(record.row, air=True)
    _judge_burning(record, bank, shown[SHOWN_WEIGHTS + BOOST], time_ns)
    _judge_coasting(record, bank, shown[SHOWN_WEIGHTS + COAST], time_ns)
    if plot is not None:
        record.keep_early(time_ns, plot)


def _kind(record: Record, bank: TrackBank, shown: list[float]) -> TrackKind:
    """Return the kind after one more plot."""
    if not record.located():  # what a missile-warning satellite sees is thrust; with one satellite it stays a suspicion
        return "ballistic" if record.radar_plots == 0 else record.kind
    row = record.row
    motion = Kinematics(
        alt_m=shown[0],
        alt_sigma_m=shown[1],
        speed_mps=shown[2],
        speed_sigma_mps=shown[3],
        climb_mps=shown[4],
        climb_sigma_mps=shown[5],
        velocity_sigma_mps=velocity_sigma(bank.whole_P[row]),
    )
    perigee = None
    if needs_perigee(record.kind, motion, shown[SHOWN_WEIGHTS + BOOST]):
        perigee = perigee_of(bank.whole_x[row], bank.whole_P[row])
    elif record.kind == "ballistic":
        return "ballistic"
    seen_ns = record.last_plot_ns - record.first_plot_ns
    return classify(record.kind, motion, bank.mu[row], record.plots, record.infrared_plots, seen_ns, perigee=perigee)


def _judge_burning(record: Record, bank: TrackBank, burning: float, time_ns: int) -> None:
    """Note when it was seen to burn, when it burnt out, and rule a second stage out in time."""
    record.boosting_seen = record.boosting_seen or (burning > SURELY_BURNING and record.plots > FEW_PLOTS)
    if burning > BURNING:
        record.burnout_ns = None
    elif record.boosting_seen and record.burnout_ns is None:
        record.burnout_ns = time_ns
    if burning >= BURNT_OUT:
        record.burnt_out_ns = None
    elif record.burnt_out_ns is None:
        record.burnt_out_ns = time_ns
    elif record.can_boost and time_ns - record.burnt_out_ns > s2ns(STAGING_S):
        record.can_boost = False
        bank.forbid(record.row, boost=True)


def _judge_coasting(record: Record, bank: TrackBank, coasting: float, time_ns: int) -> None:
    """Let a track that surely coasts fall quiet; one that was seen to burn not before a second stage can be ruled out."""
    staging = record.boosting_seen and record.can_boost
    if staging or coasting < COASTING or record.kind not in ("ballistic", "orbital"):
        record.coasting_ns = None
    elif record.coasting_ns is None:
        record.coasting_ns, record.coasting_plots = time_ns, 0
    elif not bank.is_quiet(record.row):
        record.coasting_plots += 1
        if record.coasting_plots >= SETTLE_PLOTS and time_ns - record.coasting_ns > s2ns(SETTLE_S):
            bank.fall_quiet(record.row)
