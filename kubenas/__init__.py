"""kubenas: neural architecture search on Kubeflow."""

__version__ = "0.1.0"
