"""The one fault of this layer: a partner's bytes break the rules, with a stable code that is counted and shown."""

from typing import Literal, get_args

from tocsin.errors import PeerFault

FaultCode = Literal[
    "malformed",
    "oversized",
    "unknown-version",
    "unknown-key",
    "bad-signature",
    "wrong-origin",
    "wrong-world",
    "wrong-audience",
    "wrong-product",
]

FAULT_CODES: tuple[str, ...] = get_args(FaultCode)


class WireFault(PeerFault):
    """Foreign bytes that are refused; ``code`` is one of ``FAULT_CODES``."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code: FaultCode = code
