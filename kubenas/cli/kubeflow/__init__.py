"""Kubeflow Pipelines on the command line: ``kubenas submit`` and ``kubenas schedule``."""
