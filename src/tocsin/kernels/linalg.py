"""Small dense linear algebra on symmetric matrices of at most about 10 rows: factor, solve, propagate, correct.

Written out by hand because BLAS and LAPACK results change with the processor. Nothing about motion or sensors lives here.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel

Array = NDArray[np.float64]


@kernel
def cholesky(A: Array, n: int, L: Array) -> bool:
    """Fill the lower triangle of L[n, n] with A = L L'; only the lower triangle of A is read.

    Returns False, leaving L unfinished, if A is not positive definite. Method: row-wise Cholesky without pivoting.
    """
    for i in range(n):
        for j in range(i + 1):
            total = A[i, j]
            for k in range(j):
                total -= L[i, k] * L[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                L[i, i] = sqrt(total)
            else:
                L[i, j] = total / L[j, j]
    return True


@kernel
def solve_lower(L: Array, n: int, b: Array, out: Array) -> float:
    """Fill out[n] with L^-1 b and return its squared length, b' (L L')^-1 b. ``out`` may be b."""
    total = 0.0
    for i in range(n):
        value = b[i]
        for k in range(i):
            value -= L[i, k] * out[k]
        value /= L[i, i]
        out[i] = value
        total += value * value
    return total


@kernel
def solve_upper(L: Array, n: int, b: Array, out: Array) -> None:
    """Fill out[n] with (L')^-1 b. ``out`` may be b."""
    for i in range(n - 1, -1, -1):
        value = b[i]
        for k in range(i + 1, n):
            value -= L[k, i] * out[k]
        out[i] = value / L[i, i]


@kernel
def propagate_covariance(F: Array, P: Array, work: Array, out: Array) -> None:
    """Fill out[n, n] with F P F', exactly symmetric, n that of F[n, n]; P and out may be larger. work[n, n] is scratch; out may be P."""
    n = F.shape[0]
    for i in range(n):
        for j in range(n):
            work[i, j] = 0.0
        for k in range(n):
            f = F[i, k]
            if f != 0.0:
                for j in range(n):
                    work[i, j] += f * P[k, j]
    for i in range(n):
        for j in range(i, n):
            total = 0.0
            for k in range(n):
                total += work[i, k] * F[j, k]
            out[i, j] = total
    for i in range(n):
        for j in range(i):
            out[i, j] = out[j, i]


@kernel
def scalar_update(x: Array, P: Array, h: Array, innovation: float, variance: float, frozen: int, g: Array) -> float:
    """Correct x[n], P[n, n] in place by one scalar measurement; return the innovation's variance S.

    h[n]: the measurement's gradient, whose length says how many states are corrected; innovation: measured minus predicted;
    variance: of the measurement, > 0;
    frozen: index of a state that is only considered (it keeps value and variance, its correlations count), n for none;
    g[n]: scratch. Method: Joseph form, (I - K h') P (I - K h')' + K r K', applied as two rank-one changes; it stays
    positive for any gain, so also for the one of the considered state.
    """
    n = h.shape[0]
    S = variance
    for i in range(n):
        total = 0.0
        for k in range(n):
            total += P[i, k] * h[k]
        g[i] = total
        S += h[i] * total
    inv = 1.0 / S
    for i in range(n):
        k_i = 0.0 if i == frozen else g[i] * inv
        x[i] += k_i * innovation
        if k_i != 0.0:
            for j in range(n):
                P[i, j] -= k_i * g[j]
    for i in range(n):  # P now is (I - K h') P; its product with h is needed next
        total = 0.0
        for k in range(n):
            total += P[i, k] * h[k]
        k_i = 0.0 if i == frozen else g[i] * inv
        # column work: P <- P (I - h K') + K r K'
        for j in range(n):
            k_j = 0.0 if j == frozen else g[j] * inv
            P[i, j] += k_j * (k_i * variance - total)
    for i in range(n):
        for j in range(i):
            mean = 0.5 * (P[i, j] + P[j, i])
            P[i, j] = mean
            P[j, i] = mean
    return S
