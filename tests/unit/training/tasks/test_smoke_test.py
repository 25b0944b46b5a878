"""Tests of the smoke test, which reports late errors before the first trial."""

import json
from pathlib import Path

import pytest

from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result, Task
from tests.unit.training.conftest import LINEAR, MakeSpec

OWN_FIT = """
    def fit(self, hp, model, *args, **kwargs):
        {body}
        return model.fit(*args, **kwargs)
"""


def describe(spec: AttemptSpec) -> Result:
    return run_task(spec, Termination())


def names(spec: AttemptSpec) -> list[str]:
    space = json.loads(Path(spec.prefix, "space.json").read_text())["space"]
    return [each["config"]["name"] for each in space]


def fitting(body: str) -> str:
    return LINEAR + OWN_FIT.format(body=body)


def test_hyperparameters_of_fit_are_part_of_the_space(make_spec: MakeSpec) -> None:
    source = fitting('hp.Float("label_weight", 0, 5)').replace(
        "        image =", '        hp.Choice("kind", ["a", "b"])\n        image ='
    )
    spec = make_spec(Task.DESCRIBE, source=source)
    assert describe(spec).outcome == "completed"
    assert names(spec) == ["kind", "label_weight"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (fitting("1 / 0"), "train: starting to train: ZeroDivisionError: division by zero"),
        (
            LINEAR.replace('metrics=["accuracy"]', "metrics=[]"),
            "train: search.objective: no metric 'val_accuracy' in the epoch's logs; available"
            " metrics: loss, val_loss",
        ),
        (
            LINEAR.replace("Flatten()", "Lambda(lambda t: t.reshape(3))"),
            "when calling Lambda.call(). We could not auto",
        ),
        (
            LINEAR.replace(
                "        values =",
                "        import numpy.random; image_scale = numpy.random.default_rng().random()\n"
                "        values =",
            ).replace("(image)", "(image * image_scale)"),
            "export: predictions of the rebuilt and the trained model differ",
        ),
    ],
    ids=["a bug in fit", "no such metric", "a bug in a layer", "not the same model again"],
)
def test_late_errors_fail_the_smoke_test(make_spec: MakeSpec, source: str, expected: str) -> None:
    result = describe(make_spec(Task.DESCRIBE, source=source))
    assert result.outcome == "failed"
    assert expected in result.message
    assert "\n" not in result.message


def test_a_message_names_the_line_of_the_users_file(make_spec: MakeSpec) -> None:
    source = fitting("1 / 0")
    line = source.splitlines().index("        1 / 0") + 1
    result = describe(make_spec(Task.DESCRIBE, source=source))
    assert result.message.startswith("smoke test with 64 examples, train:")
    assert f"mine.py:{line}" in result.message


def test_a_nan_loss_at_the_defaults_does_not_fail_the_smoke_test(make_spec: MakeSpec) -> None:
    source = LINEAR.replace('"softmax", ', '"softmax", kernel_initializer="zeros", ').replace(
        "Adam(0.02)", 'SGD(float("nan"))'
    )
    spec = make_spec(Task.DESCRIBE, source=source)
    assert describe(spec).outcome == "completed"
