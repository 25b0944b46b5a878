"""Metrics returned by a user-defined ``fit``, as specified for Keras-Tuner's ``HyperModel.fit``."""

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
    """Returns the metrics in the return value of ``fit``, or None if that is None.

    ``fit`` may return a History (the best epoch counts), a number (the objective), a mapping of
    metrics, or a list of these (several executions, which are averaged). Unlike in Keras-Tuner, it
    may also return None: then the logs of the epochs count.

    Raises:
        UserError: the type is not supported, or the objective is missing.
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
    """Returns Keras' ``logs`` as scalars. A metric per class is averaged over the classes.

    Raises:
        UserError: the objective is not a scalar. Keras-Tuner cannot compare its epochs either.
    """
    if np.size(logs.get(objective, 0.0)) != 1:
        raise UserError(
            f"search.objective: '{objective}' is not a scalar: it has {np.size(logs[objective])}"
            " values; average it in the metric, or choose another objective"
        )
    return means(logs)


def means(logs: Mapping[str, Any]) -> dict[str, float]:
    """Returns Keras' ``logs`` as scalars, averaged as in Keras-Tuner."""
    return {str(name): float(np.mean(value)) for name, value in logs.items()}


def missing_objective(
    objective: str, metrics: Mapping[str, float], *, where: str = "the epoch's logs"
) -> UserError:
    """Returns the error for an objective that is not in ``metrics``."""
    there = ", ".join(sorted(metrics)) or "none"
    return UserError(
        f"search.objective: no metric '{objective}' in {where}; available metrics: {there}"
    )


def _best_epoch(
    history: Mapping[str, Sequence[Any]], objective: str, direction: Literal["max", "min"]
) -> dict[str, float]:
    """Returns the metrics at the best epoch. Ties keep the first epoch, as in Keras-Tuner."""
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
