"""Which models are retrained, how long, and from which checkpoints. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kubenas.config import Config
from kubenas.search.budget import WRAP_UP_SHARE
from kubenas.search.training_plan import trains_to_the_end
from kubenas.trial import Value

_LONGEST = 3
"""Largest number of epochs of a registered space, as a multiple of those of a trial."""
_AMPLE = 2
"""Epochs of each of several models at least, as a multiple of those of a trial."""
_MARGIN = 1.3
"""Planned epochs of a continued training, as a multiple of those that fit by the measured time."""


class PlannedModel(Value):
    """One model to retrain."""

    trial: int
    seed: int
    """Number of the seed, counted from 1."""
    epochs: int
    """Epochs at most, including those before the checkpoint."""
    checkpoint: str | None = None
    """URI of the checkpoint from which the training continues; None: it starts anew."""
    with_validation: bool = False
    """Whether it is trained on the validation split, too."""


class RetrainingPlan(Value):
    """``retraining.json``: the models to retrain, fixed when retraining begins."""

    models: tuple[PlannedModel, ...]
    default: int | None = None
    """Trial of the default network, whether it is retrained or not; None: there is none."""
    work_seconds: float | None = None
    """Run time after which the training of a model is asked to end; None: no limit."""


@dataclass(frozen=True)
class Candidate:
    """A trial that may be retrained."""

    trial: int
    epochs: int
    """Epochs that it was trained for."""
    kept_epochs: int = 0
    """Epochs before its checkpoint; 0: it has no checkpoint to continue from."""
    checkpoint: str | None = None
    epoch_seconds: float | None = None
    """Duration of an epoch; None: unknown."""


@dataclass(frozen=True)
class _Selection:
    """Numbers of candidates and seeds, and the time for each model."""

    candidates: int
    """Number of candidates, without the default network."""
    seeds: int
    default: bool
    """Whether the default network is retrained, too."""
    seconds: float | None = None

    @property
    def models(self) -> int:
        return (self.candidates + self.default) * self.seeds

    @property
    def work_seconds(self) -> float | None:
        return None if self.seconds is None else (1 - WRAP_UP_SHARE) * self.seconds


def plan_retrainings(
    config: Config,
    candidates: Sequence[Candidate],
    *,
    default: Candidate | None = None,
    unused_seconds: float = 0.0,
) -> RetrainingPlan:
    """Plans the retrainings that fit into their time limit.

    It is ``retrain.max_seconds``, or else ``search.max_seconds`` and what the search left of it.
    Fewer seeds and then fewer candidates are retrained if there is no time to train all of them
    twice as long as a trial. Remaining time is used for longer training. A model with a single seed
    continues the training of its trial, where that makes the training longer. A single model is
    trained on the validation split, too, where its choice needs no score.

    Args:
        config: the config with its defaults.
        candidates: the trials, best first; at least one.
        default: the trial of the default network, which may be one of the candidates.
        unused_seconds: seconds of ``search.max_seconds`` that the search did not use.
    """
    further = None if default in candidates or not config.retrain.default_network else default
    selection = _select(config, candidates[0], unused_seconds, default=further is not None)
    chosen = list(candidates[: selection.candidates])
    if further is not None and selection.default:
        chosen.append(further)
    models = [
        _planned(config, candidate, seed, selection)
        for candidate in chosen
        for seed in range(1, selection.seeds + 1)
    ]
    if len(models) == 1 and _may_use_validation(config, models[0], candidates[0]):
        models = [models[0].model_copy(update={"with_validation": True})]
    return RetrainingPlan(
        models=tuple(models),
        default=default.trial if default else None,
        work_seconds=selection.work_seconds,
    )


def _may_use_validation(config: Config, model: PlannedModel, candidate: Candidate) -> bool:
    """Whether the training of ``model`` needs no score: it is the only one, and ends as planned."""
    trains = model.checkpoint is None or model.epochs > candidate.epochs
    to_the_end = config.space.hypermodel is None and trains_to_the_end(config)
    return config.retrain.with_validation and trains and to_the_end


def _time_limit(config: Config, unused_seconds: float) -> float | None:
    limit = config.retraining_seconds
    if limit is None or config.retrain.max_seconds:
        return limit
    return limit + unused_seconds


def _select(config: Config, best: Candidate, unused_seconds: float, *, default: bool) -> _Selection:
    """Returns the largest selection in which the best trial is trained amply.

    Longer training of one model is worth more than the choice among several.
    """
    ample = min(_AMPLE * _whole(config), _longest(config))
    limit = _time_limit(config, unused_seconds)
    for option in _selections(config, default=default):
        if limit is None:
            return option
        seconds = limit / math.ceil(option.models / config.runner.workers)
        selection = replace(option, seconds=seconds)
        affordable = _affordable_epochs(best, selection)
        kept = best.kept_epochs if option.seeds == 1 else 0
        if affordable is None or kept + affordable >= ample:
            break
    return selection


def _selections(config: Config, *, default: bool) -> list[_Selection]:
    """Returns the possible selections, the largest first."""
    candidates, seeds = config.retrain.candidates, config.retrain.seeds
    return [
        _Selection(candidates, seeds, default),
        _Selection(candidates, 1, default),
        _Selection(candidates, 1, default=False),
        _Selection(1, 1, default=False),
    ]


def _planned(
    config: Config, candidate: Candidate, seed: int, selection: _Selection
) -> PlannedModel:
    whole, affordable = _whole(config), _affordable_epochs(candidate, selection)
    anew = PlannedModel(trial=candidate.trial, seed=seed, epochs=whole)
    if affordable is None:
        return anew
    longest = _longest(config)
    # The measured epochs include the start of the trial. A plan that is too long is shortened.
    reached = min(candidate.kept_epochs + round(_MARGIN * affordable), longest)
    continues = selection.seeds == 1 and candidate.epochs <= longest
    if candidate.checkpoint and continues and (reached > candidate.epochs or affordable < whole):
        epochs = max(reached, candidate.epochs)
        return anew.model_copy(update={"epochs": epochs, "checkpoint": candidate.checkpoint})
    return anew.model_copy(update={"epochs": min(max(affordable, whole), longest)})


def _whole(config: Config) -> int:
    return config.retrain.epochs or config.epochs


def _longest(config: Config) -> int:
    """Returns the largest number of epochs of a model."""
    factor = 1 if config.space.hypermodel else _LONGEST
    return config.retrain.epochs or factor * config.epochs


def _affordable_epochs(candidate: Candidate, selection: _Selection) -> int | None:
    """Returns the epochs that fit into the time of one model; None: no limit, or unknown."""
    if selection.work_seconds is None or not candidate.epoch_seconds:
        return None
    return int(selection.work_seconds / candidate.epoch_seconds)
