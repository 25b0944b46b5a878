"""``kubenas report``: regenerates the report of a search."""

from kubenas.cli.answer import Answer
from kubenas.errors import UserError
from kubenas.steps.process import read_outcome, read_status
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.report.writing import write_report
from kubenas.steps.setup import read_config_lock
from kubenas.storage import open_storage


def rewrite_report(output: str, answer: Answer) -> None:
    """Writes the report and the leaderboard into ``output`` and prints their locations.

    Raises:
        UserError: ``output`` contains no search.
    """
    storage = open_storage(output)
    read_config_lock(storage)
    status = read_status(storage)
    if status is None or status.search is None:
        raise UserError(f"{output}: this output contains no search yet")
    done = read_outcome(storage, "report")
    finished = done is not None and done.state == "done" and done.key == status.search
    written = write_report(storage, read_report_input(storage, status.search, finished=finished))
    answer.line(f"report: {written.html}")
    answer.line(f"leaderboard: {written.leaderboard}")
    answer.put(
        {"report": written.html, "leaderboard": written.leaderboard, "search": status.search}
    )
