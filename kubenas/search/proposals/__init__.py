"""Proposers: oracles and other sources of new trials."""

from kubenas.search.proposals.create import create_proposer, load_oracles
from kubenas.search.proposals.duplicates import (
    MAX_DUPLICATES_IN_A_ROW,
    DuplicateFinder,
    duplicate_end,
)
from kubenas.search.proposals.proposer import (
    EstimatedEnd,
    NoProposal,
    Proposal,
    Proposer,
    RevisableProposer,
)
from kubenas.search.proposals.random_baseline import RandomBaseline
from kubenas.search.proposals.size_limited import SizeLimitedProposer
from kubenas.search.proposals.sources import MultiSourceProposer, ProposalSource

__all__ = [
    "MAX_DUPLICATES_IN_A_ROW",
    "DuplicateFinder",
    "EstimatedEnd",
    "MultiSourceProposer",
    "NoProposal",
    "Proposal",
    "ProposalSource",
    "Proposer",
    "RandomBaseline",
    "RevisableProposer",
    "SizeLimitedProposer",
    "create_proposer",
    "duplicate_end",
    "load_oracles",
]
