"""Tocsin warns; it has no word for directing a weapon. Names of messages and fields are read from the sources."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source_tree import place, sources, tree_of

WEAPON_WORDS = frozenset(
    """weapon weapons weaponeering engage engages engaged engagement engagements intercept intercepts interceptor interceptors interception
    fire firing fires shoot shooter shoots kill kills killed aim aimpoint aiming strike strikes munition munitions effector effectors
    battery batteries destroy target targets targeting retaliate retaliation counterattack lethality""".split()
)


def words(name: str) -> list[str]:
    """Split `CamelCase` and `snake_case` into lower-case words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def names(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Give every class, field and enumeration value that a file defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name, node
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield item.target.id, item
                if isinstance(item, ast.Assign):
                    yield from ((text, item) for text in texts(item.value))
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            yield from ((text, node) for text in texts(node.slice))


def texts(node: ast.AST) -> list[str]:
    """Return the string constants inside a node."""
    return [item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def test_no_message_or_field_has_a_weapon_word() -> None:
    defined = [(name, place(path, node)) for path in sources("messages", "wire", "node") for name, node in names(tree_of(path))]
    assert len(defined) > 20, "the test reads nothing: messages have moved"
    assert [f"{where} {name}" for name, where in defined if WEAPON_WORDS & set(words(name))] == []


@pytest.mark.parametrize("name", ["InterceptOrder", "weapon_id", "aimpoint_ecef_m", "fireControl", "TargetAssignment"])
def test_a_weapon_word_is_seen_in_any_spelling(name: str) -> None:
    assert WEAPON_WORDS & set(words(name))


@pytest.mark.parametrize("name", ["LaunchEvent", "impact_pos_ecef_m", "confirmed", "salvo", "raised_watch"])
def test_words_of_warning_are_not_weapon_words(name: str) -> None:
    assert not WEAPON_WORDS & set(words(name))
