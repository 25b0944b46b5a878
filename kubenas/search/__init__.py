"""What to try next: oracles, the loop around them, and its journal."""

from kubenas.search.oracles import create_oracle

__all__ = ["create_oracle"]
