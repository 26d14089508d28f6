"""Legal context of a launch: which resolutions apply, number and paragraph, by the nation it started from and what it was.

The packaged entries (``tocsin/data/legal``) carry sources and say what was checked. A node gets them as texts in its
configuration, "PRK any-launch: UN Security Council resolution ...", so that its log replays without them. They stand beside an
event; nothing is decided by them.
"""

import tomllib
from importlib.resources import files
from typing import Final, Literal

import msgspec

from tocsin.errors import OurFault
from tocsin.messages.basics import Nation

PACKAGED: Final = "un-security-council"
SPACE_LEVEL: Final = 0.5  # from this probability on it is called a space launch
BALLISTIC: Final = "ballistic-missile"
ANY_LAUNCH: Final = "any-launch"


class LegalEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operative paragraph. ``demands``: our short form; ``checked``: what was held against a public text."""

    resolution: int
    year: int
    paragraph: str
    demands: str
    nations: tuple[Nation, ...]
    kind: Literal["ballistic-missile", "any-launch"]
    source: str
    checked: Literal["paragraph", "demand", "none"]
    checked_with: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notice: str
    entry: tuple[LegalEntry, ...]


def load_legal() -> tuple[LegalEntry, ...]:
    """Return the packaged entries in the file's order.

    Raises:
        OurFault: the packaged file is not what this version expects.
    """
    text = (files("tocsin") / "data" / "legal" / f"{PACKAGED}.toml").read_text(encoding="utf-8")
    try:
        return msgspec.convert(tomllib.loads(text), _File).entry
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise OurFault(f"legal/{PACKAGED}.toml: expected entries of {', '.join(LegalEntry.__struct_fields__)}: {error}") from error


def legal_texts(entries: tuple[LegalEntry, ...]) -> tuple[str, ...]:
    """Return the entries as a node's configuration holds them: one text per nation and paragraph, marked with both."""
    return tuple(
        f"{nation} {entry.kind}: UN Security Council resolution {entry.resolution} ({entry.year}), "
        f"paragraph {entry.paragraph}: {entry.demands}"
        for entry in entries
        for nation in entry.nations
    )


def applying(texts: tuple[str, ...], nation: Nation | None, p_space: float) -> tuple[str, ...]:
    """Return what applies to a launch from a nation's land, without the marks, in the given order.

    A text marked with the nation alone applies to every launch of it. ``p_space``: probability that it is a space launch; what
    speaks of ballistic missiles only is left out once that is the likelier answer.
    """
    if nation is None:
        return ()
    marks = [f"{nation}: ", f"{nation} {ANY_LAUNCH}: "]
    if p_space < SPACE_LEVEL:
        marks.append(f"{nation} {BALLISTIC}: ")
    return tuple(text[len(mark) :] for text in texts for mark in marks if text.startswith(mark))
