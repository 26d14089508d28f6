"""How fast simulated time runs for people who watch."""

import time

from tocsin.sim.night import Night
from tocsin.units import NS_PER_S, seconds_between


class Pace:
    """Called with the simulated time before each step: waits until it is due. Quiet minutes take no time."""

    def __init__(self, night: Night, speed: float) -> None:
        self._night = night
        self._speed = speed
        self._started = time.monotonic()

    def __call__(self, sim_ns: int) -> None:
        """Wait until this simulated time is due on the wall clock."""
        due = self._started + watched_s(self._night, sim_ns) / self._speed
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def watched_s(night: Night, until_ns: int) -> float:
    """Return the simulated seconds from the night's start to a time, quiet minutes not counted."""
    quiet_ns = sum(max(0, min(until_ns, quiet.end_ns) - quiet.start_ns) for quiet in night.quiet)
    return seconds_between(until_ns, night.start_ns) - quiet_ns / NS_PER_S
