"""The best epoch of a training, and early stopping."""

import math
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch of a training over all attempts."""

    direction: Literal["max", "min"]
    epoch: int | None = None
    """Counted from 0. None before the first epoch has ended."""
    score: float | None = None
    waited: int = 0
    """Epochs since the best one."""

    def observe(self, epoch: int, score: float) -> "BestEpoch":
        """Returns the best epoch after ``epoch`` ended with ``score``. Ties keep the earlier epoch.

        Raises:
            ValueError: the score is NaN.
        """
        if math.isnan(score):
            raise ValueError(f"epoch {epoch}: the score is NaN")
        if self.score is None or self._better(score, self.score):
            return replace(self, epoch=epoch, score=score, waited=0)
        return replace(self, waited=self.waited + 1)

    def exhausted(self, patience: int) -> bool:
        """Whether the last ``patience`` epochs did not improve the score. False for patience 0."""
        return 0 < patience <= self.waited

    def _better(self, score: float, than: float) -> bool:
        return score > than if self.direction == "max" else score < than
