"""What a cluster allows and offers, asked without changing anything.

Public modules: cluster, facts, kubeflow.
"""
