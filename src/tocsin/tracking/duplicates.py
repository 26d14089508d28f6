"""Confirmed tracks that follow nothing of their own: two on one object, and one that lives on its neighbours' plots."""

import numpy as np

from tocsin.tracking.bank import TrackBank
from tocsin.tracking.record import Record
from tocsin.tracking.start_kernels import agreeing_pairs
from tocsin.units import s2ns

SAME_OBJECT = 22.5  # chi-square, 6 degrees of freedom, 0.999: two states may be one object
SAME_OBJECT_S = 3.0  # ... if they agree for this long without each taking a plot of its own
EVERY_NS = s2ns(0.5)
REACH_M = 50_000.0  # farther apart, two states are not compared


class Duplicates:
    """State over time: since when the states of which two tracks agree. Owned by one Tracker."""

    def __init__(self) -> None:
        self._agreeing: dict[tuple[int, int], int] = {}  # rows of two tracks -> since when
        self._due_ns = 0

    def find(self, records: list[Record], bank: TrackBank, end_ns: int) -> list[Record]:
        """Return the younger of every two confirmed tracks whose states have agreed for SAME_OBJECT_S without plots of their own.

        Younger is the one of the higher number: a missile is never closed in favour of its part, whichever track began first.
        """
        if end_ns < self._due_ns:
            return []
        self._due_ns = end_ns + EVERY_NS
        live = sorted(
            (record for record in records if record.status == "confirmed"), key=lambda one: (one.number == 0, one.number, one.key)
        )
        found: list[Record] = []
        agreeing: dict[tuple[int, int], int] = {}
        if len(live) > 1:
            rows = bank.predict([record.row for record in live], end_ns)
            pairs = np.empty((len(live) * (len(live) - 1) // 2, 2), np.int64)
            count = agreeing_pairs(rows, bank.whole_x, bank.whole_P, REACH_M, SAME_OBJECT, pairs)
            for first, second in pairs[:count].tolist():
                older, younger = live[first], live[second]
                if any(record is younger for record in found) or older.resolved_from(younger):
                    continue
                rows_of_both = (older.row, younger.row)
                agreeing[rows_of_both] = self._agreeing.get(rows_of_both, end_ns)
                if end_ns - agreeing[rows_of_both] > s2ns(SAME_OBJECT_S):
                    found.append(younger)
        self._agreeing = agreeing
        return found


def _age(record: Record) -> tuple[bool, int, int]:
    """Order tracks by number, those without one last."""
    return record.number == 0, record.number, record.key


def ghosts(records: list[Record], hit: set[int], lose_at: float) -> list[Record]:
    """Return once confirmed tracks that had a plot now, and still are less likely than lose_at (ln odds) to follow anything.

    Who finds none is lost in its own time; a ghost in a salvo would always find some.
    """
    return [record for record in records if record.confirmed_ns is not None and record.row in hit and record.proof < lose_at]
