"""Commands for Kubeflow Pipelines: ``kubenas submit`` and ``kubenas schedule``."""
