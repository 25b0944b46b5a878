"""Results of queries about a cluster, and the permissions that a search needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Permission:
    """A permission in a namespace."""

    verb: str
    resource: str
    """Resource, with a slash before the subresource."""
    group: str = ""
    name: str = ""
    """Name of the object; empty for all objects."""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource} {self.name}".rstrip()

    def review(self, namespace: str) -> dict[str, Any]:
        """Returns the SelfSubjectAccessReview for this process's credentials."""
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": self._attributes(namespace)},
        }

    def review_for(self, account: str, namespace: str) -> dict[str, Any]:
        """Returns the LocalSubjectAccessReview for a service account in its own namespace."""
        everyone = "system:serviceaccounts"
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "LocalSubjectAccessReview",
            "metadata": {"namespace": namespace},
            "spec": {
                "resourceAttributes": self._attributes(namespace),
                "user": f"system:serviceaccount:{namespace}:{account}",
                "groups": [everyone, f"{everyone}:{namespace}", "system:authenticated"],
            },
        }

    def _attributes(self, namespace: str) -> dict[str, str]:
        resource, _, subresource = self.resource.partition("/")
        return {
            "namespace": namespace,
            "verb": self.verb,
            "group": self.group,
            "resource": resource,
            "subresource": subresource,
            "name": self.name,
        }


@dataclass(frozen=True)
class Node:
    """A node of the cluster."""

    name: str
    ready: bool
    allocatable: Mapping[str, str]
    """Quantities by resource, in Kubernetes' notation."""
    images: frozenset[str]
    """Names of images on the node. A node reports only some of its images."""


@dataclass(frozen=True)
class ClusterFacts:
    """A cluster, as these credentials see it."""

    server: str
    version: str
    namespace: str
    refused: frozenset[Permission]
    """Requested permissions that these credentials do not have."""
    nodes: tuple[Node, ...] | None
    """None if these credentials may not list nodes."""


@dataclass(frozen=True)
class KubeflowFacts:
    """Whether the steps of a pipeline can run in a namespace."""

    installed: bool
    """Whether Kubeflow Pipelines, or at least its Argo Workflows, is installed in the cluster."""
    namespace: str
    account: str | None = None
    """Service account of the steps' pods; None if the chart does not name one."""
    refused: frozenset[Permission] | None = None
    """Permissions that the account lacks; None if these credentials may not query them."""


DEFAULTS_CONFIG_MAP = "kubenas-defaults"
"""ConfigMap of the chart with the administrator's settings of a namespace."""

SEARCH_PERMISSIONS = (
    *(
        Permission(verb, resource, group)
        for group, resource, verbs in (
            ("batch", "jobs", ("create", "get", "list", "watch", "delete")),
            ("", "pods", ("get", "list", "watch", "delete")),
            ("coordination.k8s.io", "leases", ("create", "get", "update")),
            ("", "events", ("create", "list", "watch")),
        )
        for verb in verbs
    ),
    Permission("get", "configmaps", name=DEFAULTS_CONFIG_MAP),
)
"""Permissions that a search needs in its namespace."""
