"""What a verified partner may put into our picture. Signature and address are checked already (``wire.seal``).

A bad item is dropped with a note; the good ones of the same envelope stay.
"""

from collections.abc import Collection
from typing import Final

from tocsin.messages.basics import Nation, Note
from tocsin.messages.envelope import Header
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning
from tocsin.sharing.release import speaker_of, time_of
from tocsin.sharing.sound import Item, Problem, problem_of
from tocsin.units import NS_PER_S

MAX_ITEMS: Final = 64  # a 32 KiB payload holds about 30 tracks; more is not ours
MAX_FUTURE_SKEW_NS: Final = 2 * NS_PER_S  # disciplined clocks differ by milliseconds; 2 s leaves room for plain NTP on bad days
TRACK_VALIDITY_NS: Final = 60 * NS_PER_S  # a state older than 60 s is 100 km wrong by now; tracks are latest-value, never late news


def admit(header: Header, items: tuple[Item, ...], now_ns: int, partners: Collection[Nation]) -> tuple[tuple[Item, ...], tuple[Note, ...]]:
    """Return the items that may join the line, and a note for each that may not.

    Args:
        header: of the verified envelope.
        items: decoded from its payload.
        now_ns: our UTC.
        partners: nations that this node listens to.
    """
    whole = _envelope_problem(header, items, now_ns, partners)
    if whole is not None:
        return (), (_note(header, whole, now_ns),)
    accepted: list[Item] = []
    notes: list[Note] = []
    for item in items:
        problem = _item_problem(header, item, now_ns) or problem_of(item)
        if problem is None:
            accepted.append(item)
        else:
            notes.append(_note(header, problem, now_ns))
    return tuple(accepted), tuple(notes)


def _note(header: Header, problem: Problem, now_ns: int) -> Note:
    code, text = problem
    what = f"{header.product} from {header.origin} (epoch {header.epoch}, {header.delivery} {header.sequence})"
    return Note(stage="sharing", code=code, text=f"{what}: {text}. Not admitted; ask {header.origin}.", time_ns=now_ns)


def _envelope_problem(header: Header, items: tuple[Item, ...], now_ns: int, partners: Collection[Nation]) -> Problem | None:
    if header.origin not in partners:
        return "unknown-partner", f"expected one of {', '.join(sorted(partners)) or 'no partners'}, got {header.origin}"
    if len(items) > MAX_ITEMS:
        return "too-many", f"expected at most {MAX_ITEMS} items, got {len(items)}"
    if header.time_ns > now_ns + MAX_FUTURE_SKEW_NS:
        return "time-in-future", f"expected at most 2 s ahead, got {(header.time_ns - now_ns) / NS_PER_S:.1f} s; compare clocks"
    return None


def _item_problem(header: Header, item: Item, now_ns: int) -> Problem | None:
    """Check what the envelope says against what its content says, and the content's time against ours."""
    if speaker_of(item) != header.origin:
        return "wrong-origin", f"expected a statement of {header.origin}, got one of {speaker_of(item)}"
    if isinstance(item, (LaunchEvent, Warning)) and item.world != header.world:
        return "wrong-world", f"expected world {header.world}, got {item.world}"
    addressee = item.origin if isinstance(item, Receipt) else item.neighbour if isinstance(item, Heartbeat) else header.audience
    if addressee != header.audience:
        return "wrong-audience", f"expected words for {header.audience}, got words for {addressee}"
    ahead_ns = time_of(item) - now_ns
    if ahead_ns > MAX_FUTURE_SKEW_NS:
        return "time-in-future", f"expected at most 2 s ahead, got {ahead_ns / NS_PER_S:.1f} s; compare clocks"
    if isinstance(item, Track) and -ahead_ns > TRACK_VALIDITY_NS:
        return "stale", f"expected a state of the last 60 s, got one {-ahead_ns / NS_PER_S:.1f} s old"
    return _foreign_view_problem(header, item)


def _foreign_view_problem(header: Header, item: Item) -> Problem | None:
    """A nation speaks for itself: figures of a third nation inside its event are not taken from it."""
    if isinstance(item, LaunchEvent):
        for view in item.nations:
            if view.nation != header.origin:
                return "not-own", f"expected only figures of {header.origin}, got figures of {view.nation}"
    return None
