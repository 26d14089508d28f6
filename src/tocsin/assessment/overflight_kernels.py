"""Ground tracks that a flight may take to its impact, and what they cross: the array work of ``overflight``. No zones, no messages.

Simplifications: between two instants a track is straight in latitude and longitude; an offset is laid off in the local plane of the
predicted track, which is 1 % long at 500 km aside.
"""

from math import cos, pi, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import ground_inverse
from tocsin.kernels.jit import kernel
from tocsin.units import WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]
Int32s = NDArray[np.int32]

LEAST_COS: Final = 0.02  # nearer than 1.1 degrees to a pole an offset in longitude has no meaning
LEAST_SIN: Final = 0.2  # tracks half-way round the earth meet again; shortly before it their spread is cut
GOLDEN: Final = 0.6180339887498949  # (sqrt 5 - 1) / 2: the most even way to spread any number of starts over one step
EDGE_RAD: Final = 1.5707  # latitudes are held within it


@kernel
def track_nodes(path: Array, spacing_m: float, out: Array) -> int:
    """Fill out[n, 4] = latitude, longitude (rad), time (s), distance from the start (m) along path[m, 3] of the first three; return n.

    Nodes are about spacing_m apart, or farther where ``out`` is too short for that; the first and the last point of the path
    are nodes. Longitudes go on over the date line without a jump. n is 0 for a path of fewer than two points.
    """
    m = path.shape[0]
    if m < 2:
        return 0
    legs = np.empty(m)
    total_m = 0.0
    for i in range(m - 1):
        legs[i] = ground_inverse(path[i, 0], path[i, 1], path[i + 1, 0], path[i + 1, 1])[0]
        total_m += legs[i]
    step_m = max(spacing_m, total_m / (out.shape[0] - 1) * (1.0 + 1e-12))
    n: int = min(out.shape[0], int(total_m / step_m) + 2)
    leg, before_m, turn = 0, 0.0, 0.0
    for k in range(n):
        at_m = total_m * k / (n - 1)
        while leg < m - 2 and before_m + legs[leg] < at_m:
            before_m += legs[leg]
            turn += _turned(path[leg + 1, 1] - path[leg, 1])
            leg += 1
        share = min(1.0, max(0.0, (at_m - before_m) / max(legs[leg], 1e-9)))
        step = _turned(path[leg + 1, 1] - path[leg, 1])
        out[k, 0] = path[leg, 0] + share * (path[leg + 1, 0] - path[leg, 0])
        out[k, 1] = path[0, 1] + turn + share * step
        out[k, 2] = path[leg, 2] + share * (path[leg + 1, 2] - path[leg, 2])
        out[k, 3] = at_m
    return n


@kernel
def refined_nodes(nodes: Array, near: Int32s, parts: int, out: Array, out_near: Int32s) -> int:
    """Fill out[n, 4], out_near[n] with nodes[m, 4], cut into parts after each whose near[m] is 1; return n.

    A step is worth cutting if land lies in it or in the step before or after. ``out`` needs m * parts rows.
    """
    m = nodes.shape[0]
    n = 0
    for i in range(m):
        close = near[i] == 1 or (i > 0 and near[i - 1] == 1) or (i + 1 < m and near[i + 1] == 1)
        cuts = parts if close and i < m - 1 else 1
        for c in range(cuts):
            share = c / cuts
            for j in range(4):
                out[n, j] = nodes[i, j] + (share * (nodes[i + 1, j] - nodes[i, j]) if c > 0 else 0.0)
            out_near[n] = 1 if close or i == m - 1 else 0
            n += 1
    return n


@kernel
def _turned(angle_rad: float) -> float:
    """Return a difference of longitudes within +-pi."""
    if angle_rad > pi:
        return angle_rad - 2.0 * pi
    if angle_rad < -pi:
        return angle_rad + 2.0 * pi
    return angle_rad


@kernel
def shifted_tracks(nodes: Array, start_m: Array, along_m: Array, cross_m: Array, out_lat: Array, out_lon: Array) -> None:
    """Fill out_lat, out_lon [n * k] (rad; node by node) with k tracks beside the nodes[n, 4] of ``track_nodes``.

    start_m[k]: how far each is to the right of the first node; along_m[k], cross_m[k]: how far beyond and to the right of the
    last one it comes down. In between: free flight stays in a plane through the earth's centre, so two tracks that differ by
    a at the start and by b after the angle F differ by (a sin(F - f) + b sin f) / sin F after the angle f; the lead along the
    track grows in proportion. Tracks begin at different places between two nodes, so that together they miss nothing narrow.
    """
    n, k = nodes.shape[0], start_m.shape[0]
    whole = nodes[n - 1, 3] / WGS84_A_M
    root = max(LEAST_SIN, sin(whole)) if whole > 0.5 * pi else max(1e-12, sin(whole))
    for i in range(n):
        j = min(i, n - 2)
        mean_cos = max(LEAST_COS, cos(nodes[j, 0]))
        east, north = (nodes[j + 1, 1] - nodes[j, 1]) * mean_cos, nodes[j + 1, 0] - nodes[j, 0]
        length = sqrt(east * east + north * north) + 1e-15
        east, north = east / length, north / length
        cos_lat = max(LEAST_COS, cos(nodes[i, 0]))
        w2 = 1.0 - WGS84_E2 * (1.0 - cos_lat * cos_lat)
        north_radius_m = WGS84_A_M * (1.0 - WGS84_E2) / (w2 * sqrt(w2))
        east_radius_m = WGS84_A_M / sqrt(w2) * cos_lat
        angle = nodes[i, 3] / WGS84_A_M
        from_start, from_end = sin(whole - angle) / root, sin(angle) / root
        share = nodes[i, 3] / max(1.0, nodes[n - 1, 3])
        for s in range(k):
            lead = 0.0 if i == n - 1 else (s + 1) * GOLDEN % 1.0
            lat = nodes[i, 0] + (lead * (nodes[j + 1, 0] - nodes[j, 0]))
            lon = nodes[i, 1] + (lead * (nodes[j + 1, 1] - nodes[j, 1]))
            ahead, right = along_m[s] * share, start_m[s] * from_start + cross_m[s] * from_end
            lat += (ahead * north - right * east) / north_radius_m
            lon += (ahead * east + right * north) / east_radius_m
            out_lat[i * k + s] = min(EDGE_RAD, max(-EDGE_RAD, lat))
            out_lon[i * k + s] = (lon + pi) % (2.0 * pi) - pi


@kernel
def crossed(index: Int32s, tracks: int, hits: Int32s, first: Int32s, last: Int32s) -> None:
    """Fill hits, first, last [areas] with how many tracks cross each area, and the first and last node where any does.

    index[n * tracks]: the area below each point of ``shifted_tracks``, negative for none. The area where a track ends is not
    crossed by that track. Where hits is 0, first and last have no meaning.
    """
    n = index.shape[0] // tracks
    seen = np.full(hits.shape[0], -1, np.int32)
    for a in range(hits.shape[0]):
        hits[a], first[a], last[a] = 0, n, -1
    for s in range(tracks):
        end = index[(n - 1) * tracks + s]
        for i in range(n - 1):
            a = index[i * tracks + s]
            if a < 0 or a == end:
                continue
            if seen[a] != s:
                seen[a] = s
                hits[a] += 1
            first[a], last[a] = min(first[a], i), max(last[a], i)
