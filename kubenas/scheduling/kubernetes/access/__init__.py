"""Read-only queries about a cluster's permissions, nodes and Kubeflow installation.

Public modules: cluster, facts, kubeflow.
"""
