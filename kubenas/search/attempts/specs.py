"""Attempt specs of a search's trials, created from the recorded proposals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kubenas.scheduling.retry import count_losses
from kubenas.search.attempts.binding import new_nonce
from kubenas.search.attempts.outputs import checkpoint_uri
from kubenas.search.budget import TimeLimit
from kubenas.search.definition import SearchDefinition
from kubenas.search.journal import TrialState
from kubenas.search.layout import attempt_folder
from kubenas.search.space import Hyperparameter, extend_space
from kubenas.search.training_plan import kept_epochs, trial_plan
from kubenas.storage import Storage, join
from kubenas.training.program.layout import TRIAL_FOLDER
from kubenas.trial import AttemptSpec, Task, TrainingPlan


@dataclass(frozen=True)
class TrialSpecs:
    """Creates the attempt specs of one search's trials."""

    definition: SearchDefinition
    storage: Storage
    space: Mapping[str, Any]
    """The search space, as keras_tuner.HyperParameters.get_config()."""

    def folder(self, trial: int, attempt: int) -> str:
        """Returns an attempt's folder in the storage."""
        return attempt_folder(self.definition.id, trial, attempt)

    def prefix(self, trial: int, attempt: int) -> str:
        """Returns the URI of an attempt's folder."""
        return join(self.storage.uri, self.folder(trial, attempt))

    def next_attempt(
        self,
        trial: TrialState,
        *,
        parent: TrialState | None,
        declared: Sequence[Hyperparameter],
        time_limit: TimeLimit,
    ) -> AttemptSpec:
        """Creates the spec of the trial's next attempt.

        Args:
            trial: the trial to run.
            parent: the trial whose training it continues, if any.
            declared: hyperparameters that earlier trials have added to the space.
            time_limit: the attempt's time limit.
        """
        definition, number = self.definition, trial.number
        attempt = len(trial.started) + 1
        values = trial.proposal.values
        most = (definition.config.training.max_trial_seconds, time_limit.seconds)
        limits = [seconds for seconds in most if seconds is not None]
        return AttemptSpec(
            task=Task.TRAIN,
            search=definition.id,
            trial=number,
            attempt=attempt,
            prefix=self.prefix(number, attempt),
            space=definition.space,
            dataset=definition.dataset,
            hyperparameters={**extend_space(self.space, declared), "values": values},
            training=self._plan(trial),
            resume_from=self._newest_checkpoint(trial, parent),
            deadline=time_limit.deadline,
            work_seconds=time_limit.work_seconds,
            max_seconds=min(limits, default=None),
            nonce=new_nonce(),
            **count_losses(lost.failure for lost in trial.lost),
        )

    def epochs(self, trial: TrialState) -> int:
        """Returns the epoch up to which the trial is trained."""
        return trial.proposal.epochs or self.definition.config.epochs

    @cached_property
    def stops_early(self) -> bool:
        """Whether a trial may end before its last epoch."""
        return trial_plan(self.definition).patience > 0

    def remaining_epochs(self, trial: TrialState, parent: TrialState | None) -> int:
        """Returns the number of epochs to train, without those of ``parent`` that are kept."""
        kept = kept_epochs(self.definition, self.epochs(parent)) if parent else 0
        return max(1, self.epochs(trial) - kept)

    def _plan(self, trial: TrialState) -> TrainingPlan:
        epochs = self.epochs(trial)
        whole = trial_plan(self.definition, trial=trial.number)
        further = epochs < whole.epochs or whole.schedule == "wsd"
        return whole.model_copy(update={"epochs": epochs, "keep_checkpoint": further})

    def _newest_checkpoint(self, trial: TrialState, parent: TrialState | None) -> str | None:
        """Returns the trial's newest checkpoint, or else the parent's."""
        for attempt in range(len(trial.started), 0, -1):
            own = checkpoint_uri(self.storage, self.folder(trial.number, attempt))
            if own:
                return own
        if parent is None or parent.end is None or parent.end.attempt is None:
            return None
        folder = self.folder(parent.number, parent.end.attempt)
        if self.definition.space.program:
            return join(self.storage.uri, folder, TRIAL_FOLDER)
        return checkpoint_uri(self.storage, folder)
