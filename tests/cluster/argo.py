"""Argo's API in the cluster: Kubeflow's if it is installed, otherwise its CRD only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.images import run

_GROUP, _VERSION, _PLURAL = "argoproj.io", "v1alpha1", "workflowtaskresults"
_NAME = f"{_PLURAL}.{_GROUP}"
_SCHEMA = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": _NAME},
    "spec": {
        "group": _GROUP,
        "scope": "Namespaced",
        "names": {"kind": "WorkflowTaskResult", "plural": _PLURAL},
        "versions": [
            {
                "name": _VERSION,
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": _SCHEMA},
            }
        ],
    },
}


@contextmanager
def argo_api() -> Iterator[None]:
    """Makes the cluster serve WorkflowTaskResults while entered."""
    if run("kubectl", "get", "crd", _NAME, "--ignore-not-found"):
        yield
        return
    run("kubectl", "create", "-f", "-", stdin=json.dumps(_DEFINITION))
    run("kubectl", "wait", "--for=condition=Established", f"crd/{_NAME}", "--timeout=60s")
    try:
        yield
    finally:
        run("kubectl", "delete", "crd", _NAME)
