"""The after-action report of a night: what is drawn and said. How it is drawn is ``adapters.report``; figures come from ``night``."""

from tocsin.evaluation.report.document import report_page, write_report
from tocsin.evaluation.report.picture import picture_svg, write_picture

__all__ = ["picture_svg", "report_page", "write_picture", "write_report"]
