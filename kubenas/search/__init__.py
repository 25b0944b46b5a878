"""Neural architecture search: oracles, the search loop and its journal."""

from kubenas.search.oracles import create_oracle

__all__ = ["create_oracle"]
