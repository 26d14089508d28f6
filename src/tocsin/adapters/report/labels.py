"""Names on a crowded drawing: each is put where it covers neither marks nor names placed before it, if there is such a place."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tocsin.adapters.report.draw import label
from tocsin.adapters.report.markup import Markup

CHARACTER_PX: Final = 6.9  # of the 11-13 px type of the figures, a little generous
LINE_PX: Final = 14.0

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A name for a point. ``gap_px``: how far from it."""

    x: float
    y: float
    words: str
    css: str
    gap_px: float = 9.0
    letter_px: float = CHARACTER_PX


def place_tags(tags: Sequence[Tag], taken: Sequence[Box], paper: Box) -> list[Markup]:
    """Return the names of points on the paper, the first having first choice; a name without a free place goes to its first one."""
    boxes = list(taken)
    placed = []
    for tag in tags:
        if not (paper[0] <= tag.x <= paper[2] and paper[1] <= tag.y <= paper[3]):
            continue
        choices = _choices(tag)
        free = [choice for choice in choices if _inside(choice[2], paper) and not any(_overlap(choice[2], box) for box in boxes)]
        x, anchor, box = (free or choices)[0]
        boxes.append(box)
        placed.append(label(x, box[3] - 4.0, tag.words, tag.css, anchor))
    return placed


def box_around(x: float, y: float, half_px: float) -> Box:
    """Return the box of a mark."""
    return x - half_px, y - half_px, x + half_px, y + half_px


def _choices(tag: Tag) -> list[tuple[float, str, Box]]:
    """Return (x, anchor, box): right, left, below, above, then the same further away."""
    width = tag.letter_px * len(tag.words)
    found: list[tuple[float, str, Box]] = []
    for far in (0.0, LINE_PX, 2.0 * LINE_PX):
        for shift in (0.0,) if far == 0.0 else (-far, far):
            top = tag.y + shift - 0.5 * LINE_PX
            right, left = tag.x + tag.gap_px, tag.x - tag.gap_px
            found.append((right, "start", (right, top, right + width, top + LINE_PX)))
            found.append((left, "end", (left - width, top, left, top + LINE_PX)))
        tops = (tag.y + tag.gap_px + far, tag.y - tag.gap_px - LINE_PX - far)
        found += [(tag.x, "middle", (tag.x - 0.5 * width, top, tag.x + 0.5 * width, top + LINE_PX)) for top in tops]
    return found


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _inside(box: Box, paper: Box) -> bool:
    return box[0] >= paper[0] and box[1] >= paper[1] and box[2] <= paper[2] and box[3] <= paper[3]
