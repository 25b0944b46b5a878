"""Tests of the config of a kubenas.Tuner and the validation of its arguments."""

import keras_tuner
import numpy as np
import pytest

import kubenas
from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.tuner.settings import Settings, search_config

LOSS = keras_tuner.Objective("val_loss", "min")


def settings(**changes):
    given = {"output": "gs://bucket/My_Project", "oracle": "auto", "runner": "local"}
    return Settings(**{**given, "max_trials": 3, "seed": None, **changes})


def test_a_search_has_a_config_like_any_other():
    told = settings(runner={"kind": "kubernetes", "workers": 8, "price_per_hour": 2.5}, max_cost=9)
    config = search_config(told, LOSS, epochs=4)
    assert config.name == "my-project"
    assert (config.search.objective, config.search.direction) == ("val_loss", "min")
    assert (config.search.max_cost, config.training.epochs) == (9, 4)
    assert (config.runner.kind, config.runner.workers) == ("kubernetes", 8)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runner": "kubernetes", "output": "/tmp/here"}, "output: /tmp/here: pods"),
        ({"max_cost": 1.0}, "price_per_hour"),
        ({"runner": {"worker": 3}}, "worker"),
        ({"max_trials": 0}, "max_trials"),
    ],
)
def test_invalid_arguments_raise(changes, words):
    with pytest.raises(UserError, match=words):
        search_config(settings(**changes), LOSS, epochs=1)


def test_an_unknown_oracle_is_refused_before_a_model_is_built(tmp_path):
    def build(hp):
        raise AssertionError("it was built")

    with pytest.raises(UserError, match="did you mean 'bayesian'"):
        kubenas.Tuner(build, "val_loss", output=tmp_path, oracle="bayesan")


def test_an_output_of_the_pipeline_is_refused(tmp_path, runner):
    class Square(kubenas.Tuner):
        def run_trial(self, trial):
            return trial.hyperparameters.Float("x", 0.0, 1.0)

    config = {"name": "a", "output": str(tmp_path), "data": {"source": "digits"}}
    (tmp_path / "config.json").write_bytes(Config.model_validate(config).to_json())
    with pytest.raises(UserError, match="belongs to a run of the pipeline"):
        Square(output=tmp_path).search(np.zeros(10_000))
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
