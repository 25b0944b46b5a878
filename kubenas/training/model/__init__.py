"""Keras models: building from hyperparameters, cost measurement, export and rebuild."""
