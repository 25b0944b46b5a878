"""The table of faults and how long they took, from the tests that are marked `fault`.

A test's name says what happens and what becomes of it.
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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Writes the table to the file that FAULTS names."""
    file = os.environ.get("FAULTS")
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "fault" in report.keywords
    ]
    if file and reports:
        Path(file).write_text(_HEAD + table(reports), encoding="utf-8")


def table(reports: Iterable[Any]) -> str:
    """A row for each report."""
    rows = [f"| kubenas {__version__}: what happens, and what becomes of it | with | | s |"]
    rows += ["|---|---|---|---:|"]
    for report in reports:
        name, _, case = report.nodeid.partition("::test_")[2].rstrip("]").partition("[")
        outcome = "held" if report.passed else "**broken**"
        rows.append(f"| {name.replace('_', ' ')} | {case} | {outcome} | {report.duration:.0f} |")
    return "\n".join(rows) + "\n"
