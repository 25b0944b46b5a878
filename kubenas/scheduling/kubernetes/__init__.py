"""A runner that starts attempts as Kubernetes Jobs.

Public modules: environment, names.
"""
