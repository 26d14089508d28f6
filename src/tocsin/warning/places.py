"""What the desk asks geography about an area: its neighbours, its English name, its nation. No geography is known here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.geography.areas import area_names, area_nation, area_neighbours
from tocsin.messages.basics import Nation


@dataclass(frozen=True, slots=True)
class Places:
    """Each is asked with an ISO 3166-2 code, "JP-02"."""

    neighbours: Callable[[str], tuple[str, ...]]  # areas beside it, other nations' among them
    name: Callable[[str], str]
    nation: Callable[[str], Nation]


def _english(code: str) -> str:
    return area_names(code).en


GEOGRAPHY: Final = Places(neighbours=area_neighbours, name=_english, nation=area_nation)
