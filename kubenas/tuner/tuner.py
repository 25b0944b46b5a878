"""kubenas.Tuner: a keras_tuner.Tuner that runs its trials elsewhere, several at a time."""

import os
from collections.abc import Mapping
from typing import Any

import keras_tuner
import tensorflow as tf
from keras_tuner.engine.trial import Trial

from kubenas.search.oracles import check_oracle
from kubenas.search.run import read_search
from kubenas.storage import join, open_storage, split
from kubenas.training.model.exploration import explore
from kubenas.training.process.stopping import DeadlinePassed
from kubenas.training.program.epoch_log import EpochLog
from kubenas.training.program.hyperband import epochs_to_fit, load_earlier_weights
from kubenas.tuner.devices import enable_memory_growth
from kubenas.tuner.hypermodel_digest import HypermodelDigest
from kubenas.tuner.oracle import SearchStateOracle
from kubenas.tuner.output_lock import lock_config
from kubenas.tuner.preparation import prepare_search
from kubenas.tuner.search_view import SearchView, latest_search
from kubenas.tuner.session import Session
from kubenas.tuner.settings import Settings, search_config

_NOT_SENT = (
    "oracle",
    "directory",
    "project_name",
    "_settings",
    "_overwrite",
    "_view",
    "_hypermodel_digest",
)
"""Attributes that do not travel to trials."""
_EXPLORATION_SECONDS = 20.0


class Tuner(keras_tuner.Tuner):  # type: ignore[misc]  # keras_tuner is untyped
    """Keras-Tuner's Tuner on the runners of kubenas.

    ``search()`` takes what that of any keras_tuner.Tuner takes. Each trial runs in a process of its
    own: beside this one, or as a Job in a cluster. The search is kept in ``output``: the same call
    of the same program resumes it, or returns it if it is over.

    Subclass it as you would a keras_tuner.Tuner. ``run_trial()`` and the hooks of trials, epochs
    and batches are called in the trial's process; ``on_search_begin()`` and ``on_search_end()``
    in this one.

    Args:
        hypermodel: HyperModel, or a function of HyperParameters that returns a compiled model;
            may be left out where ``run_trial()`` is overridden.
        objective: name of a metric, keras_tuner.Objective, or a list of them, whose sum is then
            minimised, as in Keras-Tuner. May be left out where a trial returns a single float.
        max_trials: trials at the most.
        oracle: what proposes trials; ``kubenas oracles`` lists them.
        output: where everything is kept: a folder, or gs://, s3:// or minio:// with a bucket and a
            folder. None: ``directory``/``project_name``.
        runner: 'local', 'kubernetes', or a mapping as ``runner:`` of a search.yaml.
        max_seconds: of the search; executions that are through by then count.
        max_trial_seconds: of one trial, which is then killed.
        max_gpu_hours: that all trials may use, as by the runner's pods.
        max_cost: of all trials at the runner's ``price_per_hour``.
        seed: of the search; None: always the same one.
        hyperparameters: what the space is known to hold; see keras_tuner.Oracle.
        tune_new_entries: whether what else the hypermodel asks for is tuned.
        allow_new_entries: whether it may ask for anything else.
        max_retries_per_trial: how often a trial that has failed is tried again.
        max_consecutive_failed_trials: after which the search ends with a RuntimeError.
        directory: see ``output``.
        project_name: see ``output``.
        overwrite: whether to search anew where this very search is in the output. What was found
            before is kept beside it.
        options: further ones of keras_tuner.Tuner, such as ``executions_per_trial``.

    Raises:
        UserError: a value is not allowed, or the output cannot be used.
    """

    epoch_log: EpochLog | None = None
    """In a trial's process: what keeps its learning curve."""
    _view: SearchView | None = None
    _settings: Any = None

    def __init__(  # noqa: PLR0913  # Keras-Tuner's own, and where the search runs
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int = 10,
        *,
        oracle: str = "auto",
        output: str | os.PathLike[str] | None = None,
        runner: str | Mapping[str, Any] = "local",
        max_seconds: float | None = None,
        max_trial_seconds: float | None = None,
        max_gpu_hours: float | None = None,
        max_cost: float | None = None,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int | None = 3,
        directory: str | os.PathLike[str] | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
        **options: Any,
    ) -> None:
        if hypermodel is None and type(self).run_trial is Tuner.run_trial:
            raise ValueError("hypermodel: give one, or override run_trial()")
        folder, name = os.fspath(directory or "."), project_name or "untitled_project"
        self._settings = Settings(
            output=open_storage(os.fspath(output or join(folder, name))).uri,
            oracle=oracle,
            runner=runner,
            max_trials=max_trials,
            seed=seed,
            max_seconds=max_seconds,
            max_trial_seconds=max_trial_seconds,
            max_gpu_hours=max_gpu_hours,
            max_cost=max_cost,
        )
        self._overwrite = overwrite
        searched = SearchStateOracle(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            seed=seed,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        # What is not allowed is refused before a model is built.
        search_config(self._settings, searched.objective, epochs=1)
        check_oracle(oracle)
        folder, name = split(self._settings.output)
        self._hypermodel_digest = HypermodelDigest(hypermodel)
        super().__init__(
            searched, hypermodel=hypermodel, directory=folder, project_name=name, **options
        )
        self._hypermodel_digest.update_after_build(self.hypermodel)
        if not overwrite:
            self._show_latest()

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Runs the search, takes it up again, or returns at once if it is over.

        Args:
            fit_args: given to ``run_trial()`` of every trial.
            fit_kwargs: the same, by name.

        Raises:
            UserError: something cannot be sent to trials, or no trial could succeed.
            keras_tuner.errors.FatalError: a trial raised it.
            RuntimeError: more trials in a row have failed than ``max_consecutive_failed_trials``.
            KeyboardInterrupt: the same call goes on where it was.
        """
        if "verbose" in fit_kwargs:
            self.oracle.verbose = fit_kwargs["verbose"]
        self.on_search_begin()
        self.oracle.reset()
        overwrite, self._overwrite = self._overwrite, False
        with prepare_search(
            self, self._settings, self._hypermodel_digest, fit_args, fit_kwargs, overwrite=overwrite
        ) as context:
            lock_config(context.config, context.output)
            session = Session(context, self.oracle)
            self._view = session.view
            self.oracle.print_line(f"Search {context.search_id} in {self._settings.output}")
            session.run()
        self.on_search_end()

    def _populate_initial_space(self) -> None:
        """As Keras-Tuner's, which it hands down for others to override; then further points are
        built, to know before the first trial what Keras-Tuner meets during the search.
        """
        enable_memory_growth()
        with tf.device("CPU"):
            super()._populate_initial_space()
            self._explore()

    def _explore(self) -> None:
        open_space = self.oracle.tune_new_entries and self.oracle.allow_new_entries
        if self.hypermodel is not None and open_space:
            known = self.oracle.get_space()
            found = explore(self.hypermodel.build, known=known, seconds=_EXPLORATION_SECONDS)
            self.oracle.update_space(found)

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """See keras_tuner.Tuner; besides, the learning curve is kept.

        Executions that are through at the search's deadline count.
        """
        if self.epoch_log is not None:
            kwargs |= epochs_to_fit(trial.hyperparameters.values)
            kwargs["callbacks"] = [*(kwargs.get("callbacks") or []), self.epoch_log]
        self._results: list[Any] = []
        try:
            return super().run_trial(trial, *args, **kwargs)
        except DeadlinePassed:
            if not self._results:
                raise
            return self._results

    def _build_and_fit_model(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """One execution; see keras_tuner.Tuner, which hands it down for others to override."""
        result = super()._build_and_fit_model(trial, *args, **kwargs)
        self._results.append(result)
        return result

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> Any:
        model = super()._build_hypermodel(hp)
        if self.epoch_log is not None:
            load_earlier_weights(self, hp.values, model)
        return model

    def get_trial_dir(self, trial_id: str) -> str:
        """A local folder with what the trial left; in its own process that which it writes to."""
        uri = self._view.trial_folder(trial_id) if self._view else None
        if uri is None:
            return str(super().get_trial_dir(trial_id))
        folder, name = split(uri)
        return str(open_storage(folder).stage(name))

    @property
    def project_dir(self) -> str:
        """The output; in a trial's process a folder of its own."""
        remote = self._settings is not None and "://" in self._settings.output
        return self._settings.output if remote else str(super().project_dir)

    def save(self) -> None:
        """Keeps nothing: the output does."""

    def reload(self) -> None:
        """Reads nothing: a tuner shows what its output holds."""

    def __getstate__(self) -> dict[str, Any]:
        """What trials get."""
        return {name: each for name, each in vars(self).items() if name not in _NOT_SENT}

    def _get_tuner_fname(self) -> str:
        """No file: a plain Keras-Tuner's project in the same folder is none of ours."""
        return os.path.join(os.devnull, "tuner.json")  # noqa: PTH118  # Keras-Tuner wants a text

    def _show_latest(self) -> None:
        """Shows the search that was run last in the output, if there was one."""
        output = open_storage(self._settings.output)
        search = latest_search(output)
        if search is not None:
            self._view = SearchView(output, search, self.oracle)
            self._view.update(read_search(output, search).state, announce=False)
