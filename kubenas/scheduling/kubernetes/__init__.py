"""Attempts as Kubernetes Jobs.

Public modules: environment, names.
"""
