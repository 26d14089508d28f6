"""Warnings, persons and acts for the tests of the public desk."""

import msgspec

from tests.stages.flights import launch_estimate, ns
from tocsin.messages.command import Command
from tocsin.messages.event import ImpactEstimate
from tocsin.messages.people import Person, PublicRules
from tocsin.messages.public import Proposal
from tocsin.messages.warning import WarnedArea, Warning
from tocsin.units import DEG
from tocsin.warning.public import PublicDesk, Signed

NAME = "JPN-joint-2023-08-30-1-W1"


def person(name: str, key: str = "", role: str = "duty-officer") -> Person:
    key_id = (key or name).encode().hex()[:16].ljust(16, "0")
    return Person(person=name, nation="JPN", role=role, world="exercise", key_id=key_id, public_hex="00" * 32)


ANN, BOB, SUE = person("duty-1"), person("duty-2", "second"), person("supervisor", role="supervisor")


def area(code: str, kind: str = "land", nation: str = "JPN", from_s: float = 300.0, to_s: float = 330.0) -> WarnedArea:
    return WarnedArea(kind=kind, area=code, nation=nation, p=0.2, from_ns=ns(from_s), to_ns=ns(to_s), since_ns=ns(0))


AREA_JP = area("JP-02")


def warning(t: float, status: str = "confirmed", *areas: WarnedArea, **changes: object) -> Warning:
    base = Warning(
        warning=NAME,
        revision=int(10 * t) + 1,
        origin="JPN",
        world="exercise",
        event="JPN-joint-2023-08-30-1",
        event_revision=1,
        salvo="JPN-joint-2023-08-30-S1",
        time_ns=ns(t),
        status=status,
        missiles_at_least=1,
        detected_by=("KOR",),
        launch=launch_estimate(),
        impact=ImpactEstimate(
            lat_rad=40.9 * DEG, lon_rad=139.0 * DEG, time_ns=ns(310), time_sigma_s=2.0, cov_en_m2=(1e6, 0.0, 1e6), basis="predicted"
        ),
        path=(),
        zones=(("eez:JPN", 0.9), ("high-seas", 0.02)),
        p_outside_eez=(("JPN", 0.1),),
        land_alert=(),
        apogee_m=50_000.0,
        range_m=350_000.0,
        headline="h",
        reason="EXERCISE confirmed by tracking EXERCISE",
        cancel_ready="c",
        expires_ns=ns(2_000),
        areas=areas,
    )
    return msgspec.structs.replace(base, **changes)


class Scene:
    """A public desk, its clock, and every proposal as it was shown last."""

    def __init__(self, rules: PublicRules | None = None, world: str = "exercise") -> None:
        self.desk = PublicDesk("JPN", world, rules or PublicRules())
        self.shown: dict[str, Proposal] = {}
        self.history: list[Proposal] = []
        self.codes: list[str] = []
        self.maintenance = False
        self._acts = 0

    def step(
        self, t: float, *warnings: Warning, acts: tuple[Signed, ...] = (), cancels: dict[str, tuple[Signed, ...]] | None = None
    ) -> None:
        proposals, notes = self.desk.step(warnings, acts, cancels or {}, ns(t), maintenance=self.maintenance)
        self.codes = [note.code for note in notes]
        self.history += proposals
        self.shown |= {proposal.proposal: proposal for proposal in proposals}

    def sign(self, who: Person, draft: Proposal | None, t: float, act: str = "approve", **changes: object) -> Signed:
        """An act on a draft as it stands; ``changes`` make it a wrong one."""
        self._acts += 1
        command = Command(
            command=f"c-{self._acts}",
            person=who.person,
            nation="JPN",
            act=act,
            time_ns=ns(t),
            terminal=f"desk of {who.person}",
            proposal=draft.proposal if draft else None,
            digest=draft.digest if draft else None,
        )
        return Signed(command=msgspec.structs.replace(command, **changes), person=who)

    def waiting(self, audience: str = "land") -> Proposal:
        found = [proposal for proposal in self.desk.waiting() if proposal.audience == audience]
        assert len(found) == 1, found
        return found[0]

    def agree(self, t: float, *people: Person, audience: str = "land") -> None:
        for who in people:
            self.step(t, acts=(self.sign(who, self.waiting(audience), t),))

    def last(self, audience: str = "land") -> Proposal:
        return [proposal for proposal in self.shown.values() if proposal.audience == audience][-1]
