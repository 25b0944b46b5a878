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

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"

    def review(self, namespace: str) -> dict[str, Any]:
        """The SelfSubjectAccessReview that asks whether we may, in ``namespace``."""
        resource, _, subresource = self.resource.partition("/")
        attributes = {
            "namespace": namespace,
            "verb": self.verb,
            "group": self.group,
            "resource": resource,
            "subresource": subresource,
        }
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
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


NEEDED = tuple(
    Permission(verb, resource, group)
    for group, resource, verbs in (
        ("batch", "jobs", ("create", "get", "list", "watch", "delete")),
        ("", "pods", ("get", "list", "watch", "delete")),
        ("", "pods/log", ("get",)),
        ("coordination.k8s.io", "leases", ("create", "get", "update")),
        ("", "events", ("create", "list", "watch")),
    )
    for verb in verbs
)
"""What the search does in its namespace."""
