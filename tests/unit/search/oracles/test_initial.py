"""The trials before there is anything to learn from."""

import keras_tuner
import numpy as np
import pytest

from kubenas.search.oracles.create import create_oracle
from kubenas.spaces.graph import Graph

SCORE = keras_tuner.Objective("val_accuracy", "max")
LATENCY = keras_tuner.Objective("latency_ms", "min")


def widths_of_the_beginning(objective: object) -> list[int]:
    """Of all that is proposed while nothing has ended."""
    space = keras_tuner.HyperParameters()
    for layer in range(4):
        space.Int(f"width_{layer}", 1, 100)

    def graph(values: dict[str, int]) -> Graph:
        widths = [values[f"width_{layer}"] for layer in range(4)]
        return Graph.chain([f"dense {width}" for width in widths], parameters=float(sum(widths)))

    oracle = create_oracle("auto", space, objective, seed=1, max_trials=100, graph=graph)
    trials = [oracle.create_trial(f"slot {number}") for number in range(40)]
    return [sum(trial.hyperparameters.values.values()) for trial in trials]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_larger_networks_come_first_unless_something_else_counts_too() -> None:
    one, two = (np.array(widths_of_the_beginning(each)) for each in (SCORE, [SCORE, LATENCY]))
    typical = 4 * 50.5
    assert np.mean(one > typical) > 0.75
    assert np.mean(one < typical) > 0.02  # some are drawn without preference
    assert 0.3 < np.mean(two > typical) < 0.7
