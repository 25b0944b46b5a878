"""The same network trained for the same time is the same trial: it is not trained again."""

import json
from collections.abc import Mapping
from typing import Any

from kubenas.search.journal import Ended, Proposed

MAX_DUPLICATES_IN_A_ROW = 20
"""Duplicates in a row after which a space counts as exhausted."""

_BOOKKEEPING = "tuner/"
"""Begins the names of Hyperband's notes to itself."""


def signature(values: Mapping[str, Any], epochs: int | None = None) -> str:
    """Equal for values that train the same network for as long."""
    kept = {name: each for name, each in values.items() if not name.startswith(_BOOKKEEPING)}
    return json.dumps([epochs, kept], sort_keys=True)


class DuplicateFinder:
    """The first trial of each signature."""

    def __init__(self) -> None:
        self._trials: dict[str, int] = {}
        self.in_a_row = 0
        """How many of the latest proposals were duplicates."""

    def find(self, values: Mapping[str, Any], epochs: int | None = None) -> int | None:
        """The earlier trial that training ``values`` up to ``epochs`` would repeat."""
        return self._trials.get(signature(values, epochs))

    def add(self, proposal: Proposed) -> None:
        """Takes note of a proposal, also of a duplicate."""
        if proposal.duplicate_of is None:
            self._trials[signature(proposal.values, proposal.epochs)] = proposal.trial
            self.in_a_row = 0
        else:
            self.in_a_row += 1


def duplicate_end(original: Ended, *, trial: int, at: float) -> Ended:
    """The end of a duplicate, whose original ended with ``original``."""
    return original.model_copy(
        update={
            "trial": trial,
            "at": at,
            "attempt": None,
            "seconds": 0.0,
            "held_seconds": 0.0,
            "message": f"the same as trial {original.trial}, which was not trained again",
        }
    )
