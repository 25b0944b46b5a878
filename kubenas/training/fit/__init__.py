"""Model fitting: training callback, checkpoints, history and score."""
