"""What all oracles of kubenas share: history in, one new point out, by Keras-Tuner's protocol.

An oracle of one's own is a subclass with :meth:`SearchOracle.suggest`. It gets what is known and
a random generator that depends on the seed and on how many trials there are, and nothing else: so
the same seed and the same journal give the same proposal, whatever process asks. The base sees to
the rest: nothing is proposed twice (as the same network), nothing invalid, nothing beyond the
limits, and a space with nothing left stops.
"""

import tempfile
import weakref
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, TypedDict, Unpack

import keras_tuner
import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Architectures, Encoding, Floats, GraphOf, Limits
from kubenas.search.oracles.history import History, TrialOrder, external_trials
from kubenas.search.oracles.initial import suggest_initial
from kubenas.search.oracles.surrogate import one_thread
from kubenas.search.seeds import derived_seed

_DRAWS = 256
"""Random points at a time when a new one is looked for."""
_ROUNDS = 8
_ENUMERABLE = 200_000
"""Up to this many points, a space is searched for the last new one."""


class OracleRules(TypedDict, total=False):
    """Options of all of Keras-Tuner's oracles."""

    allow_new_entries: bool
    """Whether code may ask for hyperparameters that the space has not."""
    tune_new_entries: bool
    """Whether such ones are searched; else they keep their defaults."""
    max_retries_per_trial: int
    """How often a trial that crashed or has no score is run again."""
    max_consecutive_failed_trials: int | None
    """After so many failures in a row the search ends with an error. None: it goes on."""


class SearchOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Base of kubenas' oracles.

    Args:
        objective: what scores a trial.
        max_trials: after which it stops; None: only when the space is exhausted.
        hyperparameters: the space; a plain Tuner may add to it.
        seed: the same seed and history, the same proposals; None: another one each time.
        graph: the network at some values, if the space can tell.
        limits: what no proposal may exceed.
        rules: Keras-Tuner's, with its defaults: see :class:`OracleRules`.
    """

    name: ClassVar[str]
    """What a config calls it."""
    prefers_large: ClassVar[bool] = True
    """Whether it begins with the larger networks, where the space tells sizes."""
    revisable: ClassVar[bool] = True
    """Whether all that it proposes follows from its history and what :meth:`prepare` makes, so that
    trials may afterwards be told to have ended otherwise.
    """

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
        """Values that the next trials get before anything is suggested."""
        self.at_random = False
        """Whether the latest proposal was drawn at random, whatever the scores."""
        self.keeps_files = True
        """Whether each step is saved, as Keras-Tuner does; a journal makes that needless."""
        self._graph = graph
        self._limits = limits
        self._external: list[str] = []
        self._set_up()
        self._use_temporary_folder()

    @abstractmethod
    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        """Points to try next, ``(any number, dimensions)``, most wanted first.

        The first that is new is taken; if none is, a random one.
        """

    def prepare(self) -> None:
        """Called when :attr:`encoding` and :attr:`designs` are there, and again if they change."""

    def reset_models(self) -> None:
        """Called when scores are others than before: what was learnt from them alone is void."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Keras-Tuner's."""
        del trial_id  # how many trials there are says as much
        if self.recorded:
            return {"status": "RUNNING", "values": self.recorded.popleft()}
        self._add_external_trials()
        if self._known_space != self._space():
            self._set_up()
        history = self.history()
        rng = np.random.default_rng(derived_seed(self.name, self.seed, history.started))
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
        """What to suggest before there is anything to learn from."""
        points, self.at_random = suggest_initial(
            self.encoding, self.architectures, history, rng, prefer_large=self.prefers_large
        )
        return points

    def save(self) -> None:
        """See Keras-Tuner's."""
        if self.keeps_files:
            super().save()

    def _save_trial(self, trial: Any) -> None:
        """Keras-Tuner writes a trial's file three times in its life, most of a replay's time."""
        if self.keeps_files:
            super()._save_trial(trial)

    def history(self) -> History:
        """What is known now."""
        order = TrialOrder.of(self)
        return History(
            self._points(order.ended),
            np.array([self._score(trial) for trial in order.ended], dtype=float),
            self._points(order.pending),
        )

    def select_new(self, points: Floats) -> NDArray[np.intp]:
        """Which of ``points`` may be proposed: allowed, not proposed yet, each network once."""
        found: dict[object, int] = {}
        seen = self._proposed_keys()
        for row, architecture in enumerate(self.architectures.of(points)):
            if architecture.allowed and architecture.key not in seen:
                found.setdefault(architecture.key, row)
        return np.fromiter(found.values(), dtype=np.intp, count=len(found))

    def _first_new(self, points: Floats) -> Floats | None:
        seen = self._proposed_keys()
        for point in points:
            (architecture,) = self.architectures.of(point[None])
            if architecture.allowed and architecture.key not in seen:
                return np.asarray(point)
        return None

    def _any_new(self, rng: np.random.Generator) -> Floats | None:
        """A random new point; None if there is none, as far as can be told."""
        for _ in range(_ROUNDS):
            point = self._first_new(self.encoding.sample(_DRAWS, rng))
            if point is not None:
                return point
        everything = self.encoding.all_points(_ENUMERABLE)
        if everything is None:
            return None
        return self._first_new(everything[rng.permutation(len(everything))])

    def _check_consecutive_failures(self) -> None:
        """Keras-Tuner's looks at all trials whenever one ends, even where there is no limit."""
        if self.max_consecutive_failed_trials is not None:
            super()._check_consecutive_failures()

    def _points(self, trials: Sequence[Any]) -> Floats:
        points = [self._point(trial) for trial in trials]
        return np.array(points).reshape(len(points), len(self.encoding))

    def _point(self, trial: Any) -> Floats:
        values = trial.hyperparameters.values
        state = (trial.trial_id, trial.status, len(values))  # a plain Tuner may add values
        if state not in self._encoded:
            # A trial from before a hyperparameter was declared had its default.
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

    def _set_up(self) -> None:
        """Reads the space: at the beginning, and anew when it has grown."""
        self._known_space = self._space()
        self.encoding = Encoding(self.hyperparameters)
        self.architectures = Architectures(self.encoding, graph=self._graph, limits=self._limits)
        self._encoded: dict[tuple[str, str, int], Floats] = {}
        self._keys: set[object] = set()
        self._seen_trials: set[str] = set()
        self.prepare()

    def _space(self) -> list[Any]:
        """The hyperparameters, which Keras-Tuner never changes: it adds others."""
        return list(self.hyperparameters.space)

    def _add_external_trials(self) -> None:
        """Trials that somebody put beside those started here: as if they had ended before them."""
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
        """Until a Tuner names its own: Keras-Tuner writes files at each step."""
        folder = tempfile.TemporaryDirectory(prefix="kubenas-oracle-")
        weakref.finalize(self, folder.cleanup)
        self._set_project_dir(folder.name, self.name)

    def set_state(self, state: dict[str, Any]) -> None:
        """See Keras-Tuner's."""
        super().set_state(state)
        self._set_up()

    def reload(self) -> None:
        """See Keras-Tuner's, which would run the last trial again although it has ended."""
        super().reload()
        queued: list[str] = self._retry_queue
        queued[:] = [name for name in queued if name not in self.end_order]
