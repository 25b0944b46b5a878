"""Table of the tests marked ``fault``, with their results and durations.

The name of a test says what happens and how it ends. Rows of tests that did not run are kept.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kubenas import __version__

_HEAD = """# Faults on a real cluster

Written by `make e2e-all`. Each row is a test that did this to a search, a trial or the cluster, and
then saw that every trial had ended exactly once, that no attempt had run twice, that the journal
replays, and that no Job and no pod was left. Seconds are those of the whole test, with starting the
search and bringing it to its end.

"""
_COLUMNS = f"| kubenas {__version__}: what happens, and what becomes of it | with | | s |\n"
_RULE = "|---|---|---|---:|\n"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Writes the table to the file in the environment variable FAULTS."""
    file = os.environ.get("FAULTS")
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "fault" in report.keywords
    ]
    if file and reports:
        known = Path(file).read_text(encoding="utf-8") if Path(file).exists() else ""
        Path(file).write_text(_HEAD + table(reports, known), encoding="utf-8")


def table(reports: Iterable[Any], known: str = "") -> str:
    """Returns a row for each report, and the rows of ``known`` that no report replaces."""
    rows = dict(map(_row, reports))
    earlier = known.partition(_RULE)[2].splitlines()
    kept = {row.rsplit("|", 3)[0]: row for row in earlier}
    return _COLUMNS + _RULE + "".join(f"{row}\n" for row in (kept | rows).values())


def _row(report: Any) -> tuple[str, str]:
    """Returns the key and the text of a row."""
    name, _, case = report.nodeid.partition("::test_")[2].rstrip("]").partition("[")
    what = f"| {name.replace('_', ' ')} | {case} "
    outcome = "held" if report.passed else "**broken**"
    return what, f"{what}| {outcome} | {report.duration:.0f} |"
