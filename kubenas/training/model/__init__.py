"""A Keras model: built from hyperparameters, measured, exported and rebuilt."""
