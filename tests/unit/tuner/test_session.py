"""Tests of the files and exceptions of a call of search()."""

import keras_tuner
import pytest

import kubenas
from kubenas.errors import UserError
from kubenas.search.layout import definition_file
from kubenas.storage import open_storage
from kubenas.trial import AttemptRef
from kubenas.tuner.search_view import latest_search, write_latest_search
from kubenas.tuner.session import to_keras_tuner_error


def test_a_search_killed_before_its_definition_is_ignored(tmp_path):
    output = open_storage(str(tmp_path))
    write_latest_search(output, "s1")
    assert latest_search(output) is None
    output.write(definition_file("s1"), b"{}")
    assert latest_search(output) == "s1"


def test_a_tuner_is_noted_once_its_search_is_defined(runner, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    class Square(kubenas.Tuner):
        def run_trial(self, trial):
            return trial.hyperparameters.Float("x", 0.0, 1.0)

    monkeypatch.setattr("kubenas.tuner.session.run_search", killed)
    with pytest.raises(KeyboardInterrupt):
        Square(output=tmp_path).search()
    assert not (tmp_path / "tuner.json").exists()
    assert Square(output=tmp_path).oracle.trials == {}


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("FatalValueError", keras_tuner.errors.FatalValueError),
        ("RuntimeError", RuntimeError),
        ("KeyError", UserError),
        ("__name__", UserError),
    ],
)
def test_an_error_of_keras_tuners_is_raised_as_such(kind, raised):
    """The sentence is that of search/loop.py; test_failed_trials.py has it from there."""
    paused = f"{AttemptRef(trial=1, attempt=2)}: {kind}: no luck (model.py:3)"
    error = to_keras_tuner_error(UserError(f"search paused: {paused}"))
    assert type(error) is raised
    assert str(error).endswith("no luck (model.py:3)")
