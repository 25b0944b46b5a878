"""Outcomes of steps."""

from pathlib import Path

import pytest

from kubenas.errors import Interrupted, KubenasError, SearchFailed, StorageDenied, UserError
from kubenas.steps.process.outcome import read_outcome, read_outcomes, running_step
from kubenas.steps.process.process import step_process
from kubenas.storage import Storage, open_storage
from kubenas.storage.directory import DirectoryStorage


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path))


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(UserError("wrong"), 2), (SearchFailed("failed"), 1), (Interrupted("stopped"), 130)],
)
def test_error_sets_outcome_exit_code_and_last_log_line(
    output: Storage, error: KubenasError, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised, running_step("search", output, key="k"):
        raise error
    outcome = read_outcome(output, "search")
    assert raised.value.code == exit_code
    assert outcome is not None
    assert (outcome.state, outcome.message, outcome.exit_code) == ("failed", str(error), exit_code)
    assert capsys.readouterr().err == f"Error: {error}\n"


def test_unexpected_error_is_recorded_with_a_traceback_in_the_log(
    output: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit), running_step("export", output, key="k"):
        raise ZeroDivisionError("oh")
    outcome = read_outcome(output, "export")
    assert outcome is not None
    assert (outcome.exit_code, "ZeroDivisionError: oh" in outcome.message) == (1, True)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("Error: export: unexpected ZeroDivisionError: oh")


class Denied(DirectoryStorage):
    """A store that denies write access."""

    def write(self, name: str, data: bytes) -> None:
        del data
        raise StorageDenied(f"{self.uri}/{name}: access denied")


def test_denied_write_at_the_start_is_reported_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised, running_step("prepare", Denied(tmp_path), key="k"):
        pytest.fail("the step ran")
    assert raised.value.code == 2
    assert capsys.readouterr().err == f"Error: {tmp_path}/steps/prepare.json: access denied\n"


def test_denied_write_at_the_end_does_not_hide_the_error_of_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = open_storage(str(tmp_path))

    def denied_meanwhile() -> None:
        monkeypatch.setattr(DirectoryStorage, "write", Denied.write)
        raise SearchFailed("no network fits")

    with pytest.raises(SystemExit) as raised, running_step("prepare", output, key="k"):
        denied_meanwhile()
    assert raised.value.code == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Error: no network fits"


def test_nested_step_reports_its_error_once(
    output: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(SystemExit),
        step_process("train"),
        running_step("export", output, key="k"),
    ):
        raise UserError("wrong")
    assert capsys.readouterr().err == "Error: wrong\n"


def test_seconds_accumulate_until_the_step_succeeds(
    output: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 100.0, 107.0, 200.0, 201.0])
    monkeypatch.setattr("kubenas.steps.process.outcome.time.monotonic", lambda: next(clock))
    with pytest.raises(SystemExit), running_step("search", output, key="k"):
        raise UserError("mend me")
    for _ in range(2):
        with running_step("search", output, key="k"):
            pass
        outcome = read_outcome(output, "search")
        assert outcome is not None
        assert (outcome.state, outcome.seconds, outcome.message) == ("done", 12.0, "")


def test_new_key_resets_the_outcome(output: Storage) -> None:
    for key in ("old", "new"):
        with running_step("search", output, key=key):
            pass
    outcome = read_outcome(output, "search")
    assert outcome is not None
    assert outcome.key == "new"


def test_outcomes_are_in_pipeline_order(output: Storage) -> None:
    for step in ("report", "prepare", "search"):
        with running_step(step, output, key="k"):
            pass
    assert [each.step for each in read_outcomes(output)] == ["prepare", "search", "report"]
