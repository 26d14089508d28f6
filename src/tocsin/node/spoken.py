"""Which of the own picture's events and warnings partners are told: from the first confirmed word on all of them, to the end.

A suspicion stays at home, and so does the end of one: nobody is told that something which they never heard of is cancelled. Under
maintenance nothing leaves; the newest word about each event and warning waits, and goes when maintenance is over, so that no
partner is left with a warning that ended meanwhile. Release rules and bytes are elsewhere.
"""

from typing import Final

from tocsin.messages.event import LaunchEvent
from tocsin.messages.warning import Warning

NAMES_KEPT: Final = 4_000  # some weeks of busy days; those last spoken of stay
ENDS: Final = ("cancelled", "closed", "all-clear", "expired")

Word = LaunchEvent | Warning


class Spoken:
    """What was told, by name, and what waits for the end of maintenance."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._waiting: dict[str, Word] = {}

    def due(
        self, events: tuple[LaunchEvent, ...], warnings: tuple[Warning, ...], *, maintenance: bool
    ) -> tuple[tuple[LaunchEvent, ...], tuple[Warning, ...]]:
        """Return what partners are to be told now, of these changes and of what waited."""
        changed: list[Word] = [*events, *warnings]
        words = [word for word in changed if word.status != "suspected"]
        if maintenance:
            for word in words:
                self._waiting.pop(_name(word), None)
                self._waiting[_name(word)] = word
            for name in list(self._waiting)[: max(0, len(self._waiting) - NAMES_KEPT)]:
                del self._waiting[name]
            return (), ()
        now = {_name(word) for word in words}
        waited = [word for name, word in self._waiting.items() if name not in now]
        self._waiting = {}
        told = [word for word in (*waited, *words) if self._tell(word)]
        return tuple(word for word in told if isinstance(word, LaunchEvent)), tuple(word for word in told if isinstance(word, Warning))

    def _tell(self, word: Word) -> bool:
        """Whether partners get this word; remembers that they heard of it."""
        name = _name(word)
        if name not in self._told and word.status in ENDS:
            return False
        self._told.pop(name, None)
        self._told[name] = None
        if len(self._told) > NAMES_KEPT:
            del self._told[next(iter(self._told))]
        return True


def _name(word: Word) -> str:
    return word.warning if isinstance(word, Warning) else word.event
