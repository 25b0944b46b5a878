"""Step 6: writes leaderboard, report, model card and summary."""

from dataclasses import dataclass

from kubenas.reporting.cards import render_model_card
from kubenas.reporting.report import render_report
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.tables import make_leaderboard, to_csv
from kubenas.search.layout import search_folder
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.report.summary import Summary, summarise, write_summary
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, join


@dataclass(frozen=True)
class Report:
    """URIs and contents of the written files."""

    html: str
    """URI of the report of the latest search in the output."""
    kept_at: str
    """URI of the folder of this search, which later searches do not overwrite."""
    html_text: str
    model_card_text: str
    """Empty for a search of the tuner, which has no data set to describe."""
    leaderboard: str
    leaderboard_text: str
    summary: Summary


def report(context: RunContext) -> Report:
    """Writes the reports of the finished run of ``context``.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output, search = context.output, context.search_id
    with running_step("report", output, key=search):
        StatusWriter(output, "report", search=search)
        written = write_report(output, read_report_input(output, search, finished=True))
    refresh_summary(output, search, written.html)
    return written


def refresh_summary(output: Storage, search: str, html: str) -> None:
    """Writes the summary again, with the duration of the last step."""
    write_summary(output, summarise(read_report_input(output, search, finished=True), html))


def write_report(output: Storage, material: ReportInput) -> Report:
    """Writes all files of the report; the search may still be running."""
    folder = search_folder(material.search)
    board = make_leaderboard(
        material.state,
        search=material.search,
        objective=material.objective,
        direction=material.direction,
        objectives=material.objectives,
    )
    contents = {
        "report.html": render_report(material),
        "leaderboard.json": board.model_dump_json(indent=1),
        "leaderboard.csv": to_csv(board),
        **({"model_card.md": render_model_card(material)} if material.schema else {}),
    }
    for name, content in contents.items():
        output.write(f"{folder}/{name}", content.encode())
    output.write("report.html", contents["report.html"].encode())
    html = join(output.uri, "report.html")
    summary = summarise(material, html)
    if material.finished:
        write_summary(output, summary)
    return Report(
        html=html,
        kept_at=join(output.uri, folder),
        html_text=contents["report.html"],
        model_card_text=contents.get("model_card.md", ""),
        leaderboard=join(output.uri, folder, "leaderboard.json"),
        leaderboard_text=contents["leaderboard.json"],
        summary=summary,
    )
