"""The space ``mobile``: universal inverted bottlenecks, for images of 96 pixels and more."""
