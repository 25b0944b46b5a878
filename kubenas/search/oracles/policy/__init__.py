"""A recurrent policy network that samples architectures, and its training."""

from kubenas.search.oracles.policy.learning import PolicyLearner, compute_rewards
from kubenas.search.oracles.policy.network import Policy
from kubenas.search.oracles.policy.tokenizer import Tokenizer

__all__ = [
    "Policy",
    "PolicyLearner",
    "Tokenizer",
    "compute_rewards",
]
