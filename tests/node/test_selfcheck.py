"""The self-check at a start: what is dangerous stops the node before anything runs, what limits it is said with what to do."""

import msgspec
import pytest

from tests.sharing.samples import policy_of
from tocsin.api.crew import Crew
from tocsin.errors import OperatorFault
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.envelope import PublicKey
from tocsin.messages.people import PublicRules
from tocsin.messages.release import Policy
from tocsin.node import selfcheck
from tocsin.node.config import NodeConfig, Route
from tocsin.node.people_settings import default_posts
from tocsin.node.selfcheck import FATAL, StoreFacts, check_config, self_check

CREW = Crew("test", default_posts("KOR"), "exercise", 1)


def key(nation: str, world: str = "exercise") -> PublicKey:
    public = public_of(generate_key(f"{nation} {world}".encode()))
    return PublicKey(nation=nation, key_id=key_id_of(public), public_hex=public.hex(), world=world)


GOOD = NodeConfig(
    nation="KOR",
    world="exercise",
    epoch=1,
    nations=("KOR", "JPN"),
    routes=(Route(destination="JPN", next_hop="JPN"),),
    sensors=(),
    policy=policy_of("KOR"),
    keys=(key("KOR"), key("JPN")),
    people=CREW.people,
)


def changed(**changes: object) -> NodeConfig:
    return msgspec.structs.replace(GOOD, **changes)


def person(index: int, **changes: object) -> NodeConfig:
    people = list(CREW.people)
    people[index] = msgspec.structs.replace(people[index], **changes)
    return changed(people=tuple(people))


def codes(config: NodeConfig, store: StoreFacts | None = None) -> list[str]:
    return [note.code for note in self_check(config, store=store, areas_sha256="ab" * 32)]


def test_a_sound_configuration_starts_and_the_hash_of_its_areas_is_recorded() -> None:
    """Without own sensors it is told so, and nothing else."""
    notes = self_check(GOOD, areas_sha256="ab" * 32)
    assert [note.code for note in notes] == ["no-sensors", "area-table"]
    assert "ab" * 32 in notes[-1].text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (changed(keys=(key("KOR"), key("JPN", "live"))), "is for world live"),
        (changed(keys=(key("JPN"),)), "public key of KOR itself"),
        (changed(keys=(key("KOR"), key("KOR"))), "listed twice"),
        (person(0, world="live"), "is for world live"),
        (person(0, nation="JPN"), "acts for JPN"),
        (person(0, person="KOR-duty-2"), "one person would count as two"),
        (person(0, public_hex=CREW.people[1].public_hex), "listed twice"),
    ],
)
def test_words_of_two_worlds_and_a_person_who_counts_twice_stop_the_node(config: NodeConfig, words: str) -> None:
    """Before anything runs, with what to do."""
    with pytest.raises(OperatorFault, match=words):
        self_check(config)


@pytest.mark.parametrize(
    ("store", "words"),
    [(StoreFacts(world="live"), "a store of its own"), (StoreFacts(world="exercise", drill="morning"), "drill morning was started")],
)
def test_a_store_of_another_world_or_with_a_drill_in_it_stops_the_node(store: StoreFacts, words: str) -> None:
    """4 October 2022: what an old drill left was still there."""
    with pytest.raises(OperatorFault, match=words):
        self_check(GOOD, store=store)


def test_a_store_of_the_same_world_without_a_drill_is_taken() -> None:
    assert "area-table" in codes(GOOD, StoreFacts(world="exercise"))


def test_too_few_persons_do_not_stop_the_watch() -> None:
    """The public release is impossible and that is said; partners must still be warned."""
    assert "persons-too-few" in codes(changed(people=CREW.people[:1]))
    assert "persons-too-few" not in codes(changed(people=CREW.people[:1], public=PublicRules(persons=1)))
    assert "no-supervisor" in codes(changed(people=CREW.people[:2]))


def test_a_partner_without_rules_and_the_exception_at_the_limit_are_said() -> None:
    assert "no-rules" in codes(changed(policy=Policy(nation="KOR", version=1, rules=())))
    assert "at-limit-publish" in codes(changed(public=PublicRules(at_limit="publish")))


def test_thresholds_that_cannot_be_read_stop_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> None:
        raise OperatorFault("KOR.toml: expected raise_p")

    monkeypatch.setattr(selfcheck, "load_thresholds", unreadable)
    with pytest.raises(OperatorFault, match="thresholds cannot be read: KOR"):
        self_check(GOOD)


def test_every_problem_of_a_configuration_is_named_at_once() -> None:
    """A person who mends one must not meet the next at the next start."""
    bad = msgspec.structs.replace(person(0, world="live"), keys=())
    with pytest.raises(OperatorFault) as caught:
        self_check(bad, store=StoreFacts(drill="d"))
    for words in ("public key of KOR", "world live", "drill d"):
        assert words in str(caught.value)
    assert {note.code for note in check_config(bad)} & FATAL == {"own-key-missing", "person-world"}
