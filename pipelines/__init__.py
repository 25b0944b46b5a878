"""The Kubeflow pipeline."""
