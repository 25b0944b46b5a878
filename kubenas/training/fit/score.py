"""What a user's own ``fit`` reported, by Keras-Tuner's protocol for ``HyperModel.fit``."""

import statistics
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np

from kubenas.errors import UserError

_FIT = "fit() returned"


def reported_metrics(
    returned: Any, objective: str, direction: Literal["max", "min"]
) -> dict[str, float] | None:
    """The metrics in what ``fit`` returned; None if it left them to the epochs' logs.

    ``fit`` may return a History (its best epoch counts), a number (the objective), a mapping of
    metrics, or a list of these (several runs, to be averaged); or nothing, unlike in Keras-Tuner.

    Raises:
        UserError: it returned something else, or metrics without the objective.
    """
    if returned is None:
        return None
    if isinstance(returned, list):
        return _average([reported_metrics(one, objective, direction) for one in returned])
    if isinstance(returned, Real):
        return {objective: float(returned)}
    if isinstance(returned, Mapping):
        return _with_objective(returned, objective, where=f"the dictionary that {_FIT}")
    if isinstance(history := getattr(returned, "history", None), Mapping):
        return _best_epoch(history, objective, direction)
    raise UserError(
        f"space.hypermodel: {_FIT} a {type(returned).__name__}; return the History, a"
        f" number or a dictionary with '{objective}'"
    )


def scalar_metrics(logs: Mapping[str, Any], objective: str) -> dict[str, float]:
    """Keras' ``logs`` as one number each: a metric for each class is averaged over the classes.

    Raises:
        UserError: the objective is such a metric, whose epochs Keras-Tuner cannot compare either.
    """
    if np.size(logs.get(objective, 0.0)) != 1:
        raise UserError(
            f"search.objective: '{objective}' is not one number but {np.size(logs[objective])};"
            " average it in the metric, or choose another objective"
        )
    return means(logs)


def means(logs: Mapping[str, Any]) -> dict[str, float]:
    """Keras' ``logs`` as one number each, as Keras-Tuner averages them."""
    return {str(name): float(np.mean(value)) for name, value in logs.items()}


def missing_objective(
    objective: str, metrics: Mapping[str, float], *, where: str = "the epoch's logs"
) -> UserError:
    """The error for an objective that is not among ``metrics``."""
    there = ", ".join(sorted(metrics)) or "none"
    return UserError(
        f"search.objective: there is no metric '{objective}' in {where}; there are: {there}"
    )


def _best_epoch(
    history: Mapping[str, Sequence[Any]], objective: str, direction: Literal["max", "min"]
) -> dict[str, float]:
    """The metrics of a History at its best epoch; of equal ones the first, as in Keras-Tuner."""
    values = [float(value) for value in history.get(objective, ()) if np.size(value) == 1]
    best = 0
    for epoch, value in enumerate(values):
        if value > values[best] if direction == "max" else value < values[best]:
            best = epoch
    logs = {name: series[best] for name, series in history.items() if best < len(series)}
    return _with_objective(logs, objective, where=f"the History that {_FIT}")


def _with_objective(logs: Mapping[str, Any], objective: str, *, where: str) -> dict[str, float]:
    metrics = scalar_metrics(logs, objective)
    if objective not in metrics:
        raise missing_objective(objective, metrics, where=where)
    return metrics


def _average(runs: list[dict[str, float] | None]) -> dict[str, float] | None:
    known = [run for run in runs if run is not None]
    if not known:
        return None
    shared = set(known[0]).intersection(*known)
    return {name: statistics.fmean(run[name] for run in known) for name in sorted(shared)}
