"""The reports of a run: their input, the files and the summary."""

from kubenas.steps.report.lineage import champion_lineage, find_lineage
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.report.summary import Summary, read_summary
from kubenas.steps.report.writing import Report, refresh_summary, report, write_report

__all__ = [
    "Report",
    "Summary",
    "champion_lineage",
    "find_lineage",
    "read_report_input",
    "read_summary",
    "refresh_summary",
    "report",
    "write_report",
]
