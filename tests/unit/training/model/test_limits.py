"""Tests of the limits on model size and cost, checked before training."""

from pathlib import Path

import keras
import pytest

from kubenas.training.model.measure import Cost
from kubenas.training.model.size import ModelSize, limit_violation, model_size
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Limits
from tests.unit.training.conftest import MakeSpec

SIZE = ModelSize(parameters=1000, flops=2000, latency_ms=1.5, memory_mib=10.0, model_mib=0.5)


@pytest.mark.parametrize("name", sorted(Limits.model_fields))
def test_each_limit_is_kept_and_named_when_it_is_exceeded(name: str) -> None:
    value = getattr(SIZE, name)
    assert limit_violation(SIZE, Limits(**{name: value})) == ""
    assert f"more than search.limits.{name} of" in limit_violation(
        SIZE, Limits(**{name: value // 2 or 0.1})
    )


def test_a_size_that_cannot_be_measured_violates_its_limit() -> None:
    unknown = ModelSize(1000, None, None, 10.0, 0.5)
    assert limit_violation(unknown, Limits(parameters=1000)) == ""
    assert "cannot be measured" in limit_violation(unknown, Limits(flops=10**9))


def test_memory_is_weights_gradients_optimiser_and_activations() -> None:
    image = keras.Input((4, 4, 1))
    values = keras.layers.Flatten()(image)
    model = keras.Model(image, keras.layers.Dense(10)(values))
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    size = model_size(model, Cost(None, None), batch_size=8)
    weights, activations = 16 * 10 + 10, 8 * (16 + 16 + 10)
    assert size.parameters == weights
    assert size.model_mib * 2**20 == 4 * weights
    floats = size.memory_mib * 2**20 / 4
    assert 3 * weights + activations <= floats <= 3 * weights + activations + 4  # and a counter


def test_a_model_above_a_limit_is_infeasible_and_reports_its_size(make_spec: MakeSpec) -> None:
    spec = make_spec(plan={"limits": Limits(parameters=649), "epochs": 1})
    result = run_task(spec, Termination())
    assert (result.outcome, result.failure, result.epochs) == ("infeasible", "limit", 0)
    assert result.message == "650 weights, more than search.limits.parameters of 649"
    assert result.parameters == 650
    assert not Path(spec.prefix, "history.jsonl").exists()


def test_a_network_within_the_limits_is_trained(make_spec: MakeSpec) -> None:
    limits = Limits(parameters=650, flops=10**6, latency_ms=10_000, memory_mib=50, model_mib=1)
    result = run_task(make_spec(plan={"limits": limits, "epochs": 1}), Termination())
    assert (result.outcome, result.epochs) == ("completed", 1)
