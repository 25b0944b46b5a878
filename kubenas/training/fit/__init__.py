"""Fitting a model: the training loop, checkpoints, history and score."""
