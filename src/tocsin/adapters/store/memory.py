"""A log in memory: the fake that passes the same contract as the file, with a disk that can be made to fail.

For tests and for runs that keep nothing. It forgets what was not committed when ``crash`` is called.
"""

from tocsin.adapters.store.port import FIRST_PREVIOUS, Record, StoreFailed, chain_hash, check_order, encode_record


class MemoryLog:
    """Append-only log without a file. ``rows`` is what a disk would hold: (position, record, hash)."""

    def __init__(self, rows: tuple[tuple[int, bytes, bytes], ...] = (), *, last_kind: str | None = None) -> None:
        self.rows = list(rows)
        self.fail_next_commit = False
        self._waiting: list[tuple[int, bytes, bytes]] = []
        self._last_kind = last_kind
        self._last_hash = rows[-1][2] if rows else FIRST_PREVIOUS
        self._dead = False
        self._closed = False

    def append(self, records: tuple[Record, ...]) -> int:
        """See ``port.Store.append``."""
        self._require_alive()
        for record in records:
            check_order(self._last_kind, record)
            data = encode_record(record)
            position = len(self.rows) + len(self._waiting) + 1
            self._last_hash = chain_hash(self._last_hash, position, data)
            self._last_kind = record.kind
            self._waiting.append((position, data, self._last_hash))
        return len(self.rows) + len(self._waiting)

    def commit(self) -> int:
        """See ``port.Store.commit``."""
        self._require_alive()
        if self.fail_next_commit:
            self._dead = True
            self._require_alive()
        self.rows.extend(self._waiting)
        self._waiting.clear()
        return len(self.rows)

    def close(self) -> None:
        """See ``port.Store.close``."""
        if self._closed or self._dead:
            return
        self.commit()
        self._closed = True

    def crash(self) -> None:
        """Lose everything that was not committed, as a killed process does."""
        self._waiting.clear()
        self._dead = True

    def _require_alive(self) -> None:
        if self._dead:
            raise StoreFailed("expected a working log, but an earlier commit failed; open a new log on another path")
        if self._closed:
            raise StoreFailed("expected an open log, but it was closed; resume it or open a new one")
