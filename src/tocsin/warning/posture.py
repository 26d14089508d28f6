"""The watch of a nation: raised by each confirmed launch, back to normal when its time is over. Each change leaves a note."""

from tocsin.messages.basics import Note
from tocsin.messages.warning import Posture
from tocsin.units import NS_PER_S
from tocsin.warning.texts import utc

NORMAL = Posture(level="normal", since_ns=0, until_ns=0, reason="start")


def raised(posture: Posture, event: str, for_ns: int, now_ns: int) -> tuple[Posture, Note]:
    """Return the watch raised, or kept raised, for a nation's own time after a confirmed launch, and the note that says so."""
    since_ns = posture.since_ns if posture.level == "raised" else now_ns
    reason = f"confirmed launch {event}"
    new = Posture(level="raised", since_ns=since_ns, until_ns=now_ns + for_ns, reason=reason)
    return new, _note("posture-raised", f"{reason}; raised until {utc(new.until_ns)}", now_ns)


def decayed(posture: Posture, for_ns: int, now_ns: int) -> tuple[Posture, tuple[Note, ...]]:
    """Return the watch, back to normal if its time is over, and the note of that change."""
    if posture.level == "normal" or now_ns < posture.until_ns:
        return posture, ()
    reason = f"no confirmed launch for {for_ns // NS_PER_S // 60} minutes"
    return Posture(level="normal", since_ns=now_ns, until_ns=0, reason=reason), (_note("posture-normal", reason, now_ns),)


def _note(code: str, text: str, now_ns: int) -> Note:
    return Note(stage="warning", code=code, text=text, time_ns=now_ns)
