"""Start-up self-check: may this node run with this configuration, these areas and this store? Problems are notes that say what to do.

Fatal ones raise before anything runs: words of two worlds mixed, a person or key twice, a store of another world or with the rest of a
drill in it. What only limits the node (too few persons, no sensor, a partner without rules) is a note: a nation that cannot release
to its public must still watch and warn its partners.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from tocsin.errors import OperatorFault
from tocsin.messages.basics import Note, World
from tocsin.node.config import NodeConfig
from tocsin.warning.thresholds import load_thresholds

FATAL: Final = frozenset(
    {
        "own-key-missing",
        "key-world",
        "key-twice",
        "person-world",
        "person-nation",
        "person-twice",
        "thresholds",
        "store-world",
        "store-drill",
    }
)


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the store that the node will write to holds already; the defaults are those of a new, empty one."""

    world: World | None = None  # of its last head
    drill: str = ""  # a drill that was started in it and not ended


def self_check(config: NodeConfig, *, store: StoreFacts | None = None, areas_sha256: str = "") -> tuple[Note, ...]:
    """Return what a person should know before the node runs, the areas' hash among it.

    Args:
        config: the node's whole configuration.
        store: what its store holds already.
        areas_sha256: of the area table that its answers will come from.

    Raises OperatorFault with every fatal problem, before anything runs.
    """
    notes = (*check_config(config), *_store(config, StoreFacts() if store is None else store))
    fatal = [note.text for note in notes if note.code in FATAL]
    if fatal:
        raise OperatorFault(f"{config.nation} in world {config.world} does not start: {'; '.join(fatal)}")
    areas = f"areas and zones come from the table with SHA-256 {areas_sha256}" if areas_sha256 else "no hash of the area table was given"
    return (*notes, _note("area-table", areas))


def check_config(config: NodeConfig) -> tuple[Note, ...]:
    """Return the problems of a configuration alone, fatal or not."""
    return (*_keys(config), *_people(config), *_work(config), *_thresholds(config))


def _keys(config: NodeConfig) -> list[Note]:
    notes: list[Note] = []
    if not any(key.nation == config.nation for key in config.keys):
        notes.append(_note("own-key-missing", f"expected the public key of {config.nation} itself in the key list, found none; add it"))
    notes.extend(
        _note("key-world", f"key {key.key_id} of {key.nation} is for world {key.world}, this node is {config.world}; remove it")
        for key in config.keys
        if key.world != config.world
    )
    every = [key.public_hex for key in config.keys] + [person.public_hex for person in config.people]
    notes.extend(_note("key-twice", f"the key {twin[:16]}... is listed twice; every node and person has its own") for twin in _twins(every))
    return notes


def _people(config: NodeConfig) -> list[Note]:
    notes: list[Note] = []
    for person in config.people:
        if person.world != config.world:
            text = f"the key of {person.person} is for world {person.world}, this node is {config.world}; remove it"
            notes.append(_note("person-world", text))
        if person.nation != config.nation:
            notes.append(
                _note("person-nation", f"{person.person} acts for {person.nation}, this node is of {config.nation}; remove the entry")
            )
    names = [person.person for person in config.people]
    notes.extend(_note("person-twice", f"{twin} is listed twice; one person would count as two") for twin in _twins(names))
    if len(set(names)) < config.public.persons:
        text = f"a public release takes {config.public.persons} persons, {len(set(names))} are configured: none is possible; add persons"
        notes.append(_note("persons-too-few", text))
    if config.public.persons > 1 and not any(person.role == "supervisor" for person in config.people):
        notes.append(_note("no-supervisor", "the configuration has no supervisor: nobody to escalate to; add one"))
    if config.public.at_limit == "publish":
        text = f"at the time limit of {config.public.limit_s:g} s a warning is published WITHOUT its persons, as this configuration says"
        notes.append(_note("at-limit-publish", text))
    return notes


def _work(config: NodeConfig) -> list[Note]:
    """Return what is missing for the node's work: sensors, and rules for each partner."""
    notes: list[Note] = []
    if not config.sensors:
        notes.append(_note("no-sensors", "no own sensor is configured: the node sees only what partners share"))
    partners = [route.destination for route in config.routes]
    notes.extend(
        _note("no-rules", f"no release rule of world {config.world} names {partner}: nothing will be sent there; write its rules")
        for partner in partners
        if not any(rule.partner == partner and config.world in rule.worlds for rule in config.policy.rules)
    )
    return notes


def _thresholds(config: NodeConfig) -> list[Note]:
    """Return whether the warning thresholds can be read (nothing can be named to anybody without), and are the nation's own."""
    try:
        own = any(entry.nation == config.nation for entry in load_thresholds().nations)
    except OperatorFault as problem:
        return [_note("thresholds", f"the warning thresholds cannot be read: {problem}")]
    text = f"{config.nation} has no warning thresholds of its own: those for any nation are used; write them (tocsin/data/thresholds)"
    return [] if own else [_note("thresholds-default", text)]


def _store(config: NodeConfig, store: StoreFacts) -> list[Note]:
    notes: list[Note] = []
    if store.world is not None and store.world != config.world:
        text = f"the store is of world {store.world}, this process is {config.world}; give it a store of its own"
        notes.append(_note("store-world", text))
    if store.drill:
        text = (
            f"drill {store.drill} was started in this store and not ended; end it, prove the live store clean (tocsin drill), start again"
        )
        notes.append(_note("store-drill", text))
    return notes


def _twins(names: Sequence[str]) -> list[str]:
    return sorted({name for i, name in enumerate(names) if name in names[:i]})


def _note(code: str, text: str) -> Note:
    return Note(stage="self-check", code=code, text=text, time_ns=0)
