"""The four kinds of fault. Anything else that escapes a public function is a bug in Tocsin."""


class TocsinError(Exception):
    """Base of all errors that Tocsin raises on purpose; the text says what was expected, what came, what to do."""


class OurFault(TocsinError):
    """An invariant of Tocsin itself is broken."""


class PeerFault(TocsinError):
    """A partner or a foreign file sent something that breaks the rules."""


class OperatorFault(TocsinError):
    """A person's input (command line, configuration, file) cannot be used. ``exit_code`` is 2 for usage, 3 for data."""

    def __init__(self, text: str, *, exit_code: int = 3) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Refused(TocsinError):
    """Policy does not permit it. Default deny: any doubt ends here."""
