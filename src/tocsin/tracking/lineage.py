"""Which tracks are parts of which missile: parents are found, and numbers exchanged if the part turns out to be the missile.

What the motion says of two objects is in ``parts``; here it is asked for the live tracks of one Tracker, and noted in their records.
"""

from tocsin.tracking.bank import TrackBank
from tocsin.tracking.parts import OWN, Moving, find_origin, leads, may_have_left, stays_behind
from tocsin.tracking.record import Record
from tocsin.units import s2ns

ORIGIN_WAIT_S = 8.0  # a new track beside a followed one is not shown before it is told from a part, for so long at most
MOST_FAMILIES = 2  # more missiles where it may have come from are a salvo, of which it is one: there nothing tells a part from a neighbour
STARVED_S = 4.0  # two looks of a usual radar
OUTLIVED_S = 15.0  # a missile's track that ends so soon after a part left has lost the missile to that part's track
ORIGIN_EVERY_S = 0.7  # ... and is asked about so often
LEAD_PLOTS = 8  # of a part before it is judged whether it is the missile
LEAD_SEEN_S = 8.0  # ... and both have been seen within this time


def find_parents(records: list[Record], bank: TrackBank, now_ns: int) -> list[Record]:
    """Remember where ballistic tracks are, link young ones to what they left, and let the one that leads be the missile.

    Return the tracks that are told anew by it.
    """
    live = [record for record in records if followed(record)]
    for record in live:
        record.keep_past(_moving(record, bank))
    told: list[Record] = []
    for young in live:
        if young.may_be_part(now_ns):
            young.linked_ns = now_ns
            _link(young, records, bank)
            if young.parent is not None:
                told.append(young)
    for part in live:
        missile = next((one for one in live if one.number == part.parent), None)
        if missile is None and part.parent is not None and all(record.number != part.parent for record in records):
            if part.parent_seen_ns - part.left_ns < s2ns(OUTLIVED_S):  # that track ended soon: what is left is the missile
                part.number, part.parent = part.parent, None
                told.append(part)
            continue
        part.parent_seen_ns = missile.last_plot_ns if missile is not None else part.parent_seen_ns
        if missile is None or part.plots < LEAD_PLOTS or now_ns - part.last_plot_ns > s2ns(LEAD_SEEN_S):
            continue
        gone = now_ns - missile.last_plot_ns > s2ns(LEAD_SEEN_S)
        ended = gone and missile.last_plot_ns - part.left_ns < s2ns(OUTLIVED_S)
        if ended or (not gone and leads(_moving(part, bank), _moving(missile, bank), part.left_ns)):
            part.take_place_of(missile)
            told += [part, missile]
    return told


def followed(record: Record) -> bool:
    """True if a part may have left a track: ballistic, confirmed once, shown."""
    return record.confirmed_ns is not None and record.number > 0 and record.kind == "ballistic" and record.origin_known


def _moving(record: Record, bank: TrackBank) -> Moving:
    """Return a track's state after its last plot."""
    row = record.row
    bank.combine_now(row)
    return Moving(
        time_ns=int(bank.time_ns[row]),
        x=bank.whole_x[row, :8].copy(),
        P=bank.whole_P[row, :8, :8].copy(),
        burning=bank.boost_weight(row),
    )


def _link(young: Record, records: list[Record], bank: TrackBank, *, at_last: bool = False) -> bool:
    """Ask whether a track left another one; if so, link it. False while that is not known.

    at_last: no more is to be known soon; what may have left counts as a part if it stays behind a burning missile, or if the
    other track has had no plot since: it has lost its object to the new one.
    """
    body = young.body(_moving(young, bank))
    near = [
        (record, other)
        for record in records
        if record is not young and record.confirmed_ns is not None and record.kind == "ballistic"
        for other in (record.body(_moving(record, bank)),)
        if may_have_left(body, other)
    ]
    if len({other.family or -record.key for record, other in near}) > MOST_FAMILIES:
        return True
    others = {other.number: other for record, other in near if followed(record) and (young.number == 0 or record.number < young.number)}
    found = find_origin(body, tuple(others.values())) if others else OWN
    left = others.get(found.number)
    if left is not None and at_last and found.origin == "unsure":
        seen_ns = next(record.last_plot_ns for record in records if record.number == left.number)
        starved = young.last_plot_ns - seen_ns > s2ns(STARVED_S)
        left = left if starved or stays_behind(body, left) else None
    elif found.origin != "left":
        left = None
    if left is not None:
        young.parent, young.left_ns, young.launch = left.family, found.left_ns, None
        return True
    return found.origin == "own"


def origin_known(record: Record, records: list[Record], bank: TrackBank) -> bool:
    """True once a new ballistic track is known to have left a followed one, or not to have; after ORIGIN_WAIT_S in any case."""
    if record.origin_known:
        return True
    since_ns, asked_ns = record.asked_ns or (record.last_plot_ns, None)
    if asked_ns is None or record.last_plot_ns - asked_ns >= s2ns(ORIGIN_EVERY_S) or record.status in ("lost", "closed"):
        late = record.last_plot_ns - since_ns > s2ns(ORIGIN_WAIT_S) or record.status in ("lost", "closed")
        record.asked_ns = since_ns, record.last_plot_ns
        record.origin_known = _link(record, records, bank, at_last=late) or late
    return record.origin_known
