"""Simple models, which an evaluation compares the network with on the same test split.

Public modules: backbone_vectors, default_network, linear_model, majority_class, pixels,
pretrained_network, vectors. They are imported directly: a report does not load TensorFlow or
scikit-learn.
"""
