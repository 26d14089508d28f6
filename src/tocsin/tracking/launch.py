"""Launch point and time of a track that was seen burning: a fit over ascent templates, off the scan's hot path.

The published prior of a boost is a mixture of Gaussian templates (``launch_prior``). Each is fitted to the plots on both sides
of burnout and weighed by its evidence (chi-square, priors and the determinant: Laplace), so that what was not seen is in the
ellipse. Templates that the plots rule out are dropped; a second stage that begins in sight of the sensors starts from the fit
of the first. Once the burn is over, narrow templates all over the prior of what was not seen replace the few broad ones in
effect: the launch point bends with kick and staging, and one Gaussian each would be too sharp.
"""

from collections.abc import Callable, Sequence
from math import cos, exp, isfinite, log, sin, sqrt
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic
from tocsin.kernels.measure import COL_SIGMA, MAX_ROWS, measured_rows
from tocsin.kernels.trajectory import coast_propagate
from tocsin.messages.track import LaunchEstimate
from tocsin.models.ascent import ROUGHLY_SETTLED, SETTLED, Fitted, Sight, fit_ascent, guess_ascent
from tocsin.models.ascent_kernels import (
    BURN,
    EAST,
    GAP,
    KICK_TIME,
    LEAST_BURN_S,
    LN_RATIO,
    NORTH,
    ONE_STAGE,
    REFUSED,
    SLOPE,
    SLOPE_1,
    STAGE,
    TIME,
    TWO_STAGES,
)
from tocsin.tracking.launch_prior import ANY_STAGING, KICK, KICK_THIRDS_S, LN_BETA_MEAN, ONE, STAGINGS, Template, narrow_templates, prior_of
from tocsin.units import NS_PER_S, STANDARD_GRAVITY_MPS2, WGS84_A_M, WGS84_E2, s2ns

Array = NDArray[np.float64]

LEAST_PLOTS: Final = 4
LEAST_SPAN_S: Final = 2.0
MOST_PLOTS: Final = 160  # spread in time; the fit stays within milliseconds
UNTOLD_S: Final = 1.0  # a burnout or staging begins to show so long before the last plot
START_GAPS_S: Final = (1.0, 5.0)
SOUND_PARTS: Final = (0.7, 0.4)  # of the plots
CUE_LAG_S: Final = 2.0  # burnout is told from the phase probabilities, which lag 1-4 s
CUE_SIGMA_S: Final = 4.0  # much more when satellites alone see it, so it weighs little
UNSEEN_S: Final = 60.0  # a track that began so long after burnout says nothing of the launch
COLD_ITERATIONS: Final = 12
SOFT_ITERATIONS: Final = 8
COLD_SOFTENINGS: Final = (30.0, 5.0)  # times the plots' sigmas, one after the other, before the fit itself
WARM_SOFTENINGS: Final = (5.0,)
WARM_ITERATIONS: Final = 4
HEAVY_STARTS: Final = 4  # the lighter templates take one step a call
SPLIT_ITERATIONS: Final = 6
SPLIT_SHARE: Final = 0.03  # a template of this weight has its kick's range split in three
MOST_SPLITS: Final = 3  # per call
LEAST_SHARE: Final = 1e-3  # a template of less weight is dropped
MOST_TEMPLATES: Final = 8
LONGEST_SPAN_S: Final = 200.0  # later plots say nothing new of the launch
MISFIT: Final = 1.6  # chi-square per value from which another form of ascent is looked for
STRAIN: Final = 5.0  # chi-square of kick time, thrust, slope, ln beta from which a staging in sight is looked for
STAGING_PARTS: Final = (-0.6, 0.25, 0.5, 0.75)  # of the burn in sight; negative: of the burn before
HOPELESS: Final = 9.0  # chi-square per value from which this is no ascent
LEAST_ENERGY_JPKG: Final = 250_000.0  # kinetic and potential; an aircraft at 300 m/s and 12 km has 163 000
LEVEL_SINE: Final = 0.26  # climb of 15 degrees: a missile so low still stands steeper
RETRY_S: Final = 5.0  # between searches for other forms of ascent
FLOOR_M: Final = 3.0  # 1 sigma of the fit's own arithmetic
FLOOR_S: Final = 0.05


class Start(NamedTuple):
    """Where the next fit of a template starts."""

    template: Template
    theta: Array


class Sound(NamedTuple):
    """The last one-stage ascent that agreed with all plots, and up to when."""

    theta: Array
    time_ns: int


class LaunchFit(msgspec.Struct, frozen=True, kw_only=True):
    """A launch estimate and what the next fit starts from; time zero of all parameters is ``ref_ns``."""

    estimate: LaunchEstimate
    ref_ns: int
    origin_rad: tuple[float, float]
    starts: tuple[Start, ...]
    spread: tuple[Start, ...]  # the same of narrow templates
    sound: Sound | None  # a second stage starts from it
    retry_ns: int  # no search for other forms of ascent before
    whole: bool  # forms were searched with burnout behind: nothing later changes the choice
    plots: int  # how many it used


class LaunchTask(NamedTuple):
    """One launch to fit, wherever that is done: whose (a tracker's own key), and the arguments of ``fit_launch``."""

    key: int
    early: list[tuple[int, Array]]
    state: Array
    state_ns: int
    warm: LaunchFit | None
    burnout_ns: int | None


class _Begun(NamedTuple):
    """Where a first fit begins: reference time and point, and the state[6] then."""

    ref_ns: int
    origin_rad: tuple[float, float]
    state: Array


class _Problem(NamedTuple):
    """What is fitted; values: how many numbers were measured; end_s: where a burnout may first be put, after ref_ns."""

    sight: Sight
    ref_ns: int
    origin_rad: tuple[float, float]
    values: int
    end_s: float


class _Weighed(NamedTuple):
    """A fitted template; ln_volume: ln of its evidence but for chi-square."""

    template: Template
    theta: Array
    fit: Fitted
    ln_volume: float


Fits = list[tuple[int, LaunchFit | None]]  # of tasks: their keys and what came of them
BeginFits = Callable[[Sequence[LaunchTask]], Callable[[], Fits]]  # takes tasks, gives what to call for their results


def fit_task(task: LaunchTask) -> LaunchFit | None:
    """Return the fit that a task asks for; a pure function, so that any process may do it."""
    return fit_launch(task.early, task.state, task.state_ns, task.warm, task.burnout_ns)


def fit_tasks(tasks: Sequence[LaunchTask]) -> Fits:
    """Return what comes of tasks, one after the other."""
    return [(task.key, fit_task(task)) for task in tasks]


def fit_launch(
    early: list[tuple[int, Array]], state: Array, state_ns: int, warm: LaunchFit | None, burnout_ns: int | None
) -> LaunchFit | None:
    """Return where and when the plots (time, plot row) say that the missile left the ground.

    Plots after burnout belong in it: they fix the burn. state[>= 6]: the track's state at state_ns, to start from when there
    is no earlier fit. None if the plots are too few, began long after burnout, or no ascent fits.
    """
    used = _usable(early)
    if len(used) < LEAST_PLOTS or used[-1][0] - used[0][0] < LEAST_SPAN_S * NS_PER_S:
        return None
    if burnout_ns is not None and used[0][0] - burnout_ns > UNSEEN_S * NS_PER_S:
        return None
    begun = _begin(state, state_ns, used, burnout_ns)
    base = begun if warm is None else warm
    if base is None:
        return None
    problem = _problem(used, base.ref_ns, base.origin_rad, burnout_ns)
    now_ns = max(state_ns, used[-1][0])
    due = warm is None or now_ns >= warm.retry_ns
    fits = _fits(problem, warm, begun, due=due)
    if not fits or _misfit(fits, problem) > HOPELESS:
        return None
    sound = None if warm is None else warm.sound
    ones = [fit for fit in fits if len(fit.theta) == ONE_STAGE]
    if ones and _misfit(ones, problem) < MISFIT:
        sound = Sound(min(ones, key=lambda fit: fit.fit.cost).theta, used[-1][0])
    told = burnout_ns is not None
    spread = _spread(fits, warm, problem) if told else []
    return LaunchFit(
        estimate=_mixture(fits + spread, problem, told=told),
        ref_ns=problem.ref_ns,
        origin_rad=problem.origin_rad,
        starts=tuple(Start(fit.template, fit.theta) for fit in fits),
        spread=tuple(Start(fit.template, fit.theta) for fit in spread),
        sound=sound,
        retry_ns=now_ns + s2ns(RETRY_S) if warm is None or due else warm.retry_ns,
        whole=(due and burnout_ns is not None) or (warm is not None and warm.whole),
        plots=len(used),
    )


def _usable(early: list[tuple[int, Array]]) -> list[tuple[int, Array]]:
    """Return at most MOST_PLOTS of the plots in order of time, spread, first and last among them."""
    items = sorted(early, key=lambda item: item[0])
    items = [item for item in items if item[0] - items[0][0] < LONGEST_SPAN_S * NS_PER_S]
    if len(items) <= MOST_PLOTS:
        return items
    return [items[i * (len(items) - 1) // (MOST_PLOTS - 1)] for i in range(MOST_PLOTS)]


def _begin(state: Array, state_ns: int, used: list[tuple[int, Array]], burnout_ns: int | None) -> _Begun | None:
    """Return where a first fit begins: at the state, or at burnout if that is past and was seen.

    None if the state is not that of a rising missile: it sinks, or flies slow and level as aircraft do.
    """
    moved = np.empty(7)
    moved[:6] = state[:6]
    moved[6] = LN_BETA_MEAN
    if not all(isfinite(value) for value in moved.tolist()):
        return None
    ref_ns = state_ns
    if burnout_ns is not None:
        ref_ns = min(ref_ns, max(burnout_ns - s2ns(CUE_LAG_S), used[0][0]))
        if (state_ns - ref_ns) / NS_PER_S > LONGEST_SPAN_S:
            return None
        coast_propagate(moved, (ref_ns - state_ns) / NS_PER_S, 1.0, moved)
    x, y, z, vx, vy, vz, _ = moved.tolist()
    alt_m, up_x, up_y, up_z = altitude_and_up(x, y, z)
    climb_mps = up_x * vx + up_y * vy + up_z * vz
    speed2 = vx * vx + vy * vy + vz * vz
    slow = 0.5 * speed2 + STANDARD_GRAVITY_MPS2 * alt_m < LEAST_ENERGY_JPKG
    if not climb_mps > (LEVEL_SINE * sqrt(speed2) if slow else 0.0):
        return None
    lat, lon, _ = ecef2geodetic(x, y, z)
    return _Begun(ref_ns, (lat, lon), moved[:6])


def _problem(used: list[tuple[int, Array]], ref_ns: int, origin_rad: tuple[float, float], burnout_ns: int | None) -> _Problem:
    """Return what the fit looks at."""
    times_s = np.array([(time_ns - ref_ns) / NS_PER_S for time_ns, _ in used])
    cue = np.zeros(2)
    end_s = float(times_s[-1]) - UNTOLD_S
    if burnout_ns is not None:
        cue[0], cue[1] = (burnout_ns - ref_ns) / NS_PER_S - CUE_LAG_S, CUE_SIGMA_S
        end_s = float(cue[0])
    sight = Sight(np.array(origin_rad), np.array([row for _, row in used]), times_s, cue)
    values = sum(measured_rows(row) for _, row in used)
    return _Problem(sight, ref_ns, origin_rad, values, end_s)


def _fits(problem: _Problem, warm: LaunchFit | None, begun: _Begun | None, *, due: bool) -> list[_Weighed]:
    """Return the fits that count, the heaviest first: from the last ones, or from others where none of those agrees."""
    fits: list[_Weighed] = []
    if warm is not None:
        over = problem.sight.cue[1] > 0.0
        iterations = [WARM_ITERATIONS if over or place < HEAVY_STARTS else 1 for place in range(len(warm.starts))]
        fits = _present([_refit(start, problem, most) for start, most in zip(warm.starts, iterations, strict=True)])
        if due and warm.sound is not None:
            fits += _again(warm.sound, fits, problem)
    once_more = problem.sight.cue[1] > 0.0 and not (warm is not None and warm.whole)
    if due and begun is not None and (once_more or _misfit(fits, problem) > MISFIT):
        fits += _cold(begun, problem)  # after burnout once more, whatever was found on the way
        ones = [fit for fit in fits if len(fit.theta) == ONE_STAGE]
        if ones and _misfit(fits, problem) > MISFIT:
            found = _sound_part(ones[0], problem)
            fits += [] if found is None else _restaged(found, problem)
    fits = _kept(fits, problem)
    return fits if problem.sight.cue[1] > 0.0 else _split(fits, problem, due=due)


def _cold(begun: _Begun, problem: _Problem) -> list[_Weighed]:
    """Return fits of all broad templates: of one stage from a coarse guess at a state, of two from there."""
    theta = np.empty(ONE_STAGE)
    guess_ascent(begun.state, problem.sight.origin, prior_of(ONE)[0], theta)
    theta[TIME] += (begun.ref_ns - problem.ref_ns) / NS_PER_S
    theta[BURN] = problem.end_s - theta[TIME]
    one = _cooled(Start(ONE, theta), problem, COLD_SOFTENINGS)
    base = theta if one is None else one.theta
    starts = [Start(template, _second_stage(base, template.stage_s[0], START_GAPS_S[0], problem)) for template in STAGINGS]
    return _present([one, *(_cooled(start, problem, WARM_SOFTENINGS) for start in starts)])


def _cooled(start: Start, problem: _Problem, softenings: tuple[float, ...]) -> _Weighed | None:
    """Return the fit of a template from a poor start, with the plots' sigmas widened at first: narrow valleys bend and stop a descent."""
    for factor in softenings:
        plots = problem.sight.plots.copy()
        plots[:, COL_SIGMA : COL_SIGMA + MAX_ROWS] *= factor
        found = _refit(start, problem._replace(sight=problem.sight._replace(plots=plots)), SOFT_ITERATIONS, ROUGHLY_SETTLED)
        if found is not None:
            start = start._replace(theta=found.theta)
    return _refit(start, problem, SOFT_ITERATIONS)


def _present(fits: list[_Weighed | None]) -> list[_Weighed]:
    """Return the fits that worked."""
    return [fit for fit in fits if fit is not None]


def _refit(start: Start, problem: _Problem, iterations: int, settled: float = SETTLED) -> _Weighed | None:
    """Return the fit of a template from a start; None if it is nothing a missile can do."""
    prior = prior_of(start.template)
    theta = start.theta.copy()
    if theta[TIME] + theta[BURN] > problem.sight.times_s[-1]:
        theta[BURN] = min(theta[BURN], problem.end_s - theta[TIME])  # later than all plots it would have no gradient
    lit_s = theta[KICK_TIME]
    if len(theta) == TWO_STAGES:
        theta[STAGE] = max(theta[STAGE], theta[KICK_TIME] + LEAST_BURN_S + 1.0)
        lit_s = theta[STAGE] + max(theta[GAP], 0.0)
    theta[BURN] = max(theta[BURN], lit_s + LEAST_BURN_S + 1.0)
    fit = fit_ascent(theta, prior, problem.sight, iterations, settled)
    if fit is None:
        return None
    ln_volume = start.template.ln_weight - 0.5 * fit.ln_det
    for sigma in prior[1].tolist():
        ln_volume -= log(sigma)
    return _Weighed(start.template, theta, fit, ln_volume)


def _misfit(fits: list[_Weighed], problem: _Problem) -> float:
    """Return the least chi-square per value."""
    return min((fit.fit.cost for fit in fits), default=REFUSED) / problem.values


def _shares(fits: list[_Weighed], problem: _Problem) -> list[float]:
    """Return the fits' weights; where none fits, all chi-squares are scaled to the best one's."""
    scale = max(1.0, _misfit(fits, problem))
    logs = [fit.ln_volume - 0.5 * fit.fit.cost / scale for fit in fits]
    most = max(logs, default=0.0)
    weights = [exp(value - most) for value in logs]
    total = sum(weights)
    return [weight / total for weight in weights]


def _kept(fits: list[_Weighed], problem: _Problem) -> list[_Weighed]:
    """Return the fits that still count, the heaviest first, one for each template; the best of one and of two stages always."""
    shares = _shares(fits, problem)
    order = sorted(range(len(fits)), key=lambda index: -shares[index])
    out: list[_Weighed] = []
    for index in order:
        fit = fits[index]
        first = all(other.template.two_stages != fit.template.two_stages for other in out)
        counts = shares[index] >= LEAST_SHARE and len(out) < MOST_TEMPLATES
        if first or (counts and all(other.template != fit.template for other in out)):
            out.append(fit)
    return out


def _split(fits: list[_Weighed], problem: _Problem, *, due: bool) -> list[_Weighed]:
    """Return the fits with the kick's range of the heavy ones split in three: its effect on the launch point is not linear.

    due: also look again for the thirds of heavy templates that were dropped, perhaps before the rest of the ascent was clear.
    """
    out: list[_Weighed | None] = []
    known = {(fit.template.stage_s, fit.template.kick_s) for fit in fits}
    splits = 0
    for fit, share in zip(fits, _shares(fits, problem), strict=True):
        broad = fit.template.kick_s == KICK
        if share < SPLIT_SHARE or splits == MOST_SPLITS or not (broad or due):
            out.append(fit)
            continue
        ln_weight = fit.template.ln_weight - (log(len(KICK_THIRDS_S)) if broad else 0.0)
        if not broad:
            out.append(fit)
        wanted = [third for third in KICK_THIRDS_S if broad or (fit.template.stage_s, third) not in known]
        splits += len(wanted) > 0
        for kick_s in wanted:
            known.add((fit.template.stage_s, kick_s))
            third = fit.template._replace(kick_s=kick_s, ln_weight=ln_weight)
            out.append(_refit(Start(third, _moved(fit, {KICK_TIME: kick_s[0]})), problem, SPLIT_ITERATIONS))
    return _kept(_present(out), problem)


def _moved(fit: _Weighed, values: dict[int, float]) -> Array:
    """Return the parameters of a fit with some of them set, one after the other, all others moved along as their covariance has it."""
    theta, cov = fit.theta.copy(), fit.fit.cov.copy()
    for part, value in values.items():
        column = cov[:, part] / cov[part, part]
        theta += column * (value - theta[part])
        cov -= column[:, None] * cov[None, :, part]
    return theta


def _spread(fits: list[_Weighed], warm: LaunchFit | None, problem: _Problem) -> list[_Weighed]:
    """Return fits of narrow templates all over what was not seen: from the last ones if any, else each from its nearest neighbour."""
    if warm is not None and warm.spread:
        return _present([_refit(start, problem, WARM_ITERATIONS) for start in warm.spread])
    out: list[_Weighed] = []
    for two_stages in (False, True):
        near = [fit for fit in fits if fit.template.two_stages == two_stages][:1]
        if not near:
            continue
        for template in narrow_templates(float(near[0].theta[BURN]), two_stages=two_stages):
            hidden = {KICK_TIME: template.kick_s}
            if two_stages:
                hidden |= {STAGE: template.stage_s, GAP: template.gap_s, LN_RATIO: template.ln_ratio}
            nearest = min(near, key=lambda fit: _away2(fit.theta, hidden))
            start = Start(template, _moved(nearest, {part: mean for part, (mean, _) in hidden.items()}))
            found = _cooled(start, problem, WARM_SOFTENINGS)
            if found is not None:
                near.append(found)
                out.append(found)
    return out


def _away2(theta: Array, hidden: dict[int, tuple[float, float]]) -> float:
    """Return the squared distance of parameters from (mean, sigma) of some of them, in sigmas."""
    return sum((float(theta[part]) - mean) * (float(theta[part]) - mean) / (sigma * sigma) for part, (mean, sigma) in hidden.items())


def _sound_part(start: _Weighed, problem: _Problem) -> Sound | None:
    """Return a one-stage ascent that agrees with the first part of the plots, where none agrees with all."""
    sight = problem.sight
    for share in SOUND_PARTS:
        count = int(len(sight.times_s) * share)
        if count < LEAST_PLOTS:
            return None
        last_s = float(sight.times_s[count - 1])
        part = problem._replace(sight=Sight(sight.origin, sight.plots[:count], sight.times_s[:count], np.zeros(2)), end_s=last_s - UNTOLD_S)
        fit = _refit(Start(start.template, start.theta), part, COLD_ITERATIONS)
        if fit is not None and fit.fit.cost < MISFIT * share * problem.values:
            return Sound(fit.theta, problem.ref_ns + s2ns(last_s))
    return None


def _again(sound: Sound, fits: list[_Weighed], problem: _Problem) -> list[_Weighed]:
    """Return fits of what may have been dropped too early: the one-stage ascent, and where that strains a second stage."""
    ones = [fit for fit in fits if len(fit.theta) == ONE_STAGE]
    out: list[_Weighed | None] = []
    if not ones:
        out.append(_refit(Start(ONE, sound.theta), problem, SPLIT_ITERATIONS))
    known = fits + _present(out)
    if _misfit(known, problem) > MISFIT:
        out.extend(_restaged(sound, problem))
    elif ones and _strain(min(known, key=lambda fit: fit.fit.cost)) > STRAIN:
        theta = ones[0].theta
        first_s, last_s = float(problem.sight.times_s[0]), float(min(problem.sight.times_s[-1], theta[TIME] + theta[BURN]))
        for share in STAGING_PARTS:
            stage_s = first_s + share * (last_s - first_s) - float(theta[TIME])
            if share < 0.0:
                stage_s = -share * (first_s - float(theta[TIME]))
            out.append(_refit(Start(ANY_STAGING, _second_stage(theta, stage_s, START_GAPS_S[0], problem)), problem, SPLIT_ITERATIONS))
    return _present(out)


def _strain(fit: _Weighed) -> float:
    """Return the chi-square of the parameters that have a prior: what the plots did not bear is often forced upon them."""
    total = 0.0
    prior = prior_of(fit.template)
    for part in range(KICK_TIME, BURN):
        z = float((fit.theta[part] - prior[0, part]) / prior[1, part])
        total += z * z
    return total


def _restaged(sound: Sound, problem: _Problem) -> list[_Weighed]:
    """Return the fit with a second stage lit where the one-stage ascent ceased to agree with the plots."""
    stage_s = (sound.time_ns - problem.ref_ns) / NS_PER_S - float(sound.theta[TIME]) - UNTOLD_S
    starts = [Start(ANY_STAGING, _second_stage(sound.theta, stage_s, gap_s, problem)) for gap_s in START_GAPS_S]
    fits = _present([_cooled(start, problem, WARM_SOFTENINGS) for start in starts])
    return sorted(fits, key=lambda fit: fit.fit.cost)[:1]


def _second_stage(one: Array, stage_s: float, gap_s: float, problem: _Problem) -> Array:
    """Return a one-stage ascent's parameters with a second stage of the same thrust lit gap_s after stage_s."""
    theta = np.zeros(TWO_STAGES)
    theta[:ONE_STAGE] = one
    theta[STAGE], theta[GAP] = stage_s, gap_s
    theta[SLOPE_1], theta[SLOPE] = one[SLOPE], 0.0
    theta[BURN] = max(problem.end_s - float(one[TIME]), float(one[BURN]))
    return theta


def _mixture(fits: list[_Weighed], problem: _Problem, *, told: bool) -> LaunchEstimate:
    """Return the mixture of the templates' answers; a bad best fit widens the ellipse by its chi-square per value.

    told: whether the burn is over, so that its length may be said.
    """
    widen = max(1.0, _misfit(fits, problem))
    shares = _shares(fits, problem)
    parts = (EAST, NORTH, TIME, BURN)
    mean = [sum(share * float(fit.theta[part]) for share, fit in zip(shares, fits, strict=True)) for part in parts]

    def spread(i: int, j: int) -> float:
        total = 0.0
        for share, fit in zip(shares, fits, strict=True):
            off = (float(fit.theta[parts[i]]) - mean[i]) * (float(fit.theta[parts[j]]) - mean[j])
            total += share * (float(fit.fit.cov[parts[i], parts[j]]) + off)
        return widen * total

    lat_rad, lon_rad = problem.origin_rad
    meridian = 1.0 - WGS84_E2 * sin(lat_rad) * sin(lat_rad)
    normal_m = WGS84_A_M / sqrt(meridian)
    return LaunchEstimate(
        lat_rad=lat_rad + mean[1] * meridian / (normal_m * (1.0 - WGS84_E2)),
        lon_rad=lon_rad + mean[0] / (normal_m * cos(lat_rad)),
        time_ns=problem.ref_ns + s2ns(mean[2]),
        time_sigma_s=sqrt(spread(2, 2) + FLOOR_S * FLOOR_S),
        cov_en_m2=(spread(0, 0) + FLOOR_M * FLOOR_M, spread(0, 1), spread(1, 1) + FLOOR_M * FLOOR_M),
        burn_s=mean[3] if told else None,
        burn_sigma_s=sqrt(spread(3, 3) + FLOOR_S * FLOOR_S) if told else None,
    )
