"""HTML and SVG as values: every text and attribute is escaped here, and only here. No other module writes an angle bracket."""

from collections.abc import Iterable
from html import escape
from typing import Final, NewType

Markup = NewType("Markup", str)
Value = str | float | int | None
Attributes = dict[str, Value]

VOID: Final = ("br", "hr", "meta", "col", "link")
EMPTY: Final = Markup("")


def element(tag: str, attributes: Attributes | None = None, *children: Markup) -> Markup:
    """Return one element around ready markup. An attribute of None is left out; numbers are written to 0.01."""
    listed = "".join(f' {name}="{_value(value)}"' for name, value in (attributes or {}).items() if value is not None)
    if tag in VOID:
        return Markup(f"<{tag}{listed}>")
    return Markup(f"<{tag}{listed}>{''.join(children)}</{tag}>")


def text(words: str) -> Markup:
    """Return words as markup, escaped."""
    return Markup(escape(words, quote=True))


def join(parts: Iterable[Markup]) -> Markup:
    """Return markup one after the other."""
    return Markup("".join(parts))


def words(tag: str, content: str, attributes: Attributes | None = None) -> Markup:
    """Return one element that holds only text."""
    return element(tag, attributes, text(content))


def number(value: float) -> str:
    """Return a number to 0.01, without trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def _value(value: Value) -> str:
    return escape(value, quote=True) if isinstance(value, str) else number(float(value or 0.0))
