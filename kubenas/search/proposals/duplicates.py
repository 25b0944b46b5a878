"""Duplicate proposals: the same network with the same epochs is not trained again."""

import json
from collections.abc import Mapping
from typing import Any

from kubenas.search.journal import Ended, Proposed

MAX_DUPLICATES_IN_A_ROW = 20
"""Consecutive duplicates after which the space counts as exhausted."""

_BOOKKEEPING = "tuner/"
"""Prefix of Hyperband's control values."""


def signature(values: Mapping[str, Any], epochs: int | None = None) -> str:
    """Returns a key that is equal for proposals with the same network and epochs."""
    kept = {name: each for name, each in values.items() if not name.startswith(_BOOKKEEPING)}
    return json.dumps([epochs, kept], sort_keys=True)


class DuplicateFinder:
    """Finds the first trial with the same signature as a proposal."""

    def __init__(self) -> None:
        self._trials: dict[str, int] = {}
        self.in_a_row = 0
        """Number of consecutive duplicates among the latest proposals."""

    def find(self, values: Mapping[str, Any], epochs: int | None = None) -> int | None:
        """Returns the earlier trial with the same signature; None if there is none."""
        return self._trials.get(signature(values, epochs))

    def add(self, proposal: Proposed) -> None:
        """Adds a proposal, which may be a duplicate."""
        if proposal.duplicate_of is None:
            self._trials[signature(proposal.values, proposal.epochs)] = proposal.trial
            self.in_a_row = 0
        else:
            self.in_a_row += 1


def duplicate_end(original: Ended, *, trial: int, at: float) -> Ended:
    """Returns the end of a duplicate of the trial that ended with ``original``."""
    return original.model_copy(
        update={
            "trial": trial,
            "at": at,
            "attempt": None,
            "seconds": 0.0,
            "held_seconds": 0.0,
            "message": f"duplicate of trial {original.trial}; not trained again",
        }
    )
