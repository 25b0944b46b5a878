"""The base class of kubenas' oracles, which implements Keras-Tuner's protocol.

A subclass implements :meth:`SearchOracle.suggest`. Its only inputs are the history and a random
generator, which is seeded by the seed and the number of trials. The same seed and journal thus
give the same proposals in every process. The base class ensures that no network is proposed
twice, that proposals are valid and within the limits, and that the search stops when the space is
exhausted.
"""

import tempfile
import weakref
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import keras_tuner
import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Architectures, Encoding, Floats, GraphOf, Limits
from kubenas.search.oracles.history import History, TrialOrder, external_trials
from kubenas.search.oracles.initial import suggest_initial
from kubenas.search.oracles.rules import OracleRules
from kubenas.search.oracles.surrogate import one_thread
from kubenas.search.seeds import derived_seed

_DRAWS = 256
"""Random points that are drawn at once to find a new one."""
_ROUNDS = 8
_ENUMERABLE = 200_000
"""A space of at most this many points is enumerated to find the last new ones."""


class SearchOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Base class of kubenas' oracles.

    Args:
        objective: the objective, as for ``keras_tuner.Oracle``.
        max_trials: number of trials after which the search stops. None: it stops when the space
            is exhausted.
        hyperparameters: the space. A plain Tuner may add hyperparameters to it.
        seed: the same seed and history give the same proposals. None: a random seed.
        graph: function that returns the graph of the network with the given values, if the
            space has one.
        limits: size limits of proposals.
        rules: options of ``keras_tuner.Oracle``: see :class:`OracleRules`.
    """

    name: ClassVar[str]
    """Name of the oracle in the configuration."""
    prefers_large: ClassVar[bool] = True
    """Whether initial trials prefer larger networks, if the space gives their sizes."""
    revisable: ClassVar[bool] = True
    """Whether proposals depend only on the history and on what :meth:`prepare` sets up. The results
    of ended trials may then be changed later.
    """
    refits: ClassVar[bool] = False
    """Whether it has models with settings that :meth:`refit` fits."""

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        *,
        seed: int | None = 1,
        graph: GraphOf | None = None,
        limits: Limits | None = None,
        **rules: Unpack[OracleRules],
    ) -> None:
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            seed=None if seed is None else derived_seed("oracle", seed),
            **rules,
        )
        self.recorded: deque[dict[str, Any]] = deque()
        """Recorded values, which the next trials get instead of suggestions."""
        self.at_random = False
        """Whether the latest proposal was drawn at random, independent of all scores."""
        self.estimated: dict[str, float] = {}
        """Standard deviations of estimated scores, by trial. Other scores are exact."""
        self.keeps_files = True
        """Whether the state is saved at each step, as in Keras-Tuner. Not needed with a journal."""
        self._graph = graph
        self._limits = limits
        self._external: list[str] = []
        self._set_up()
        self._use_temporary_folder()

    @abstractmethod
    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        """Returns candidate points, ``(any number, dimensions)``, best first.

        The first new point is proposed. If no point is new, a random new point is proposed.
        """

    def prepare(self) -> None:
        """Sets up the models. Called at the start and whenever the space has grown."""

    def reset_models(self) -> None:
        """Discards what was learned from scores. Called when the scores of ended trials change."""

    def forget_scores(self) -> None:
        """Discards all models. Called when ends were replaced, possibly in another order."""
        self.prepare()

    def refit(self) -> Any:
        """Fits the settings of models to the current scores, to be used until the next call.

        Returns:
            The settings, for :meth:`adopt`; None: it has none that last.
        """

    def adopt(self, settings: Any) -> None:
        """Uses ``settings`` from :meth:`refit` of another oracle, unless the space has grown."""

    def continuation(self) -> str | None:
        """Returns the trial with an estimated score whose training should continue now, if any.

        None: a new trial is at least as promising, or the oracle cannot tell.
        """
        if not self.estimated:
            return None
        self.follow_space()
        history = self.history()
        with one_thread():
            row = self.select_continuation(history, self._generator(history))
        return None if row is None else str(TrialOrder.of(self).ended[row].trial_id)

    def select_continuation(self, history: History, rng: np.random.Generator) -> int | None:
        """Returns the row of the ended trial that is more promising than all new ones, if any."""
        del history, rng
        return None

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See ``keras_tuner.Oracle``."""
        del trial_id  # the number of trials says the same
        if self.recorded:
            return {"status": "RUNNING", "values": self.recorded.popleft()}
        self._add_external_trials()
        self.follow_space()
        history = self.history()
        rng = self._generator(history)
        self.at_random = False
        with one_thread():
            suggested = self.suggest(history, rng)
        point = self._first_new(suggested)
        if point is None:
            point = self._any_new(rng)
        if point is None:
            return {"status": "STOPPED"}
        return {"status": "RUNNING", "values": self.encoding.decode(point)}

    def suggest_initial(self, history: History, rng: np.random.Generator) -> Floats:
        """Returns candidates for the initial trials, before there are scores to learn from."""
        points, self.at_random = suggest_initial(
            self.encoding, self.architectures, history, rng, prefer_large=self.prefers_large
        )
        return points

    def save(self) -> None:
        """See ``keras_tuner.Oracle``."""
        if self.keeps_files:
            super().save()

    def _save_trial(self, trial: Any) -> None:
        """Skips the three writes of each trial's file, which would take most of a replay's time."""
        if self.keeps_files:
            super()._save_trial(trial)

    def history(self) -> History:
        """Returns the history of all trials."""
        order = TrialOrder.of(self)
        return History(
            self._points(order.ended),
            np.array([self._score(trial) for trial in order.ended], dtype=float),
            self._points(order.pending),
            np.array([self.estimated.get(trial.trial_id, 0.0) for trial in order.ended]),
        )

    def select_new(self, points: Floats) -> NDArray[np.intp]:
        """Returns the rows of ``points`` that may be proposed: within limits and not proposed yet.

        Of points that are the same network, only the first is returned.
        """
        found: dict[object, int] = {}
        seen = self._proposed_keys()
        for row, architecture in enumerate(self.architectures.of(points)):
            if architecture.allowed and architecture.key not in seen:
                found.setdefault(architecture.key, row)
        return np.fromiter(found.values(), dtype=np.intp, count=len(found))

    def _generator(self, history: History) -> np.random.Generator:
        return np.random.default_rng(derived_seed(self.name, self.seed, history.started))

    def _first_new(self, points: Floats) -> Floats | None:
        seen = self._proposed_keys()
        for point in points:
            (architecture,) = self.architectures.of(point[None])
            if architecture.allowed and architecture.key not in seen:
                return np.asarray(point)
        return None

    def _any_new(self, rng: np.random.Generator) -> Floats | None:
        """Returns a random new point, or None if none was found."""
        for _ in range(_ROUNDS):
            point = self._first_new(self.encoding.sample(_DRAWS, rng))
            if point is not None:
                return point
        everything = self.encoding.all_points(_ENUMERABLE)
        if everything is None:
            return None
        return self._first_new(everything[rng.permutation(len(everything))])

    def _check_consecutive_failures(self) -> None:
        """Skips Keras-Tuner's check, which reads all trials at each end, if there is no limit."""
        if self.max_consecutive_failed_trials is not None:
            super()._check_consecutive_failures()

    def _points(self, trials: Sequence[Any]) -> Floats:
        points = [self._point(trial) for trial in trials]
        return np.array(points).reshape(len(points), len(self.encoding))

    def _point(self, trial: Any) -> Floats:
        values = trial.hyperparameters.values
        state = (trial.trial_id, trial.status, len(values))  # a plain Tuner may add values
        if state not in self._encoded:
            # A trial that ran before a hyperparameter was declared had its default.
            self._encoded[state] = self.encoding.encode(self.encoding.with_defaults(values))
        return self._encoded[state]

    def _score(self, trial: Any) -> float:
        if trial.status != "COMPLETED" or trial.score is None or not np.isfinite(trial.score):
            return np.nan
        return float(trial.score if self.objective.direction == "max" else -trial.score)

    def _proposed_keys(self) -> set[object]:
        new = self.trials.keys() - self._seen_trials
        for name in new:
            (architecture,) = self.architectures.of(self._point(self.trials[name])[None])
            self._keys.add(architecture.key)
        self._seen_trials |= new
        return self._keys

    def limit(self, limits: Limits) -> None:
        """Replaces the size limits of later proposals."""
        self._limits = limits
        self._set_up()

    def _set_up(self) -> None:
        """Reads the space: at the start, and again whenever it has grown."""
        self._known_space = self._space()
        self.encoding = Encoding(self.hyperparameters)
        self.architectures = Architectures(self.encoding, graph=self._graph, limits=self._limits)
        self._encoded: dict[tuple[str, str, int], Floats] = {}
        self._keys: set[object] = set()
        self._seen_trials: set[str] = set()
        self.prepare()

    def follow_space(self) -> None:
        """Sets up the encoding and the models anew if the space has grown."""
        if self._known_space != self._space():
            self._set_up()

    def _space(self) -> list[Any]:
        """Returns the hyperparameters. Keras-Tuner never changes them, but may add more."""
        return list(self.hyperparameters.space)

    def _add_external_trials(self) -> None:
        """Adds trials that this oracle did not start, as if they had ended before all others."""
        external = external_trials(self)
        names = [trial.trial_id for trial in external]
        if names == self._external:
            return
        self._external = names
        if self.allow_new_entries:
            for trial in external:
                self.update_space(trial.hyperparameters)
        self._set_up()

    def _use_temporary_folder(self) -> None:
        """Sets a project folder for Keras-Tuner's files, until a Tuner sets its own."""
        folder = tempfile.TemporaryDirectory(prefix="kubenas-oracle-")
        weakref.finalize(self, folder.cleanup)
        self._set_project_dir(folder.name, self.name)

    def set_state(self, state: dict[str, Any]) -> None:
        """See ``keras_tuner.Oracle``."""
        super().set_state(state)
        self._set_up()

    def reload(self) -> None:
        """See ``keras_tuner.Oracle``. Removes ended trials from the retry queue."""
        super().reload()
        queued: list[str] = self._retry_queue
        queued[:] = [name for name in queued if name not in self.end_order]
