"""The Python files that a user's HyperModel is made of, and the data files that they read."""
