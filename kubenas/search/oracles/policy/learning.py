"""How a policy learns from what became of architectures, as a function of the history alone.

Each architecture counts with its own reward. Most were written by an earlier policy than the one
that learns from them: the ratio of the odds, then and now, corrects for that, and beyond a bound
there is nothing more to gain (Schulman et al., Proximal Policy Optimization Algorithms, 2017).
The best of all times are made likelier besides (Oh et al., Self-Imitation Learning, ICML 2018), and
some doubt is kept.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kubenas.search.milestones import milestones
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History, standardised
from kubenas.search.oracles.policy.network import Policy
from kubenas.search.oracles.policy.tokens import Decisions, Tokens
from kubenas.search.oracles.surrogate import Adam, Reals
from kubenas.search.seeds import derived_seed

_RECENT = 64
"""Trials, the latest, whose rewards count at a milestone."""
_ELITES = 10
_BOUND = 0.2
"""On how much likelier or less likely a milestone makes what it has a reward for."""
_IMITATION = 0.5
_DOUBT = 0.1
"""Weight of the entropy of a decision."""
_RATE = 0.01
_DECISIONS = 400
"""Steps at a milestone, times dimensions: it bounds the time."""
_FEWEST_STEPS = 8


class PolicyLearner:
    """The policies of a search, one a milestone.

    Args:
        decisions: what they decide.
        seed: of where the first one starts.
    """

    def __init__(self, decisions: Decisions, seed: int) -> None:
        self._decisions = decisions
        rng = np.random.default_rng(derived_seed("policy", seed))
        self._policies = {0: Policy.fresh(decisions, rng)}
        self._anew = False

    def forget(self) -> None:
        """Rewards are others than before, and will be again: each time, learning begins anew."""
        self._policies, self._anew = {0: self._policies[0]}, True

    def after(self, history: History, writers: NDArray[np.intp]) -> Policy:
        """The policy of the last milestone of ``history``.

        Args:
            history: at least as long as at any earlier call.
            writers: ``(ended,)``: the milestone whose policy wrote each trial.
        """
        done = max(self._policies)
        counts = list(milestones(done, len(history.points)))
        if self._anew:
            counts, writers = counts[-1:], np.zeros_like(writers)
        for count in counts:
            until = History(history.points[:count], history.scores[:count], history.pending[:0])
            self._policies[count] = self._learned(self._policies[done], until, writers[:count])
            done = count
        return self._policies[done]

    def _learned(self, policy: Policy, history: History, writers: NDArray[np.intp]) -> Policy:
        rewards = own_rewards(history.scores)
        recent = self._decisions.tokens(history.points[-_RECENT:])
        elites = self._decisions.tokens(history.best(_ELITES))
        then = self._log_odds_then(recent, writers[-_RECENT:])
        imitation = np.full(len(elites), -_IMITATION / max(1, len(elites)))

        def by_log_odds(log_odds: Reals) -> Reals:
            own = clipped_gradient(log_odds[: len(recent)], then, rewards[-_RECENT:])
            return np.concatenate([own, imitation])

        steps = max(_FEWEST_STEPS, _DECISIONS // max(1, len(self._decisions)))
        return learned(policy, np.concatenate([recent, elites]), by_log_odds, steps=steps)

    def _log_odds_then(self, tokens: Tokens, writers: NDArray[np.intp]) -> Floats:
        found = np.zeros(len(tokens))
        for writer in np.unique(writers):
            rows = writers == writer
            found[rows] = self._policies[int(writer)].read(tokens[rows]).log_odds
        return found


def learned(
    policy: Policy, tokens: Tokens, by_log_odds: Callable[[Reals], Reals], *, steps: int
) -> Policy:
    """``policy`` after some steps on ``tokens``.

    Args:
        by_log_odds: the derivatives of the loss by log odds, given these.
    """
    changed = Policy(policy.decisions, policy.weights.clone())
    optimizer = Adam(changed.weights)
    active = max(1.0, float((tokens >= 0).sum(axis=1).mean()))
    for _ in range(steps):
        reading = changed.read(tokens)
        doubt = -_DOUBT / (len(tokens) * active)
        optimizer.step(changed.gradient(reading, by_log_odds(reading.log_odds), doubt), _RATE)
    return changed


def clipped_gradient(log_odds: Reals, then: Reals, rewards: Reals) -> Floats:
    """Derivatives by ``log_odds`` of the clipped surrogate loss, ``(architectures,)``."""
    ratio = np.exp(np.minimum(log_odds - then, 5.0))
    spent = np.where(rewards > 0, ratio > 1.0 + _BOUND, ratio < 1.0 - _BOUND)
    return np.where(spent, 0.0, -ratio * rewards) / len(rewards)


def own_rewards(scores: Floats) -> Floats:
    """Standardised scores, the worst clipped; what is infeasible gets the least."""
    known = ~np.isnan(scores)
    rewards = np.zeros(len(scores))
    if known.any():
        rewards[known] = standardised(scores[known])
        rewards[~known] = min(-1.0, rewards[known].min())
    return rewards
