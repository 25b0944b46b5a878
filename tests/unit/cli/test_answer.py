"""Escaping of control characters in the output of commands."""

import pytest

from kubenas.cli.answer import answering
from kubenas.cli.progress import TerminalDisplay
from kubenas.errors import UserError
from kubenas.steps.process.outcome import StepOutcome
from kubenas.steps.process.status import Status


def test_control_characters_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(as_json=False) as answer:
        answer.line("two\nlines \x1b]0;title\x07 and \x9b2J")
    assert capsys.readouterr().out == "two\nlines \\x1b]0;title\\x07 and \\x9b2J\n"


def test_control_characters_in_errors_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), answering(as_json=False):
        raise UserError("bad \x1b[2J")
    assert capsys.readouterr().err == "kubenas: bad \\x1b[2J\n"


def test_brackets_in_a_status_are_not_markup() -> None:
    shown = TerminalDisplay()
    status = Status(step="search", at=0.0, detail="[/no] closing tag of [red]")
    with shown:
        shown.show(status, [StepOutcome(step="search", state="running", key="k")])
    shown.show(None, [])
