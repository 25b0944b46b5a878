"""Search spaces: what may be built."""
