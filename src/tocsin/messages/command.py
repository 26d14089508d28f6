"""Command: an act of a person, recorded and then applied like any other input."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """``cancel`` needs a reason; ``maintenance`` stops releases of warnings; no command exists that directs anything but words."""

    command: str
    person: str
    nation: Nation
    act: Literal["confirm", "cancel", "all-clear", "maintenance-on", "maintenance-off"]
    warning: str | None = None
    reason: str = ""
    time_ns: int
