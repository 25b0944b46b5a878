"""The search: oracles, the search loop and the journal."""

from kubenas.search.oracles import create_oracle

__all__ = ["create_oracle"]
