"""Where a value stands on paper: one linear or logarithmic axis, round ticks, and a frame for maps."""

from math import ceil, cos, floor, log10
from typing import Final

import msgspec

from tocsin.units import DEG

TICK_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
TIME_STEPS: Final = (10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0)


class Axis(msgspec.Struct, frozen=True):
    """Values from ``low`` to ``high`` stand from ``start`` to ``end`` (pixels)."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False


class MapFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the Earth on paper: equirectangular, true to scale at the middle latitude. Degrees; pixels from the upper left."""

    lat_mid_deg: float
    lon_mid_deg: float
    px_per_deg: float  # along a meridian
    width_px: float
    height_px: float


def at(axis: Axis, value: float) -> float:
    """Return the pixel of a value, held inside the axis."""
    low, high, value = (log10(x) for x in (axis.low, axis.high, max(value, 1e-12))) if axis.logarithmic else (axis.low, axis.high, value)
    part = 0.0 if high == low else (value - low) / (high - low)
    return axis.start + min(max(part, 0.0), 1.0) * (axis.end - axis.start)


def ticks(axis: Axis, about: int = 6) -> tuple[float, ...]:
    """Return round values inside the axis: decades (with 2 and 5 where there are few) or about so many even steps."""
    low, high = min(axis.low, axis.high), max(axis.low, axis.high)
    if axis.logarithmic:
        decades = range(floor(log10(low)), ceil(log10(high)) + 1)
        factors = (1.0,) if len(decades) > 3 else (1.0, 2.0, 5.0)
        return tuple(factor * 10.0**decade for decade in decades for factor in factors if low <= factor * 10.0**decade <= high * 1.000001)
    return _even(low, high, step_for(high - low, about))


def time_ticks(axis: Axis, about: int = 8) -> tuple[float, ...]:
    """Return round seconds inside the axis."""
    low, high = min(axis.low, axis.high), max(axis.low, axis.high)
    step = next((step for step in TIME_STEPS if (high - low) / step <= about), TIME_STEPS[-1])
    return _even(low, high, step)


def step_for(span: float, about: int) -> float:
    """Return a round step that cuts a span into about so many."""
    raw = span / max(about, 1)
    if raw <= 0.0:
        return 1.0
    scale = 10.0 ** floor(log10(raw))
    return next(step * scale for step in TICK_STEPS if step * scale >= raw * 0.999)


def fit_map(points: tuple[tuple[float, float], ...], width_px: float, height_px: float, margin: float = 0.08) -> MapFrame:
    """Return a frame that holds all (lat_deg, lon_deg) points with a margin (share of the span); longitudes near the first point's."""
    lon_0 = points[0][1]
    lats = [lat for lat, _ in points]
    lons = [lon_0 + _near(lon - lon_0) for _, lon in points]
    lat_mid, lon_mid = 0.5 * (min(lats) + max(lats)), 0.5 * (min(lons) + max(lons))
    shrink = max(cos(lat_mid * DEG), 0.1)
    high = max(max(lats) - min(lats), 0.01) * (1.0 + 2.0 * margin)
    wide = max((max(lons) - min(lons)) * shrink, 0.01) * (1.0 + 2.0 * margin)
    return MapFrame(
        lat_mid_deg=lat_mid, lon_mid_deg=lon_mid, px_per_deg=min(height_px / high, width_px / wide), width_px=width_px, height_px=height_px
    )


def on_map(frame: MapFrame, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Return (x, y) pixels of a place; places outside the frame get pixels outside it."""
    shrink = max(cos(frame.lat_mid_deg * DEG), 0.1)
    x = 0.5 * frame.width_px + _near(lon_deg - frame.lon_mid_deg) * shrink * frame.px_per_deg
    return x, 0.5 * frame.height_px - (lat_deg - frame.lat_mid_deg) * frame.px_per_deg


def map_bounds(frame: MapFrame) -> tuple[float, float, float, float]:
    """Return (south, north, west, east) in degrees; west and east continue past 180."""
    half_lat = 0.5 * frame.height_px / frame.px_per_deg
    half_lon = 0.5 * frame.width_px / frame.px_per_deg / max(cos(frame.lat_mid_deg * DEG), 0.1)
    return frame.lat_mid_deg - half_lat, frame.lat_mid_deg + half_lat, frame.lon_mid_deg - half_lon, frame.lon_mid_deg + half_lon


def _near(lon_deg: float) -> float:
    return (lon_deg + 180.0) % 360.0 - 180.0


def _even(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))
