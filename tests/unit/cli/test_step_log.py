"""The error line of a failed step's log."""

import pytest

from kubenas.cli.kubeflow.waiting.step_log import find_error_line

LAUNCHER = """\
I1129 09:00:01.000001      21 launcher_v2.go:154] publish success.
F1129 09:00:02.000002      21 main.go:59] failed to execute component: exit status 2
time="2026-11-29T09:00:02.123Z" level=info msg="sub-process exited" argo=true error="<nil>"
Error: exit status 2
"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/app/a.py", line 3, in <module>
    main()
ValueError: no pictures in
"""


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("step 1\nError: data.source: no such file\n" + LAUNCHER, "data.source: no such file"),
        ("Error: an earlier one\nError: the last one\n" + LAUNCHER, "the last one"),
        (TRACEBACK + "Error: search: unexpected: no\n", "search: unexpected: no"),
        ("hello\n" + TRACEBACK + LAUNCHER, "ValueError: no pictures in"),
        (TRACEBACK + "\nDuring ...\n\n" + TRACEBACK.replace("no ", ""), "ValueError: pictures in"),
        ("F1129 09:00:02.000002 1 main.go:1] KFP driver: driver.Container(x) failed: no mlmd\n",
         "KFP driver: driver.Container(x) failed: no mlmd"),
        (LAUNCHER, "failed to execute component: exit status 2"),
        ("", None),
        ('{"error_message": "Failed to read logs for run x", "error_details": "..."}', None),
        ("Traceback (most recent call last):\n  File", None),
    ],
)  # fmt: skip
def test_most_specific_error_line_is_found(log: str, told: str | None) -> None:
    assert find_error_line(log) == told


def test_long_lines_are_truncated() -> None:
    assert len(find_error_line("Error: " + "x" * 100_000) or "") == 1000
