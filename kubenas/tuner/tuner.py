"""kubenas.Tuner: a keras_tuner.Tuner that runs trials in parallel in other processes."""

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
"""Attributes that are not pickled for trials."""
_EXPLORATION_SECONDS = 20.0


class Tuner(keras_tuner.Tuner):  # type: ignore[misc]  # keras_tuner is untyped
    """A keras_tuner.Tuner that runs trials on the runners of kubenas.

    ``search()`` takes the same arguments as in keras_tuner.Tuner. Each trial runs in a separate
    process, on this machine or as a Job in a cluster. The search is stored in ``output``: the same
    call in the same program resumes the search, or returns its results if it has ended.

    Subclass it like keras_tuner.Tuner. ``run_trial()`` and the hooks of trials, epochs and batches
    are called in the trial's process; ``on_search_begin()`` and ``on_search_end()`` in the calling
    process.

    Args:
        hypermodel: a HyperModel, or a function of HyperParameters that returns a compiled model.
            Optional if ``run_trial()`` is overridden.
        objective: the name of a metric, a keras_tuner.Objective, or a list of them, whose sum is
            minimised, as in Keras-Tuner. Optional if a trial returns a single float.
        max_trials: the maximum number of trials.
        oracle: the oracle that proposes trials. ``kubenas oracles`` lists them.
        output: a folder, or gs://, s3:// or minio:// with a bucket and a folder.
            None: ``directory``/``project_name``.
        runner: 'local', 'kubernetes', or a mapping with the keys of ``runner:`` in search.yaml.
        max_seconds: the time limit of the search. Executions that ended before it count.
        max_trial_seconds: the time limit of a trial, after which it is killed.
        max_gpu_hours: the maximum GPU hours of all trials, computed from the runner's pods.
        max_cost: the maximum cost of all trials at the runner's ``price_per_hour``.
        seed: the seed of the search. None: a fixed default.
        hyperparameters: the initial space. See keras_tuner.Oracle.
        tune_new_entries: whether to tune hyperparameters that are not in ``hyperparameters``.
        allow_new_entries: whether the hypermodel may use hyperparameters that are not in
            ``hyperparameters``.
        max_retries_per_trial: the maximum number of retries of a failed trial.
        max_consecutive_failed_trials: the number of consecutive failed trials after which the
            search raises a RuntimeError.
        directory: see ``output``.
        project_name: see ``output``.
        overwrite: whether to start a new search if this search is in the output. The results of
            the earlier search are kept.
        options: further options of keras_tuner.Tuner, such as ``executions_per_trial``.

    Raises:
        UserError: a value is not allowed, or the output cannot be used.
    """

    epoch_log: EpochLog | None = None
    """In a trial process: the callback that records the learning curve."""
    _view: SearchView | None = None
    _settings: Any = None

    def __init__(  # noqa: PLR0913  # the arguments of Keras-Tuner and of the runner
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
            raise ValueError("hypermodel: required unless run_trial() is overridden")
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
        # Validate before the base class builds a model.
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
        """Runs or resumes the search. Returns immediately if the search has ended.

        Args:
            fit_args: positional arguments of ``run_trial()`` of each trial.
            fit_kwargs: keyword arguments of ``run_trial()`` of each trial.

        Raises:
            UserError: an object cannot be pickled, or no trial can succeed.
            keras_tuner.errors.FatalError: a trial raised it.
            RuntimeError: ``max_consecutive_failed_trials`` is exceeded.
            KeyboardInterrupt: a signal was received. The same call resumes the search.
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
        """Finds the initial space. Overrides the hook of Keras-Tuner.

        Then builds at further points to find the hyperparameters that Keras-Tuner would find only
        during the search.
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
        """See keras_tuner.Tuner. Also records the learning curve.

        Executions that ended before the search's deadline count.
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
        """Runs one execution. Overrides the hook of keras_tuner.Tuner."""
        result = super()._build_and_fit_model(trial, *args, **kwargs)
        self._results.append(result)
        return result

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> Any:
        model = super()._build_hypermodel(hp)
        if self.epoch_log is not None:
            load_earlier_weights(self, hp.values, model)
        return model

    def get_trial_dir(self, trial_id: str) -> str:
        """Returns a local copy of the trial folder. In the trial process: its working folder."""
        uri = self._view.trial_folder(trial_id) if self._view else None
        if uri is None:
            return str(super().get_trial_dir(trial_id))
        folder, name = split(uri)
        return str(open_storage(folder).stage(name))

    @property
    def project_dir(self) -> str:
        """The output. In a trial process: a local working folder."""
        remote = self._settings is not None and "://" in self._settings.output
        return self._settings.output if remote else str(super().project_dir)

    def save(self) -> None:
        """Does nothing: the search is stored in the output."""

    def reload(self) -> None:
        """Does nothing: the constructor reads the latest search from the output."""

    def __getstate__(self) -> dict[str, Any]:
        """Returns the attributes that trials get."""
        return {name: each for name, each in vars(self).items() if name not in _NOT_SENT}

    def _get_tuner_fname(self) -> str:
        """Returns a path that does not exist: ignores a Keras-Tuner project in the same folder."""
        return os.path.join(os.devnull, "tuner.json")  # noqa: PTH118  # Keras-Tuner needs a str

    def _show_latest(self) -> None:
        """Reads the latest search in the output, if there is one."""
        output = open_storage(self._settings.output)
        search = latest_search(output)
        if search is not None:
            self._view = SearchView(output, search, self.oracle)
            self._view.update(read_search(output, search).state, announce=False)
