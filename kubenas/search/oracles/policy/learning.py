"""Training of a policy on the rewards of architectures, as a function of the history alone.

Most architectures were sampled by an earlier policy than the one that is trained. The clipped
ratio of the two probabilities corrects for that (Schulman et al., Proximal Policy Optimization
Algorithms, 2017). The loss also imitates the best architectures (Oh et al., Self-Imitation
Learning, ICML 2018) and rewards entropy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kubenas.search.milestones import milestones
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History, standardise
from kubenas.search.oracles.policy.network import Policy
from kubenas.search.oracles.policy.tokenizer import Tokenizer, Tokens
from kubenas.search.oracles.surrogate import Adam, Reals
from kubenas.search.seeds import derived_seed

_RECENT = 64
"""Latest trials whose rewards are used at a milestone."""
_ELITES = 10
"""Best trials that are imitated."""
_CLIP = 0.2
"""Bound on the relative change of an architecture's probability at a milestone."""
_IMITATION_WEIGHT = 0.5
_ENTROPY_WEIGHT = 0.1
"""Weight of the mean entropy of a choice."""
_LEARNING_RATE = 0.01
_STEP_BUDGET = 400
"""Gradient steps at a milestone, times dimensions. It bounds the time."""
_MIN_STEPS = 8


class PolicyLearner:
    """Trains the policies of a search, one per milestone.

    Args:
        tokenizer: tokenizer of the space.
        seed: seed of the initial weights.
    """

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        self._tokenizer = tokenizer
        rng = np.random.default_rng(derived_seed("policy", seed))
        self._policies = {0: Policy.initialise(tokenizer, rng)}
        self._from_scratch = False

    def reset(self) -> None:
        """Discards the trained policies. From now on, training starts from the initial weights.

        Called when rewards change, which then happens at each proposal.
        """
        self._policies, self._from_scratch = {0: self._policies[0]}, True

    def learn(self, history: History, sampled_by: NDArray[np.intp]) -> Policy:
        """Trains up to the last milestone of ``history`` and returns that policy.

        Args:
            history: the history, at least as long as in earlier calls.
            sampled_by: ``(ended,)``: the milestone of the policy that sampled each trial.
        """
        done = max(self._policies)
        counts = list(milestones(done, len(history.points)))
        if self._from_scratch:
            counts, sampled_by = counts[-1:], np.zeros_like(sampled_by)
        for count in counts:
            until = History(history.points[:count], history.scores[:count], history.pending[:0])
            self._policies[count] = self._train(self._policies[done], until, sampled_by[:count])
            done = count
        return self._policies[done]

    def _train(self, policy: Policy, history: History, sampled_by: NDArray[np.intp]) -> Policy:
        rewards = compute_rewards(history.scores)
        recent = self._tokenizer.tokens(history.points[-_RECENT:])
        elites = self._tokenizer.tokens(history.best(_ELITES))
        when_sampled = self._log_probabilities_when_sampled(recent, sampled_by[-_RECENT:])
        imitation = np.full(len(elites), -_IMITATION_WEIGHT / max(1, len(elites)))

        def grad_log_probabilities(log_probabilities: Reals) -> Reals:
            own = clipped_gradient(
                log_probabilities[: len(recent)], when_sampled, rewards[-_RECENT:]
            )
            return np.concatenate([own, imitation])

        steps = max(_MIN_STEPS, _STEP_BUDGET // max(1, len(self._tokenizer)))
        return train_policy(
            policy, np.concatenate([recent, elites]), grad_log_probabilities, steps=steps
        )

    def _log_probabilities_when_sampled(
        self, tokens: Tokens, sampled_by: NDArray[np.intp]
    ) -> Floats:
        found = np.zeros(len(tokens))
        for milestone in np.unique(sampled_by):
            rows = sampled_by == milestone
            found[rows] = self._policies[int(milestone)].forward(tokens[rows]).log_probabilities
        return found


def train_policy(
    policy: Policy, tokens: Tokens, grad_log_probabilities: Callable[[Reals], Reals], *, steps: int
) -> Policy:
    """Returns a copy of ``policy``, trained for ``steps`` gradient steps on ``tokens``.

    Args:
        grad_log_probabilities: function that returns the gradient of the loss with respect to
            the log probabilities.
    """
    changed = Policy(policy.tokenizer, policy.weights.clone())
    optimizer = Adam(changed.weights)
    active = max(1.0, float((tokens >= 0).sum(axis=1).mean()))
    for _ in range(steps):
        forward_pass = changed.forward(tokens)
        entropy_weight = -_ENTROPY_WEIGHT / (len(tokens) * active)
        optimizer.step(
            changed.gradient(
                forward_pass, grad_log_probabilities(forward_pass.log_probabilities), entropy_weight
            ),
            _LEARNING_RATE,
        )
    return changed


def clipped_gradient(log_probabilities: Reals, when_sampled: Reals, rewards: Reals) -> Floats:
    """Returns the gradient of PPO's clipped loss w.r.t. the log probabilities, ``(n,)``.

    Args:
        log_probabilities: ``(n,)``, by the policy that is trained.
        when_sampled: ``(n,)``, by the policies that sampled the architectures.
        rewards: ``(n,)``.
    """
    ratio = np.exp(np.minimum(log_probabilities - when_sampled, 5.0))
    spent = np.where(rewards > 0, ratio > 1.0 + _CLIP, ratio < 1.0 - _CLIP)
    return np.where(spent, 0.0, -ratio * rewards) / len(rewards)


def compute_rewards(scores: Floats) -> Floats:
    """Returns standardised scores, the worst ones clipped. Infeasible trials get the minimum."""
    known = ~np.isnan(scores)
    rewards = np.zeros(len(scores))
    if known.any():
        rewards[known] = standardise(scores[known])
        rewards[~known] = min(-1.0, rewards[known].min())
    return rewards
