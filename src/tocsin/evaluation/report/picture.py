"""The night's map as one small picture that stands alone (for a README): its own styles, marked as an exercise."""

from pathlib import Path
from typing import Final

from tocsin.adapters.report.draw import inner, label, rectangle, svg
from tocsin.adapters.report.page import write_text
from tocsin.adapters.report.style import picture_style
from tocsin.evaluation.night import NightFigures
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.report.night_map import wide_map
from tocsin.evaluation.report.scene import make_scene
from tocsin.evaluation.statements import world_mark
from tocsin.messages.coalition import Coalition

WIDTH_PX: Final = 900.0
MAP_PX: Final = 520.0
HEAD_PX: Final = 52.0


def picture_svg(record: NightRecord, figures: NightFigures, coalition: Coalition) -> str:
    """Return the picture as an SVG document."""
    scene = make_scene(record, figures, coalition)
    mark = world_mark(record.world)
    height = HEAD_PX + MAP_PX
    shapes = (
        rectangle(0.0, 0.0, WIDTH_PX, height, "sheet"),
        label(16.0, 24.0, record.title, "head"),
        label(
            16.0,
            42.0,
            f"{', '.join(spec.name for spec in scene.nations)}: what notional radars saw. EEZ limit approximate, no legal value.",
            "small",
        ),
        label(WIDTH_PX - 16.0, 24.0, mark, "stamp", "end"),
        inner(0.0, HEAD_PX, WIDTH_PX, MAP_PX, wide_map(scene, WIDTH_PX, MAP_PX, quiet=True)),
        label(16.0, height - 26.0, mark, "stamp"),
    )
    return f"{svg(WIDTH_PX, height, f'{mark} {record.title} {mark}'.strip(), *shapes, style=picture_style())}\n"


def write_picture(path: Path, record: NightRecord, figures: NightFigures, coalition: Coalition) -> None:
    """Write the picture; OperatorFault where the file cannot be written."""
    write_text(path, picture_svg(record, figures, coalition))
