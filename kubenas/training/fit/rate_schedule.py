"""Learning rate schedules, as factors of the optimiser's own rate. Pure functions.

``cosine`` suits a training whose length is known (Loshchilov and Hutter, SGDR, ICLR 2017). ``wsd``
(warm-up, stable, decay) suits a training that may be continued: the rate is constant and decays at
the end. A longer training continues from the state before the decay (Hägele et al., Scaling Laws
and Compute-Optimal Training Beyond Fixed Training Durations, NeurIPS 2024).
"""

import math
from dataclasses import dataclass, replace

from kubenas.trial import RateScheduleName, TrainingPlan

_DECAY_SHARE = 1 / 3
"""Share of the epochs in which the rate of ``wsd`` decays."""
_WARMUP_EPOCHS = 1.0
_LARGEST_WARMUP_SHARE = 0.1
_REPLAN_MARGIN = 0.95
"""Share of the remaining time that planned epochs may take."""


@dataclass(frozen=True)
class RateSchedule:
    """A schedule for a training of ``epochs`` epochs."""

    name: RateScheduleName
    epochs: int

    @classmethod
    def of(cls, plan: TrainingPlan) -> "RateSchedule":
        """Returns the schedule of a training with enough time."""
        return cls(plan.schedule, plan.epochs)

    @property
    def decay_start(self) -> int:
        """The first epoch of the decay. Equal to ``epochs`` if only whole trainings decay."""
        if self.name != "wsd":
            return self.epochs
        return self.epochs - max(1, round(_DECAY_SHARE * self.epochs))

    def factor(self, position: float) -> float:
        """Returns the factor of the learning rate after ``position`` epochs, from 0 to 1."""
        warmup = min(_WARMUP_EPOCHS, _LARGEST_WARMUP_SHARE * self.epochs)
        if self.name == "none":
            return 1.0
        if position < warmup:
            return position / warmup
        if self.name == "cosine":
            done = (position - warmup) / (self.epochs - warmup)
            return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        left = (self.epochs - position) / (self.epochs - self.decay_start)
        return max(0.0, min(1.0, left))

    def within(
        self, seconds: float, *, done: int, epoch_seconds: float, fewest: int
    ) -> "RateSchedule":
        """Returns the schedule of a training that ends within ``seconds`` after ``done`` epochs.

        A schedule that fits is returned unchanged. At least ``fewest`` more epochs are planned.
        """
        affordable = int(_REPLAN_MARGIN * max(0.0, seconds) / max(epoch_seconds, 1e-9))
        return replace(self, epochs=min(self.epochs, done + max(fewest, affordable)))
