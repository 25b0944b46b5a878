"""Creation of oracles by name. Importing this loads neither Keras-Tuner nor Keras."""

import importlib
from typing import TYPE_CHECKING, Any

from kubenas.errors import UserError
from kubenas.search.oracles.catalog import OracleInfo, find_oracle
from kubenas.search.seeds import derived_seed

if TYPE_CHECKING:
    import keras_tuner

    from kubenas.search.oracles.encoding import GraphOf, Limits


def create_oracle(
    name: str,
    space: "keras_tuner.HyperParameters",
    objective: "keras_tuner.Objective | str | list[keras_tuner.Objective]",
    *,
    seed: int | None = None,
    max_trials: int | None = None,
    graph: "GraphOf | None" = None,
    limits: "Limits | None" = None,
    **options: Any,
) -> "keras_tuner.Oracle":
    """Creates an oracle for ``space``, for use through Keras-Tuner's protocol or in a ``Tuner``.

    Args:
        name: name of the oracle; see :data:`kubenas.search.oracles.ORACLES`.
        space: the search space. Trials may add hyperparameters to it.
        objective: the objective, or a list of objectives to search for the best trade-offs.
        seed: the same seed and history give the same proposals. None: a random seed.
        max_trials: number of trials after which the search stops. None: it stops when the space
            is exhausted, Hyperband after ``hyperband_iterations``.
        graph: function that returns the graph of the network with the given values, if the
            space has one. The oracle then recognises equal and similar networks.
        limits: size limits of proposals, by the estimates of ``graph``.
        options: options of every Keras-Tuner oracle (``tune_new_entries``,
            ``allow_new_entries``, ``max_retries_per_trial``, ``max_consecutive_failed_trials``)
            and of the oracle itself (Hyperband: ``max_epochs``, ``factor``,
            ``hyperband_iterations``).

    Raises:
        UserError: there is no such oracle, or it supports only one objective.
        TypeError: the oracle has no such option.
    """
    info = find_oracle(name)
    module, kind = info.implementation
    implementation = getattr(importlib.import_module(module), kind)
    several = isinstance(objective, list) and len(objective) > 1
    if several:
        implementation = _make_multi_objective(info, implementation)
    common = {"objective": objective, "hyperparameters": space, **options}
    if info.is_from_keras_tuner:
        if seed is not None:
            seed = derived_seed(
                "oracle", seed
            )  # in Keras-Tuner, neighbouring seeds repeat proposals
        oracle = implementation(seed=seed, **common)
        oracle.max_trials = max_trials  # not all of them take it as an argument, but all obey it
        return oracle
    return implementation(seed=seed, max_trials=max_trials, graph=graph, limits=limits, **common)


def _make_multi_objective(info: OracleInfo, implementation: Any) -> Any:
    if info.is_from_keras_tuner:
        raise UserError(
            f"search.objective: the oracle {info.name} supports only one objective; choose another"
            " oracle, or set a single objective"
        )
    from kubenas.search.oracles.parego import make_multi_objective  # noqa: PLC0415, slow

    return make_multi_objective(implementation)
