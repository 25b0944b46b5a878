"""A driver of oracles through Keras-Tuner's protocol."""

import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras_tuner

from kubenas.search.oracles.create import create_oracle
from tests.unit.search.oracles.spaces import fresh

ENDINGS = ("scored", "infeasible", "failed", "nan")


class Drive:
    """Creates and ends trials, and records them in a journal."""

    def __init__(self, name: str, space: keras_tuner.HyperParameters, **more: Any) -> None:
        self.name, self.space = name, space
        unlimited = {"max_consecutive_failed_trials": None}
        self.options = {"seed": 1, "max_trials": 30, **unlimited, **more}
        self.oracle = self._made()
        self.journal: list[tuple[str, ...]] = []
        self.values: dict[str, dict[str, Any]] = {}
        self.open: list[Any] = []
        self._asked = 0

    def ask(self) -> dict[str, Any] | None:
        """Returns the values of the next trial, or None if there is none."""
        self._asked += 1
        trial = self.oracle.create_trial(f"slot-{self._asked}")
        if trial.status == "STOPPED":
            return None
        assert trial.status == "RUNNING"
        self.open.append(trial)
        self.journal.append(("ask", trial.trial_id))
        self.values[trial.trial_id] = dict(trial.hyperparameters.values)
        return self.values[trial.trial_id]

    def tell(self, ending: str = "scored", place: int = 0) -> None:
        """Ends one of the running trials."""
        trial = self.open.pop(place % len(self.open))
        self.journal.append(("tell", trial.trial_id, ending))
        self._end(trial, ending)

    def replayed(self) -> "Drive":
        """Returns a driver whose new oracle has replayed the same journal."""
        again = Drive(self.name, self.space, **self.options)
        for what, number, *ending in self.journal:
            if what == "ask":
                again.oracle.recorded.append(dict(self.values[number]))
                again.ask()
            else:
                (place,) = (n for n, each in enumerate(again.open) if each.trial_id == number)
                again.tell(ending[0], place)
        assert again.values == self.values
        return again

    def reload(self, folder: Path) -> None:
        """Continues with a new oracle, which reads the files of the old one."""
        self.oracle._set_project_dir(folder, "o")
        self.oracle.keeps_files = True
        self.oracle.save()
        for trial in self.oracle.trials.values():
            self.oracle._save_trial(trial)
        self.oracle = self._made()
        self.oracle._set_project_dir(folder, "o")
        self.oracle.reload()
        running = [self.oracle.create_trial(f"again-{n}") for n in range(len(self.open))]
        assert {trial.trial_id for trial in running} == {trial.trial_id for trial in self.open}
        by_id = {trial.trial_id: trial for trial in running}
        self.open = [by_id[trial.trial_id] for trial in self.open]

    def _made(self) -> keras_tuner.Oracle:
        objective = keras_tuner.Objective("score", "max")
        oracle = create_oracle(self.name, fresh(self.space), objective, **self.options)
        oracle.keeps_files = False
        oracle.verbose = 0
        return oracle

    def _end(self, trial: Any, ending: str) -> None:
        if ending in {"scored", "nan"}:
            values = self.values[trial.trial_id]
            score = math.nan if ending == "nan" else score_of(values)
            self.oracle.update_trial(trial.trial_id, {"score": score})
        trial.status = {"infeasible": "INVALID", "failed": "FAILED"}.get(ending, "COMPLETED")
        self.oracle.end_trial(trial)


def score_of(values: Mapping[str, Any]) -> float:
    """Returns a score that depends only on the values."""
    terms = [zlib.crc32(f"{name}={value}".encode()) / 2**32 for name, value in values.items()]
    return sum(terms)
