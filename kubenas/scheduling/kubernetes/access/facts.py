"""What a cluster says about itself, as far as running a search on it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Permission:
    """Something that may be done in a namespace."""

    verb: str
    resource: str
    """With a slash before a subresource."""
    group: str = ""
    name: str = ""
    """Of the one object that it is about; empty: any."""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource} {self.name}".rstrip()

    def review(self, namespace: str) -> dict[str, Any]:
        """The SelfSubjectAccessReview that asks whether we may, in ``namespace``."""
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": self._attributes(namespace)},
        }

    def review_for(self, account: str, namespace: str) -> dict[str, Any]:
        """The LocalSubjectAccessReview that asks whether a service account may, in its own."""
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
    """Quantities by resource, as Kubernetes writes them."""
    images: frozenset[str]
    """Names of images that are there; a node tells of some only."""


@dataclass(frozen=True)
class ClusterFacts:
    """One cluster, seen with one set of credentials."""

    server: str
    version: str
    namespace: str
    refused: frozenset[Permission]
    """Of what was asked for, what may not be done."""
    nodes: tuple[Node, ...] | None
    """None: they may not be listed."""


@dataclass(frozen=True)
class KubeflowFacts:
    """Whether the steps of a pipeline can run in a namespace."""

    installed: bool
    """Whether Kubeflow Pipelines, or at least its Argo, is in the cluster."""
    namespace: str
    account: str | None = None
    """Whose pods the steps are; None: the namespace does not say."""
    refused: frozenset[Permission] | None = None
    """Of what the account needs, what it may not do; None: nobody told."""


DEFAULTS_CONFIG_MAP = "kubenas-defaults"
"""ConfigMap of the chart: what an administrator says of a namespace."""

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
"""What the search does in its namespace."""
