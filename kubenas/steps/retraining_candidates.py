"""The trials that may be retrained: the best ones and the default network of the space."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from kubenas.config import Config
from kubenas.search.attempts import checkpoint_uri
from kubenas.search.journal import TrialState
from kubenas.search.layout import attempt_folder
from kubenas.search.objectives import objectives_of, pareto_front
from kubenas.search.run import SearchRun
from kubenas.search.training_plan import kept_epochs
from kubenas.steps.retraining_plan import Candidate
from kubenas.storage import Storage


def best_trials(run: SearchRun, config: Config) -> list[TrialState]:
    """Returns the best trials, those on the Pareto front first if there are several objectives."""
    ranked = run.state.ranked(run.direction)
    objectives = objectives_of(config.search)
    on_front = pareto_front(ranked, objectives) if len(objectives) > 1 else set()
    ranked.sort(key=lambda trial: trial.number not in on_front)
    return ranked[: config.retrain.candidates]


def default_trial(
    ranked: Iterable[TrialState], config: Config, space: Mapping[str, Any]
) -> TrialState | None:
    """Returns the first trial of the default network.

    None if there is none, or if the space is the user's own: the evaluation runs no user code.

    Args:
        ranked: the completed trials, best first.
        config: the config with its defaults.
        space: the search space with its default values, as HyperParameters.get_config().
    """
    if config.space.hypermodel is not None:
        return None
    default = space["values"]
    return next((trial for trial in ranked if _has_values(trial, default)), None)


def _has_values(trial: TrialState, values: Mapping[str, Any]) -> bool:
    """Whether all values of ``trial`` are in ``values``, but for the rounding of steps."""
    own = model_values(trial)
    return all(name in values and _same(value, values[name]) for name, value in own.items())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other)
    return bool(one == other)


def model_values(trial: TrialState) -> dict[str, Any]:
    """Returns the values without those with which Keras-Tuner controls the training."""
    values = trial.values
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}


def describe_candidate(output: Storage, run: SearchRun, trial: TrialState) -> Candidate:
    """Returns what the plan needs to know about ``trial``, which has completed."""
    end, parent = trial.end, trial.proposal.parent
    epochs = end.epochs if end else 0
    before = run.state.trials[parent].end if parent is not None else None
    trained = epochs - (kept_epochs(run.definition, before.epochs) if before else 0)
    kept = kept_epochs(run.definition, epochs)
    checkpoint = None
    if end and end.attempt and kept < epochs:
        checkpoint = checkpoint_uri(output, attempt_folder(run.id, trial.number, end.attempt))
    return Candidate(
        trial=trial.number,
        epochs=epochs,
        kept_epochs=kept if checkpoint else 0,
        checkpoint=checkpoint,
        epoch_seconds=trial.seconds / trained if trained > 0 else None,
    )
