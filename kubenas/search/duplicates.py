"""The same network trained for the same time is the same trial: it is not trained again."""

import json
from collections.abc import Mapping
from typing import Any

from kubenas.search.records import Ended, Proposed

IN_A_ROW = 20
"""Duplicates in a row after which a space counts as exhausted."""

_BOOKKEEPING = frozenset({"tuner/trial_id", "tuner/bracket", "tuner/round"})
"""Hyperband's notes to itself; the epochs, which decide what is trained, are not among them."""


def signature(values: Mapping[str, Any]) -> str:
    """Equal for values that train the same network in the same way."""
    kept = {name: value for name, value in values.items() if name not in _BOOKKEEPING}
    return json.dumps(kept, sort_keys=True)


class Originals:
    """The first trial of each signature."""

    def __init__(self) -> None:
        self._trials: dict[str, int] = {}
        self.in_a_row = 0
        """How many of the latest proposals were duplicates."""

    def find(self, values: Mapping[str, Any]) -> int | None:
        """The earlier trial that ``values`` repeat."""
        return self._trials.get(signature(values))

    def add(self, proposal: Proposed) -> None:
        """Takes note of a proposal, also of a duplicate."""
        if proposal.duplicate_of is None:
            self._trials[signature(proposal.values)] = proposal.trial
            self.in_a_row = 0
        else:
            self.in_a_row += 1


def end_like(original: Ended, *, trial: int, at: float) -> Ended:
    """The end of a duplicate, whose original ended with ``original``."""
    return original.model_copy(
        update={
            "trial": trial,
            "at": at,
            "attempt": None,
            "seconds": 0.0,
            "message": f"the same as trial {original.trial}, which was not trained again",
        }
    )
