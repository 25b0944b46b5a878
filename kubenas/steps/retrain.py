"""Step 3: retrains the best trials and chooses one model."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from kubenas.config import Config
from kubenas.errors import ObjectExists, SearchFailed
from kubenas.search import budget
from kubenas.search.attempts import open_attempt_records, run_attempts
from kubenas.search.layout import search_folder, space_file
from kubenas.search.run import SearchRun, read_search
from kubenas.search.space import extend_space
from kubenas.search.training_plan import retraining_plan
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.retraining_candidates import (
    best_trials,
    default_trial,
    describe_candidate,
    model_values,
)
from kubenas.steps.retraining_plan import RetrainingPlan, plan_retrainings
from kubenas.steps.search import progress_reporter
from kubenas.steps.setup import RunContext, resolve_context, trial_runner
from kubenas.storage import Storage, join, split
from kubenas.storage.document import find_document, read_document, read_object
from kubenas.trial import AttemptSpec, Outcome, Result, Task, Value


class Retraining(Value):
    """A candidate that was retrained with one seed."""

    trial: int
    """The candidate's trial in the search."""
    seed: int
    """Number of the seed, counted from 1."""
    prefix: str
    """URI of the folder of the attempt with the result."""
    result: Result
    with_validation: bool = False
    """Whether it was trained on the validation split, too, so that its score measures nothing."""


class Choice(Value):
    """``retrain.json``: all retrained models and the chosen one."""

    retrained: tuple[Retraining, ...]
    chosen: Retraining
    default: Retraining | None = None
    """The best retrained model of the space's default network; None if there is none."""

    @property
    def weights(self) -> str:
        """URI of the chosen model's weights."""
        return weights_uri(self.chosen)


def weights_uri(retraining: Retraining) -> str:
    """Returns the URI of the weights of a retrained model."""
    return join(retraining.prefix, "model.weights.h5")


def retrain(context: RunContext) -> Choice:
    """Retrains the best trials with several seeds each and chooses by validation score.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output, search = context.output, context.search_id
    with running_step("retrain", output, key=search):
        context = resolve_context(context)
        run = read_search(output, search)
        space = _space(output, run)
        plan = make_retraining_plan(context, run, space)
        specs = list(retraining_specs(context, run, space, plan=plan))
        status = StatusWriter(output, "retrain", search=search)
        with trial_runner(context, step="retrain", attempts=len(specs)) as runner:
            results = run_attempts(
                specs,
                runner,
                records=open_attempt_records(output, search),
                on_progress=progress_reporter(status),
            )
        retrained = _retrainings(specs, results, context.config)
        choice = choose_model(retrained, run.direction, default=plan.default)
        output.write(choice_file(search), choice.to_json())
        return choice


def choice_file(search: str) -> str:
    """Returns the name of ``retrain.json`` within the output."""
    return f"{search_folder(search)}/retrain.json"


def plan_file(search: str) -> str:
    """Returns the name of ``retraining.json`` within the output."""
    return f"{search_folder(search)}/retraining.json"


def read_choice(output: Storage, search: str) -> Choice | None:
    """Returns the choice of a search; None if nothing has been retrained yet."""
    return find_document(output, choice_file(search), Choice, what="a choice of models")


def retraining_specs(
    context: RunContext, run: SearchRun, space: Mapping[str, Any], *, plan: RetrainingPlan
) -> Iterable[AttemptSpec]:
    """Yields the spec of an attempt for each model of ``plan``."""
    config = context.config
    folder = join(context.config.output, search_folder(run.id), "retrain")
    for model in plan.models:
        trial = run.state.trials[model.trial]
        number = model.trial * config.retrain.seeds + model.seed - 1
        yield AttemptSpec(
            task=Task.TRAIN,
            search=run.id,
            trial=number,
            attempt=1,
            prefix=join(folder, f"t{model.trial:05d}-s{model.seed}", "a1"),
            space=context.space,
            dataset=context.dataset,
            hyperparameters={"space": space["space"], "values": model_values(trial)},
            training=retraining_plan(
                config,
                context.space,
                run.direction,
                number=number,
                epochs=model.epochs,
                continued=model.checkpoint is not None,
                with_validation=model.with_validation,
            ),
            resume_from=model.checkpoint,
            work_seconds=plan.work_seconds,
        )


def make_retraining_plan(
    context: RunContext, run: SearchRun, space: Mapping[str, Any]
) -> RetrainingPlan:
    """Returns the plan of the search, which is made once: later settings do not change it."""
    name = plan_file(run.id)
    what = "a plan of retrainings"
    plan = find_document(context.output, name, RetrainingPlan, what=what)
    if plan is not None:
        return plan
    trials = best_trials(run, context.config)
    if not trials:
        raise SearchFailed("retrain: no candidate could be retrained: no trial completed")
    default = default_trial(run.state.ranked(run.direction), context.config, space)
    describe = partial(describe_candidate, context.output, run)
    plan = plan_retrainings(
        context.config,
        [describe(trial) for trial in trials],
        default=describe(default) if default else None,
        unused_seconds=budget.unused_seconds(context.config.search, run.state),
    )
    with suppress(ObjectExists):
        context.output.create(name, plan.to_json())
    return read_document(context.output, name, RetrainingPlan, what=what)


def training_spec(context: RunContext, model: Retraining) -> AttemptSpec:
    """Derives the training spec of a retrained model again; the attempt's folder is not trusted.

    Raises:
        SearchFailed: The search or its config has changed.
    """
    output, folder = context.output, _task_folder(model.prefix)
    run = read_search(output, context.search_id)
    space = _space(output, run)
    plan = make_retraining_plan(context, run, space)
    for spec in retraining_specs(context, run, space, plan=plan):
        if _task_folder(spec.prefix) == folder:
            return spec
    raise SearchFailed(f"{model.prefix}: not a retraining attempt of this search and config")


def _task_folder(prefix: str) -> str:
    """Returns the name of the parent folder of the attempt's folder."""
    return split(split(prefix)[0])[1]


def choose_model(
    retrained: Sequence[Retraining], direction: Literal["max", "min"], *, default: int | None = None
) -> Choice:
    """Chooses the candidate with the best mean score over its seeds, and its best model.

    Args:
        retrained: the retrained models.
        direction: whether a larger or a smaller score is better.
        default: trial of the default network, if there is one.

    Raises:
        SearchFailed: No retraining completed.
    """
    completed = [each for each in retrained if each.result.outcome == Outcome.COMPLETED]
    if not completed:
        reason = retrained[0].result.message if retrained else "no trial completed"
        raise SearchFailed(f"retrain: no candidate could be retrained: {reason}")
    sign = 1 if direction == "max" else -1

    def rank_key(one: Retraining) -> tuple[float, float]:
        own = [_score(each) for each in completed if each.trial == one.trial]
        return sign * statistics.fmean(own), sign * _score(one)

    of_default = [each for each in completed if each.trial == default]
    return Choice(
        retrained=tuple(retrained),
        chosen=max(completed, key=rank_key),
        default=max(of_default, key=rank_key, default=None),
    )


def _retrainings(
    specs: Sequence[AttemptSpec], results: Sequence[Result], config: Config
) -> list[Retraining]:
    return [
        Retraining(
            trial=spec.trial // config.retrain.seeds,
            seed=spec.trial % config.retrain.seeds + 1,
            prefix=join(split(spec.prefix)[0], f"a{result.attempt}"),
            result=result,
            with_validation=spec.training is not None and spec.training.with_validation,
        )
        for spec, result in zip(specs, results, strict=True)
    ]


def _score(retraining: Retraining) -> float:
    if retraining.result.score is None:
        raise ValueError(f"{retraining.prefix}: completed without a score")
    return retraining.result.score


def _space(output: Storage, run: SearchRun) -> Mapping[str, Any]:
    return extend_space(read_object(output, space_file(run.id)), run.state.declared)
