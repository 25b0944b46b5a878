"""Tests of the DESCRIBE task: the whole space, and rejection of invalid models."""

import json
from pathlib import Path

import keras_tuner

from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result, Task
from tests.unit.training.conftest import LINEAR, MakeSpec


def describe(spec: AttemptSpec) -> Result:
    return run_task(spec, Termination())


def space(spec: AttemptSpec) -> keras_tuner.HyperParameters:
    config = json.loads(Path(spec.prefix, "space.json").read_text())
    return keras_tuner.HyperParameters.from_config(config)


def test_a_registered_space_is_described_whole(make_spec: MakeSpec) -> None:
    spec = make_spec(Task.DESCRIBE, source=None)
    assert describe(spec).outcome == "completed"
    hp = space(spec)
    assert {"layers", "layer_6/kernel", "sgd_learning_rate"} <= {p.name for p in hp.space}
    assert hp.values["learning_rate"] == 2e-3
    assert "sgd_learning_rate" not in hp.values


def test_conditional_branches_of_a_users_space_are_found(make_spec: MakeSpec) -> None:
    source = LINEAR.replace(
        "        image =",
        """        kind = hp.Choice("kind", ["plain", "deep"])
        with hp.conditional_scope("kind", ["deep"]):
            if kind == "deep":
                for k in range(hp.Int("depth", 2, 3)):
                    hp.Float(f"rate_{k}", 0, 1)
        image =""",
    )
    spec = make_spec(Task.DESCRIBE, source=source)
    assert describe(spec).outcome == "completed"
    hp = space(spec)
    assert [p.name for p in hp.space] == [
        "kind",
        "depth",
        "rate_0",
        "rate_1",
        "rate_2",
    ]
    assert hp.values == {"kind": "plain"}


def test_numbered_block_names_match_those_of_a_trial(make_spec: MakeSpec) -> None:
    """Block names count up within a Keras session, as in AutoKeras."""
    source = LINEAR.replace(
        "        image =",
        """        block = f"block_{keras.backend.get_uid('block')}"
        hp.Int(f"{block}/units", 8, 64)
        image =""",
    )
    spec = make_spec(Task.DESCRIBE, source=source)
    assert describe(spec).outcome == "completed"
    assert [p.name for p in space(spec).space] == ["block_1/units"]
    hyperparameters = {**space(spec).get_config(), "values": {"block_1/units": 9}}
    trial = make_spec(Task.TRAIN, source=source, hyperparameters=hyperparameters)
    told = describe(trial)
    assert (told.outcome, told.declared.new, told.declared.unused) == ("completed", (), ())


def test_a_failing_build_is_a_configuration_error(make_spec: MakeSpec) -> None:
    source = LINEAR.replace("def build(self, hp):", "def build(self, hp):\n        1 / 0")
    result = describe(make_spec(Task.DESCRIBE, source=source))
    assert (result.outcome, result.failure) == ("failed", "configuration")
    assert "ZeroDivisionError" in result.message
    assert result.message.endswith("mine.py:5)")


def test_models_that_give_no_probabilities_are_refused(make_spec: MakeSpec) -> None:
    for wrong, expected in [
        (
            LINEAR.replace('"softmax"', '"linear", bias_initializer="ones"'),
            "use softmax as the last",
        ),
        (LINEAR.replace("Dense(10,", "Dense(7,"), "it must be (2, 10)"),
        (LINEAR.replace("return model", "return 3"), "returned a int, not a keras.Model"),
        (LINEAR.replace("model.compile(", "(lambda *_, **__: None)("), "not compiled"),
    ]:
        result = describe(make_spec(Task.DESCRIBE, source=wrong))
        assert (result.outcome, result.failure) == ("failed", "configuration")
        assert expected in result.message
