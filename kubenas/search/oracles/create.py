"""An oracle by its name. Importing this loads neither Keras-Tuner nor Keras."""

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
    """An oracle for ``space``, to be used through Keras-Tuner's protocol or in a plain ``Tuner``.

    Args:
        name: see :data:`kubenas.search.oracles.ORACLES`.
        space: what may be chosen; code may add to it while trials run.
        objective: what scores a trial; of a list, the best trade-offs are looked for.
        seed: the same seed and the same history give the same proposals; None: other ones each
            time.
        max_trials: after which it stops; None: when the space is exhausted, and Hyperband after
            ``hyperband_iterations``.
        graph: the network at some values, if the space can tell: then equal networks are
            recognised, and alike ones known to be so.
        limits: what no proposal may exceed, by the estimates of ``graph``.
        options: of all of Keras-Tuner's oracles, with its defaults (``tune_new_entries``,
            ``allow_new_entries``, ``max_retries_per_trial``, ``max_consecutive_failed_trials``),
            and the oracle's own (Hyperband's ``max_epochs``, ``factor``,
            ``hyperband_iterations``).

    Raises:
        UserError: there is no such oracle, or it takes one objective only.
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
            seed = derived_seed("oracle", seed)  # Keras-Tuner's neighbours repeat each other
        oracle = implementation(seed=seed, **common)
        oracle.max_trials = max_trials  # not all take it as an argument; all stop after so many
        return oracle
    return implementation(seed=seed, max_trials=max_trials, graph=graph, limits=limits, **common)


def _make_multi_objective(info: OracleInfo, implementation: Any) -> Any:
    if info.is_from_keras_tuner:
        raise UserError(
            f"search.objective: the oracle {info.name} takes one objective only; use another"
        )
    from kubenas.search.oracles.parego import make_multi_objective  # noqa: PLC0415, slow

    return make_multi_objective(implementation)
