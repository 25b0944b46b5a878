"""What a user's own ``fit`` reported, by Keras-Tuner's protocol for ``HyperModel.fit``."""

import statistics
from collections.abc import Mapping
from numbers import Real
from typing import Any

from kubenas.errors import UserError


def reported_metrics(returned: Any, objective: str) -> dict[str, float] | None:
    """The metrics in what ``fit`` returned; None if it left them to the epochs' logs.

    ``fit`` may return a History or nothing (the logs count), a number (the objective), a
    mapping of metrics, or a list of these (several runs, to be averaged).

    Raises:
        UserError: it returned something else, or metrics without the objective.
    """
    if returned is None or hasattr(returned, "history"):
        return None
    if isinstance(returned, list):
        return _averaged([reported_metrics(one, objective) for one in returned], objective)
    if isinstance(returned, Real):
        return {objective: float(returned)}
    if isinstance(returned, Mapping):
        metrics = {str(name): float(value) for name, value in returned.items()}
        if objective not in metrics:
            raise missing_objective(objective, metrics, where="the dictionary that fit() returned")
        return metrics
    raise UserError(
        f"space.hypermodel: fit() returned a {type(returned).__name__}; return the History, a"
        f" number or a dictionary with '{objective}'"
    )


def missing_objective(
    objective: str, metrics: Mapping[str, float], *, where: str = "the epoch's logs"
) -> UserError:
    """The error for an objective that is not among ``metrics``."""
    there = ", ".join(sorted(metrics)) or "none"
    return UserError(
        f"search.objective: there is no metric '{objective}' in {where}; there are: {there}"
    )


def _averaged(runs: list[dict[str, float] | None], objective: str) -> dict[str, float] | None:
    known = [run for run in runs if run is not None]
    if not known:
        return None
    shared = set(known[0]).intersection(*known) | {objective}
    return {name: statistics.fmean(run[name] for run in known) for name in sorted(shared)}
