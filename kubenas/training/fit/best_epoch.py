"""Which epoch is the best so far, and whether to go on looking for a better one."""

import math
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch of a training, kept across attempts."""

    direction: Literal["max", "min"]
    epoch: int | None = None
    """Counted from 0; None before the first."""
    score: float | None = None
    waited: int = 0
    """Epochs since the best one."""

    def observe(self, epoch: int, score: float) -> "BestEpoch":
        """After ``epoch`` ended with ``score``. Of equal scores the earlier is the best.

        Raises:
            ValueError: the score is not a number.
        """
        if math.isnan(score):
            raise ValueError(f"epoch {epoch} has no score to compare")
        if self.score is None or self._better(score, self.score):
            return replace(self, epoch=epoch, score=score, waited=0)
        return replace(self, waited=self.waited + 1)

    def exhausted(self, patience: int) -> bool:
        """Whether ``patience`` epochs in a row brought nothing better; never with patience 0."""
        return 0 < patience <= self.waited

    def _better(self, score: float, than: float) -> bool:
        return score > than if self.direction == "max" else score < than
