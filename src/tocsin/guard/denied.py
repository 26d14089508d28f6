"""The guard's one word for no, with a stable code per reason."""

from tocsin.errors import Refused

DENIAL_CODES = (
    # the request
    "wrong-origin",
    "wrong-world",
    "wrong-partner",
    "unknown-product",
    "wrong-delivery",
    "bad-request",
    "no-rule",
    "oversized",
    "sequence",
    "quarantined",
    # the bytes
    "malformed",
    "duplicate-key",
    "not-finite",
    "nesting",
    "not-canonical",
    # the content
    "wrong-version",
    "wrong-product",
    "wrong-rule",
    "unknown-field",
    "missing-field",
    "field-not-released",
    "wrong-type",
    "out-of-range",
    "too-long",
    "kind-not-allowed",
    "not-own",
    "too-precise",
    "covariance-too-small",
    "too-early",
)
"""Every reason that the guard can give; a test makes each of them happen."""


class GuardDenied(Refused):
    """The guard did not sign. ``code`` is one of ``DENIAL_CODES``; ``text`` says what was expected and what came."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
