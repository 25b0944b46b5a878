"""The space ``residual``: stages of residual blocks, and how the network is trained."""
