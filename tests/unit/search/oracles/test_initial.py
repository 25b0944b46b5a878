"""Initial trials."""

import keras_tuner
import numpy as np
import pytest

from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.encoding import Limits
from kubenas.spaces.graph import Graph

SCORE = keras_tuner.Objective("val_accuracy", "max")
LATENCY = keras_tuner.Objective("latency_ms", "min")


def wide_and_narrow(objective: object) -> keras_tuner.Oracle:
    """Creates an oracle over four layers. The sum of their widths is the network's size."""
    space = keras_tuner.HyperParameters()
    for layer in range(4):
        space.Int(f"width_{layer}", 1, 100)

    def graph(values: dict[str, int]) -> Graph:
        widths = [values[f"width_{layer}"] for layer in range(4)]
        return Graph.chain([f"dense {width}" for width in widths], parameters=float(sum(widths)))

    return create_oracle("auto", space, objective, seed=1, max_trials=100, graph=graph)


def widths(oracle: keras_tuner.Oracle, count: int) -> np.ndarray:
    """Returns the sizes of ``count`` proposals while no trial ends."""
    trials = [oracle.create_trial(f"slot {number}") for number in range(count)]
    return np.array([sum(trial.hyperparameters.values.values()) for trial in trials])


TYPICAL = 4 * 50.5


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_larger_networks_come_first_with_one_objective_only() -> None:
    one, two = (widths(wide_and_narrow(each), 40) for each in (SCORE, [SCORE, LATENCY]))
    assert np.mean(one > TYPICAL) > 0.75
    assert np.mean(one < TYPICAL) > 0.02  # some are drawn without preference
    assert 0.3 < np.mean(two > TYPICAL) < 0.7


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_after_an_infeasible_trial_larger_networks_do_not_come_first() -> None:
    oracle = wide_and_narrow(SCORE)
    trial = oracle.create_trial("slot")
    trial.status = "INVALID"
    oracle.end_trial(trial)
    assert 0.3 < np.mean(widths(oracle, 40) > TYPICAL) < 0.7


def a_list_of_layers(**length: int) -> keras_tuner.HyperParameters:
    space = keras_tuner.HyperParameters()
    space.Int("length", 1, 5, **length)
    for layer in range(5):
        with space.conditional_scope("length", list(range(layer + 1, 6))):
            space.Choice(f"width_{layer}", [8, 16, 32])
    space.Float("rate", 1e-4, 1e-2, sampling="log")
    space.Int("units", 10, 1000, sampling="log")
    space.Choice("activation", ["relu", "tanh"])
    return space


def first_values(space: keras_tuner.HyperParameters, oracle: str = "auto") -> dict[str, object]:
    created = create_oracle(oracle, space, SCORE, seed=1, max_trials=100)
    return dict(created.create_trial("slot").hyperparameters.values)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_a_search_begins_in_the_middle_of_all_scales() -> None:
    first = first_values(a_list_of_layers())
    assert first.pop("activation") in {"relu", "tanh"}
    assert first.pop("rate") == pytest.approx(1e-3)
    widths = {f"width_{layer}": 16 for layer in range(3)}
    assert first == {"length": 3, "units": 100, **widths}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_a_search_begins_with_an_explicit_default() -> None:
    assert first_values(a_list_of_layers(default=4))["length"] == 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_random_search_does_not_begin_in_the_middle() -> None:
    rates = first_values(a_list_of_layers(), "random")
    assert rates["rate"] != pytest.approx(1e-3)


def wide_by_default() -> keras_tuner.Oracle:
    """Creates an oracle over a space with graphs whose author declares defaults."""
    space = keras_tuner.HyperParameters()
    for layer in range(6):
        space.Choice(f"width_{layer}", [8, 16, 32, 64], default=64)

    def graph(values: dict[str, int]) -> Graph:
        return Graph.chain([f"dense {width}" for width in values.values()])

    return create_oracle("auto", space, SCORE, seed=1, max_trials=100, graph=graph)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_most_initial_trials_are_variations_of_a_declared_default() -> None:
    oracle = wide_by_default()
    changes = []
    at_random = []
    for slot in range(60):
        values = oracle.create_trial(f"slot {slot}").hyperparameters.values
        changes.append(sum(value != 64 for value in values.values()))
        at_random.append(oracle.at_random)
    assert changes[0] == 0
    drawn = np.array(at_random[1:])
    assert 0.1 < drawn.mean() < 0.4
    assert np.mean(np.array(changes[1:])[~drawn]) < 3
    assert np.mean(np.array(changes[1:])[drawn]) > 3.5


def with_a_width(limits: Limits | None) -> keras_tuner.Oracle:
    """Creates an oracle over a space whose networks have a width multiplier."""
    space = keras_tuner.HyperParameters()
    space.Choice("width", [1.0, 1.5, 2.0, 3.0])
    space.Choice("filters", [8, 16, 32, 64], default=16)
    space.Choice("kernel", [3, 5])

    def graph(values: dict[str, float]) -> Graph:
        filters = values["filters"] * values["width"]
        return Graph.chain([f"conv {values['kernel']} {filters}"], activations=filters)

    return create_oracle("auto", space, SCORE, seed=1, max_trials=100, graph=graph, limits=limits)


def second_values(oracle: keras_tuner.Oracle) -> dict[str, object]:
    oracle.create_trial("first")
    return dict(oracle.create_trial("second").hyperparameters.values)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_the_second_trial_is_the_widest_default_within_the_limits() -> None:
    second = second_values(with_a_width(Limits(activations=40.0)))
    assert second == {"width": 2.0, "filters": 16, "kernel": 3}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_without_room_for_a_wider_network_the_second_trial_is_a_variation() -> None:
    second = second_values(with_a_width(Limits(activations=20.0)))
    assert second["width"] * second["filters"] <= 20
    assert second != {"width": 1.0, "filters": 16, "kernel": 3}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")
def test_limits_may_be_replaced_during_a_search() -> None:
    oracle = with_a_width(Limits(activations=1000.0))
    oracle.create_trial("first")
    oracle.limit(Limits(activations=16.0 * 1.5))
    assert oracle.create_trial("second").hyperparameters.values["width"] == 1.5
