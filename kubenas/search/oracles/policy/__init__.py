"""A recurrent network that generates architectures, and how it learns."""

from kubenas.search.oracles.policy.learning import PolicyLearner, own_rewards
from kubenas.search.oracles.policy.network import Policy
from kubenas.search.oracles.policy.tokens import Decisions

__all__ = [
    "Decisions",
    "Policy",
    "PolicyLearner",
    "own_rewards",
]
