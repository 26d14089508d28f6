"""Fusion: national tracks in, one track per object out. Nations exchange tracks; fused tracks never leave their node.

A national track joins the object that it agrees with (6-D chi-square at a common time, one track per nation, assignment);
an association once made is kept until it fails for seconds; a nation's replacement track rejoins the same object; an
object lives on, predicted, until it must be down, so that a track that reappears joins it. Only ballistic tracks are
objects; all other kinds are counted in ``others`` and never become launch events.
"""

from typing import Final

from tocsin.fusion.assign import FORBIDDEN, assign
from tocsin.fusion.group import QUIET_NS, Group, Member
from tocsin.fusion.states import Estimate, carry, combine, compare, estimate_of, position_sigma_m
from tocsin.messages.basics import Nation, Note
from tocsin.messages.track import FusedTrack, Track
from tocsin.units import NS_PER_S

Key = tuple[Nation, str]

JOIN_CHI2: Final = 22.46  # chi-square, 6 degrees of freedom, 99.9 %: one wrong refusal in 1,000, repaired by the merge
SPLIT_CHI2: Final = 40.0  # well above JOIN_CHI2 (99.99995 %): an association is not given up for a bad moment
SPLIT_AFTER_NS: Final = 5 * NS_PER_S  # and must contradict itself for so long
TWIN_WAIT_NS: Final = 10 * NS_PER_S  # a newcomer that agrees with an object whose track of the same nation misses the plots that the
# newcomer gets (tracks swapped in a salvo) waits so long for that track to end; measured: up to 8 s
MERGE_CHI2: Final = 12.59  # 95 %: two objects become one only on good agreement,
MERGE_AFTER_NS: Final = 3 * NS_PER_S  # held for so long,
MERGE_SIGMA_M: Final = 3_000.0  # and sharp enough to tell two launches 5 s apart (>= 5 km on one path)
COARSE_M: Final = 40_000.0  # farther apart than any two that agree: 3.6 sigma of MERGE_SIGMA_M each and the slack of two minutes unseen
MERGE_EVERY_NS: Final = NS_PER_S
AMBIGUOUS_COST: Final = 6.0  # 2 ln(likelihood ratio 20): below it two objects explain a new track about equally well
NEAR_CHI2: Final = 200.0  # a newcomer that fits none but is so near to one (bias, a bad first state) waits too, before it counts as
WAIT_NS: Final = 3 * NS_PER_S  # another missile; for so long. Sharp tracks of two launches 5 s apart differ by 1,000 and more
SPLIT_WAIT_NS: Final = 12 * NS_PER_S  # ... one that was split off waits longer: a track that slides from one missile of a salvo to the
# next contradicts both on its way, for 5-8 s
LATE_NS: Final = 30 * NS_PER_S  # a track that begins so long after an object's predicted contact is another one
REPLACED_NS: Final = 2 * NS_PER_S  # a nation's old track with no plot later than this after its new track's first plot is replaced
CLOSED_KEPT_NS: Final = 10 * NS_PER_S  # ``live`` shows a closed object for so long, so that no reader misses it
OTHERS_KEPT_NS: Final = 60 * NS_PER_S  # a non-ballistic track without news is forgotten


class Fusion:
    """One picture's objects. ``alone`` gets one nation's tracks and passes them through; ``joint`` gets all nations'."""

    def __init__(self, picture: str) -> None:
        self._picture = picture
        self._count = 0
        self._groups: dict[int, Group] = {}  # in order of birth
        self._home: dict[Key, int] = {}  # national track -> group number, -1 once replaced or given up
        self._newest: dict[Key, tuple[int, str]] = {}  # (time, status) of the last message taken
        self._waiting: dict[Key, tuple[Track, int]] = {}  # ambiguous newcomers and since when
        self._split_off: set[Key] = set()  # tracks that were sent away and have found no object yet
        self._others: dict[Key, Track] = {}
        self._closed: list[tuple[FusedTrack, int]] = []
        self._agreeing: dict[tuple[int, int], int] = {}  # pair of groups -> since when they agree
        self._merge_due_ns = 0
        self._carried: dict[tuple[int, int], FusedTrack | None] = {}  # (group, time) -> message, since the last step

    def step(self, tracks: tuple[Track, ...], now_ns: int) -> tuple[tuple[FusedTrack, ...], tuple[Note, ...]]:
        """Take new or updated national tracks; return the objects that changed (new data, status, closed) and notes.

        Objects without news are not returned: ask ``live`` for all of them, predicted to a time.
        """
        self._carried.clear()
        if not (tracks or self._groups or self._waiting or self._others or self._closed):
            return (), ()
        notes: list[Note] = []
        gone: list[FusedTrack] = []
        self._expire(now_ns, gone)
        changed: list[int] = []
        newcomers: list[Track] = []
        for track in tracks:
            self._take(track, now_ns, changed, newcomers, gone, notes)
        heard = {(track.nation, track.track) for track in newcomers}
        newcomers += [self._waiting[key][0] for key in sorted(self._waiting) if key not in heard]
        for nation in sorted({track.nation for track in newcomers}):  # one by one: two nations' first tracks of one missile meet
            self._place([track for track in newcomers if track.nation == nation], now_ns, changed, notes)
        for number in sorted(set(changed)):
            group = self._groups.get(number)
            if group is not None and not group.refresh():
                text = f"{group.name}: expected a positive definite covariance from each member; kept the last estimate"
                notes.append(_note("covariance-not-positive", text, now_ns))
        for number in sorted(set(changed)):
            self._split(number, now_ns, changed, notes)
        self._merge(now_ns, changed, gone, notes)
        out = [self._emit(self._groups[number]) for number in sorted(set(changed)) if number in self._groups]
        self._closed = [(track, at_ns) for track, at_ns in self._closed if now_ns - at_ns <= CLOSED_KEPT_NS]
        self._closed.extend((track, now_ns) for track in gone)
        return tuple(track for track in out if track is not None) + tuple(gone), tuple(notes)

    def live(self, now_ns: int) -> tuple[FusedTrack, ...]:
        """All objects; those without data for a second are predicted to ``now_ns``, the lately closed ones come last."""
        found = []
        for group in self._groups.values():
            output = group.output
            if output is not None and now_ns - output.time_ns >= NS_PER_S:
                output = self._carry(group, now_ns)
            if output is not None:
                found.append(output)
        return tuple(found) + tuple(track for track, _ in self._closed)

    def predicted(self, now_ns: int) -> tuple[FusedTrack, ...]:
        """All objects without data at ``now_ns``, carried there: what a picture shows at each whole second."""
        behind = [group for group in self._groups.values() if group.output is not None and group.output.time_ns < now_ns]
        found = [self._carry(group, now_ns) for group in behind]
        return tuple(track for track in found if track is not None)

    def _carry(self, group: Group, now_ns: int) -> FusedTrack | None:
        """A group's message at a time: ``live`` and ``predicted`` of one tick ask for the same one."""
        key = (group.number, now_ns)
        if key not in self._carried:
            self._carried[key] = group.message(now_ns)
        return self._carried[key]

    @property
    def others(self) -> tuple[Track, ...]:
        """The latest tracks that are not ballistic (aircraft, satellites, meteors, unknown), by nation and name."""
        return tuple(self._others[key] for key in sorted(self._others))

    # --- taking tracks ------------------------------------------------------------------------------------------------

    def _take(
        self, track: Track, now_ns: int, changed: list[int], newcomers: list[Track], gone: list[FusedTrack], notes: list[Note]
    ) -> None:
        """Sort one message: old news, not ballistic, a member's update, or a newcomer."""
        key = (track.nation, track.track)
        known = self._newest.get(key)
        if known is not None and (track.time_ns < known[0] or (track.time_ns, track.status) == known):
            return  # the same evidence is never counted twice, whichever way it came
        self._newest[key] = (track.time_ns, track.status)
        number = self._home.get(key)
        if track.kind != "ballistic":
            if track.status in ("lost", "closed"):
                self._others.pop(key, None)
            else:
                self._others[key] = track
            self._waiting.pop(key, None)
            if number is not None:
                self._leave(key, track, now_ns, changed, gone, notes)
            return
        self._others.pop(key, None)
        if number is None or number == -1 or number not in self._groups:
            dead = track.status in ("lost", "closed")
            replaced_silent = number is not None and track.predicted
            if dead or replaced_silent:
                self._waiting.pop(key, None)
                self._split_off.discard(key)
            elif estimate_of(track) is None:
                notes.append(_not_finite(track, now_ns))
            else:
                newcomers.append(track)
            return
        group = self._groups[number]
        ended = track.status in ("lost", "closed") and group.confirmed_ns is None and track.confirmed_ns is None
        if ended:
            self._leave(key, track, now_ns, changed, gone, notes)
            return
        if not group.put(track, now_ns):
            notes.append(_not_finite(track, now_ns))
            return
        group.parent = group.parent or self._parent_of(track)
        changed.append(number)

    def _leave(self, key: Key, track: Track, now_ns: int, changed: list[int], gone: list[FusedTrack], notes: list[Note]) -> None:
        """A member stopped being ballistic, or a tentative one ended: it leaves; an object without members is closed."""
        number = self._home[key]
        self._home[key] = -1
        group = self._groups.get(number)
        if group is None or key[0] not in group.members or group.members[key[0]].track.track != key[1]:
            return
        if len(group.members) > 1:
            del group.members[key[0]]
            group.launches.pop(key[0], None)
            changed.append(number)
            return
        group.kind = track.kind
        message = group.message(now_ns, closed=True)
        if message is not None:
            gone.append(message)
        del self._groups[number]
        notes.append(_note("object-ended", f"{group.name}: {track.track} is {track.kind}, {track.status}; the object is closed", now_ns))

    # --- association --------------------------------------------------------------------------------------------------

    def _place(self, newcomers: list[Track], now_ns: int, changed: list[int], notes: list[Note]) -> None:
        """Assign one nation's newcomers to objects: the most pairs, then the most likely; the rest become objects or wait."""
        groups = [self._groups[number] for number in sorted(self._groups)]
        fits = [[self._fit(track, group) for group in groups] for track in newcomers]
        taken = [[_taken(track, group) for group in groups] for track in newcomers]
        costs = [
            [chi2 + log_det if chi2 <= JOIN_CHI2 and not no else FORBIDDEN for (chi2, log_det), no in zip(row, nos, strict=True)]
            for row, nos in zip(fits, taken, strict=True)
        ]
        chosen = assign(costs)
        for track, row, fit, nos, column in zip(newcomers, costs, fits, taken, chosen, strict=True):
            key = (track.nation, track.track)
            since_ns = self._waiting.get(key, (track, now_ns))[1]
            rivals = sorted(cost for cost in row if cost < FORBIDDEN)
            ambiguous = len(rivals) > 1 and rivals[1] - rivals[0] < AMBIGUOUS_COST
            near = column is None and any(chi2 <= NEAR_CHI2 and not no for (chi2, _), no in zip(fit, nos, strict=True))
            close = [group for (chi2, _), group in zip(fit, groups, strict=True) if chi2 <= JOIN_CHI2]
            twin = column is None and any(_starved(track, group) for group in close)
            waited_ns = now_ns - since_ns
            wait_ns = SPLIT_WAIT_NS if key in self._split_off else WAIT_NS
            if ((ambiguous or near) and waited_ns < wait_ns) or (twin and waited_ns < TWIN_WAIT_NS):
                self._waiting[key] = (track, since_ns)
                continue
            self._waiting.pop(key, None)
            self._split_off.discard(key)
            group = groups[column] if column is not None else self._new_group(track)
            old = group.members.get(track.nation)
            if old is not None:
                self._home[track.nation, old.track.track] = -1
                notes.append(_note("track-replaced", f"{group.name}: {track.track} takes the place of {old.track.track}", now_ns))
            self._home[key] = group.number
            group.put(track, now_ns)
            group.refresh()
            changed.append(group.number)

    def _new_group(self, track: Track) -> Group:
        """Start an object from a track that agrees with none."""
        self._count += 1
        group = Group(number=self._count, name=f"{self._picture}-{self._count}", parent=self._parent_of(track))
        self._groups[self._count] = group
        return group

    def _parent_of(self, track: Track) -> str | None:
        """Return the object that a separated part left, by its nation's word; None if it is no part or that object is not known."""
        if track.parent is None:
            return None
        home = self._groups.get(self._home.get((track.nation, track.parent), -1))
        return home.name if home is not None else None

    def _fit(self, track: Track, group: Group) -> tuple[float, float]:
        """(chi-square, log determinant) of a newcomer against an object; parts and missiles never mix."""
        newcomer = estimate_of(track)
        if newcomer is None or group.estimate is None or (track.parent is None) != (group.parent is None):
            return FORBIDDEN, 0.0
        contact_ns = group.contact() if track.first_plot_ns - group.last_plot_ns > QUIET_NS else None
        if contact_ns is not None and track.first_plot_ns > contact_ns + LATE_NS:
            return FORBIDDEN, 0.0
        there = group.at(max(track.time_ns, group.estimate.time_ns))
        return compare(there, newcomer) if there is not None else (FORBIDDEN, 0.0)

    def _split(self, number: int, now_ns: int, changed: list[int], notes: list[Note]) -> None:
        """Send the worst member away once the members contradict each other for seconds."""
        group = self._groups.get(number)
        if group is None or len(group.members) < 2:
            return
        worst = _worst_member(group)
        if worst is None or worst[0] <= SPLIT_CHI2:
            group.failing_since_ns = None
            return
        if group.failing_since_ns is None:
            group.failing_since_ns = now_ns
        if now_ns - group.failing_since_ns < SPLIT_AFTER_NS:
            return
        group.failing_since_ns = None
        track = worst[1].track
        del group.members[track.nation]
        group.launches.pop(track.nation, None)
        del self._home[track.nation, track.track]
        self._split_off.add((track.nation, track.track))
        group.refresh()
        text = f"{group.name}: {track.track} contradicts the others for {SPLIT_AFTER_NS // NS_PER_S} s (chi-square {worst[0]:.0f})"
        notes.append(_note("association-split", text, now_ns))
        self._place([track], now_ns, changed, notes)

    def _merge(self, now_ns: int, changed: list[int], gone: list[FusedTrack], notes: list[Note]) -> None:
        """Make one of two objects that agree sharply for seconds and that no nation holds apart."""
        if now_ns < self._merge_due_ns or len(self._groups) < 2:
            return
        self._merge_due_ns = now_ns + MERGE_EVERY_NS
        sharp: list[tuple[Group, Estimate, list[float]]] = []
        for number in sorted(self._groups):
            there = self._groups[number].at(now_ns)
            if there is not None and position_sigma_m(there) <= MERGE_SIGMA_M:
                sharp.append((self._groups[number], there, there.x[:3].tolist()))
        agreeing: dict[tuple[int, int], int] = {}
        for i, (older, one, (x, y, z)) in enumerate(sharp):
            for younger, other, (a, b, c) in sharp[i + 1 :]:
                if abs(x - a) > COARSE_M or abs(y - b) > COARSE_M or abs(z - c) > COARSE_M or _held_apart(older, younger):
                    continue
                if younger.number in self._groups and older.number in self._groups and compare(one, other)[0] <= MERGE_CHI2:
                    since_ns = self._agreeing.get((older.number, younger.number), now_ns)
                    agreeing[older.number, younger.number] = since_ns
                    if now_ns - since_ns >= MERGE_AFTER_NS:
                        self._join(older, younger, now_ns, gone, notes)
                        changed.append(older.number)
        self._agreeing = agreeing

    def _join(self, older: Group, younger: Group, now_ns: int, gone: list[FusedTrack], notes: list[Note]) -> None:
        """Move the younger group's members into the older one; close the younger with the older as its ``parent``, no members."""
        for nation in sorted(younger.members):
            track = younger.members[nation].track
            old = older.members.get(nation)
            if old is not None:
                self._home[nation, old.track.track] = -1
            older.put(track, now_ns)
            self._home[nation, track.track] = older.number
        message = younger.message(now_ns, closed=True)
        if message is not None:
            gone.append(_as_merged(message, older.name))
        del self._groups[younger.number]
        older.refresh()
        notes.append(_note("objects-merged", f"{younger.name} is the same object as {older.name}", now_ns))

    # --- life ---------------------------------------------------------------------------------------------------------

    def _expire(self, now_ns: int, gone: list[FusedTrack]) -> None:
        """Close what must be down and forget what has no news."""
        for number in sorted(self._groups):
            group = self._groups[number]
            if group.expired(now_ns):
                message = group.message(now_ns, closed=True)
                if message is not None:
                    gone.append(message)
                for nation in sorted(group.members):
                    self._home[nation, group.members[nation].track.track] = -1
                del self._groups[number]
        for key in [key for key, track in self._others.items() if now_ns - track.time_ns > OTHERS_KEPT_NS]:
            del self._others[key]

    def _emit(self, group: Group) -> FusedTrack | None:
        """Make and keep the group's message at its own time."""
        if group.estimate is None:
            return None
        group.output = group.message(group.estimate.time_ns)
        return group.output


def _replaceable(member: Member, newer: Track) -> bool:
    """True if a nation's member track has ended, or had no plot since the newer track of that nation began."""
    old = member.track
    return old.status in ("lost", "closed") or old.last_plot_ns <= newer.first_plot_ns + REPLACED_NS


def _held_apart(older: Group, younger: Group) -> bool:
    """True if they are not of one sort (part and missile), or a nation has a live track in each."""
    if (older.parent is None) != (younger.parent is None):
        return True
    both = [nation for nation in sorted(younger.members) if nation in older.members]
    return any(not _replaceable(older.members[nation], younger.members[nation].track) for nation in both)


def _taken(track: Track, group: Group) -> bool:
    """True if the track's nation already has a live track in the object."""
    member = group.members.get(track.nation)
    return member is not None and not _replaceable(member, track)


def _starved(track: Track, group: Group) -> bool:
    """True if the object's track of the same nation had no plot since the newcomer's latest: perhaps it lost them to it."""
    member = group.members.get(track.nation)
    return member is not None and member.track.last_plot_ns < track.last_plot_ns


def _worst_member(group: Group) -> tuple[float, Member] | None:
    """(chi-square against the others together, member) of the fresh member that fits worst; ties: the later to join."""
    used = [m for m in group.in_use() if group.last_plot_ns - m.track.last_plot_ns <= QUIET_NS]
    if len(used) < 2:
        return None
    time_ns = max(member.track.time_ns for member in used)
    estimates = [carry(member.estimate, time_ns) for member in used if member.estimate is not None]
    scores: list[tuple[float, int, str, Member]] = []
    for i, member in enumerate(used):
        rest = _together(tuple(estimates[:i] + estimates[i + 1 :]), time_ns)
        if rest is not None:
            scores.append((round(compare(estimates[i], rest)[0], 6), member.joined_ns, member.track.nation, member))
    if not scores:
        return None
    worst = max(scores, key=lambda score: score[:3])
    return worst[0], worst[3]


def _together(estimates: tuple[Estimate, ...], time_ns: int) -> Estimate | None:
    """The others as one estimate."""
    if len(estimates) == 1:
        return estimates[0]
    joint = combine(estimates, time_ns)
    return joint[0] if joint is not None else None


def _as_merged(message: FusedTrack, survivor: str) -> FusedTrack:
    """The last message of an object that turned out to be another one: closed, no members, the survivor as parent."""
    return FusedTrack(
        track=message.track,
        time_ns=message.time_ns,
        kind=message.kind,
        status="closed",
        pos_ecef_m=message.pos_ecef_m,
        vel_ecef_mps=message.vel_ecef_mps,
        ln_beta=message.ln_beta,
        cov=message.cov,
        thrust_mps2=message.thrust_mps2,
        thrust_sigma_mps2=message.thrust_sigma_mps2,
        models=message.models,
        first_plot_ns=message.first_plot_ns,
        last_plot_ns=message.last_plot_ns,
        plots=message.plots,
        predicted=message.predicted,
        sensors=message.sensors,
        sources=(),
        members=(),
        parent=survivor,
    )


def _not_finite(track: Track, now_ns: int) -> Note:
    text = f"{track.track}: expected 28 covariance numbers and a finite state; message ignored, the origin must look at its tracker"
    return _note("not-finite", text, now_ns)


def _note(code: str, text: str, now_ns: int) -> Note:
    return Note(stage="fusion", code=code, text=text, time_ns=now_ns)
