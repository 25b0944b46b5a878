"""The space ``residual``: stages of residual blocks."""
