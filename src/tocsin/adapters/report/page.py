"""The page: frame with the world's mark first and last, fixed strip, sections, tables, cards; one file with nothing from outside."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tocsin.adapters.report.markup import EMPTY, Markup, element, join, text, words
from tocsin.adapters.report.style import page_style
from tocsin.errors import OperatorFault

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # the browser itself refuses any request


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the fixed strip: the question, the answer in a few words, and what stands behind it."""

    question: str
    answer: str
    detail: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the page. ``name``: its anchor."""

    name: str
    title: str
    body: Markup


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. ``mark``: "EXERCISE", "TEST" or "" (live); ``mark_text`` stands under it."""

    title: str
    lead: tuple[str, ...]
    mark: str
    mark_text: str
    answers: tuple[Answer, ...]
    sections: tuple[Section, ...]


def page_html(page: Page) -> str:
    """Return the whole document."""
    band = element("div", {"class": "mark"}, text(page.mark), words("small", page.mark_text)) if page.mark else EMPTY
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        words("title", " ".join(part for part in (page.mark, page.title, page.mark) if part)),
        element("style", None, Markup(page_style())),
    )
    lead = join(words("p", line) for line in page.lead)
    links = element("nav", {"aria-label": "Contents"}, *(words("a", s.title, {"href": f"#{s.name}"}) for s in page.sections))
    main = element("main", None, words("h1", page.title), lead, links, *(_section(section) for section in page.sections))
    body = element("body", {"class": "exercise" if page.mark else "live"}, band, _strip(page.answers), main, band)
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


def write_page(path: Path, page: Page) -> None:
    """Write the document; OperatorFault where the file cannot be written."""
    write_text(path, page_html(page))


def write_text(path: Path, content: str) -> None:
    """Write a file of text; OperatorFault where it cannot be written."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as problem:
        raise OperatorFault(f"{path}: expected a file that can be written, came: {problem.strerror}; choose another folder") from problem


def table(title: str, note: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1, bold: str = "") -> Markup:
    """Return a table. A line is drawn where the first cell changes; rows with a cell equal to ``bold`` stand out."""
    head = element("tr", None, *(words("th", name, {"scope": "col", "class": _css(i, text_columns)}) for i, name in enumerate(header)))
    body = []
    for index, row in enumerate(rows):
        new = index > 0 and row[0] != rows[index - 1][0] and any(rows[i][0] == rows[i - 1][0] for i in range(1, len(rows)))
        css = " ".join(name for name, wanted in (("break", new), ("strong", bool(bold) and bold in row)) if wanted)
        cells = (words("td", cell, {"class": _css(i, text_columns)}) for i, cell in enumerate(row))
        body.append(element("tr", {"class": css or None}, *cells))
    caption = words("caption", title) if title else EMPTY
    whole = element("table", None, caption, element("thead", None, head), element("tbody", None, *body))
    return join((element("div", {"class": "wide"}, whole), words("p", note, {"class": "note"}) if note else EMPTY))


def figure(drawing: Markup, caption: str) -> Markup:
    """Return a drawing with its explanation."""
    return element("figure", None, drawing, words("figcaption", caption) if caption else EMPTY)


def columns(css: str, parts: Sequence[Markup]) -> Markup:
    """Return parts side by side ("two", "cards") where the screen is wide enough."""
    return element("div", {"class": css}, *parts)


def card(title: str, content: str) -> Markup:
    """Return a short text in a box; line ends stay."""
    return element("div", {"class": "card"}, words("h3", title) if title else EMPTY, text(content))


def bullets(lines: Sequence[str]) -> Markup:
    """Return a plain list."""
    return element("ul", {"class": "plain"}, *(words("li", line) for line in lines))


def fold(summary: str, content: Markup) -> Markup:
    """Return content under a line that opens it."""
    return element("details", None, words("summary", summary), content)


def _strip(answers: Sequence[Answer]) -> Markup:
    cells = (
        element("section", None, words("h2", answer.question), words("p", answer.answer, {"class": "big"}), words("p", answer.detail))
        for answer in answers
    )
    return element("div", {"class": "strip"}, element("div", None, *cells)) if answers else EMPTY


def _section(section: Section) -> Markup:
    return element("section", {"id": section.name}, words("h2", section.title), section.body)


def _css(index: int, text_columns: int) -> str | None:
    return "word" if index < text_columns else None
