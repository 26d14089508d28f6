"""What the desk asks geography about an area: its neighbours, its English name, its nation. No geography is known here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.messages.basics import Nation

PREFIXES: Final[dict[str, Nation]] = {"JP": "JPN", "KR": "KOR", "US": "USA"}


@dataclass(frozen=True, slots=True)
class Places:
    """Each is asked with an ISO 3166-2 code, "JP-02"."""

    neighbours: Callable[[str], tuple[str, ...]]  # areas beside it, other nations' among them
    name: Callable[[str], str]
    nation: Callable[[str], Nation]


GEOGRAPHY: Final = Places(neighbours=lambda _: (), name=lambda code: code, nation=lambda code: PREFIXES.get(code[:2], ""))
