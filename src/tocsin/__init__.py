"""Tocsin: a shared bell for several nations. Missile warning only; no engagement function, ever.

Python names for users (docs/python-api.md): ``read_sensors`` and ``read_plots`` (files), ``track_plots`` (plots in, tracks and events
out), ``Tracker`` (one nation's own, scan by scan) and its inputs ``Sensor``, ``Plot`` and ``Scan``. They load when used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tocsin.api.files import read_plots, read_sensors
    from tocsin.api.offline import track_plots
    from tocsin.messages.plot import Plot, Scan
    from tocsin.messages.sensor import Sensor
    from tocsin.tracking.tracker import Tracker

__all__ = ["Plot", "Scan", "Sensor", "Tracker", "__version__", "read_plots", "read_sensors", "track_plots"]
__version__ = "0.1.0"

_HOMES: Final = {
    "Plot": "tocsin.messages.plot",
    "Scan": "tocsin.messages.plot",
    "Sensor": "tocsin.messages.sensor",
    "Tracker": "tocsin.tracking.tracker",
    "read_plots": "tocsin.api.files",
    "read_sensors": "tocsin.api.files",
    "track_plots": "tocsin.api.offline",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use: ``import tocsin`` alone loads neither NumPy nor Numba (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}; it offers {', '.join(__all__)}")
    value: object = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """Return the public names too, loaded or not."""
    return sorted({*globals(), *__all__})
