"""The list of messages is closed: a struct or field more, less or different fails here until someone decides on it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "reference" / "message_fields.txt"

# Words that a field of this project may never carry: it warns, it does not direct anything against anything.
FORBIDDEN = frozenset(
    "aim aimpoint arm armed assign assignment attack battery defeat destroy effector engage engagement fire firing gun hit "
    "intercept interception interceptor kill launcher lethality munition salvo_fire shoot shot shooter strike target targeting "
    "threat_rank warhead weapon".split()
)


def dump() -> list[str]:
    """Return "module.Struct.field: annotation [= default]" for every message, read from the source text."""
    lines: list[str] = []
    for path in sorted((ROOT / "src" / "tocsin" / "messages").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                lines.append(f"{path.stem}.{node.name}")
                for field in node.body:
                    if isinstance(field, ast.AnnAssign):
                        default = "" if field.value is None else f" = {ast.unparse(field.value)}"
                        lines.append(f"    {ast.unparse(field.target)}: {ast.unparse(field.annotation)}{default}")
            elif isinstance(node, ast.Assign):
                lines.append(f"{path.stem}: {ast.unparse(node)}")
    return lines


def test_every_struct_and_field_of_the_messages_is_on_the_closed_list() -> None:
    expected = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert dump() == expected, (
        "tocsin.messages and tests/reference/message_fields.txt differ. The list is closed: if the change is wanted, edit the file "
        "by hand, and docs/release-table.md, sharing/fields.py, wire/v1.py and guard/table.py where the field may leave a nation."
    )


def test_no_message_has_a_word_for_anything_but_watching_and_warning() -> None:
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        name = line.split(":")[0].split(".")[-1].strip()
        words = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower()))
        assert not words & FORBIDDEN, line
