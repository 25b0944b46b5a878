"""The order of an oracle's trials, which is the same after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras_tuner


@dataclass(frozen=True)
class TrialOrder:
    """All trials of an oracle, in order."""

    ended: Sequence[Any]
    """Ended trials, in the order of their ends."""
    pending: Sequence[Any]
    """Other trials, in the order of their starts. Includes trials that wait for a retry."""

    @classmethod
    def of(cls, oracle: keras_tuner.Oracle) -> "TrialOrder":
        """Returns the order of all trials in ``oracle.trials``.

        Trials that the oracle did not start come first, sorted by name.
        """
        over = set(oracle.end_order)
        external = external_trials(oracle)
        started = [oracle.trials[name] for name in oracle.start_order if name not in over]
        return cls(
            [
                *(trial for trial in external if _has_ended(trial)),
                *(oracle.trials[name] for name in oracle.end_order),
            ],
            [*(trial for trial in external if not _has_ended(trial)), *started],
        )


def external_trials(oracle: keras_tuner.Oracle) -> list[Any]:
    """Returns the trials that ``oracle`` did not start, sorted by name."""
    if len(oracle.trials) == len(oracle.start_order):
        return []
    names = sorted(oracle.trials.keys() - {*oracle.start_order, *oracle.end_order})
    return [oracle.trials[name] for name in names]


def _has_ended(trial: Any) -> bool:
    return trial.status in {"COMPLETED", "FAILED", "INVALID"}
