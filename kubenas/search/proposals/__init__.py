"""Who proposes the next trial."""

from kubenas.search.proposals.create import create_proposer, load_oracles
from kubenas.search.proposals.duplicates import IN_A_ROW, Originals, end_like
from kubenas.search.proposals.proposer import NoProposal, Proposal, Proposer, Revisable
from kubenas.search.proposals.random_baseline import BaselineDraws
from kubenas.search.proposals.sources import Director, Source

__all__ = [
    "IN_A_ROW",
    "BaselineDraws",
    "Director",
    "NoProposal",
    "Originals",
    "Proposal",
    "Proposer",
    "Revisable",
    "Source",
    "create_proposer",
    "end_like",
    "load_oracles",
]
