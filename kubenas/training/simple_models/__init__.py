"""Simple models, which an evaluation compares the network with on the same test split.

Public modules: default_network, linear_model, majority_class, pixels. They are imported directly:
a report does not load TensorFlow or scikit-learn.
"""
