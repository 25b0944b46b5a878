"""Queries of a cluster's version, permissions and nodes. Changes nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from kubernetes import client

from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.access.facts import ClusterFacts, Node, Permission
from kubenas.scheduling.kubernetes.client.connection import connect

TIMEOUT = (5, 20)
"""Timeouts in seconds: to connect and to receive an answer."""


def query_cluster(permissions: Iterable[Permission], namespace: str | None = None) -> ClusterFacts:
    """Queries the configured cluster.

    Args:
        permissions: permissions that a search needs in the namespace.
        namespace: overrides the namespace of the configuration.

    Raises:
        UserError: the configuration is invalid, or the cluster cannot be reached.
    """
    connection = connect(namespace)
    api, namespace, server = connection.client, connection.namespace, connection.server
    with translate_errors(server):
        check_namespace(api, namespace)
        return ClusterFacts(
            server=server,
            version=client.VersionApi(api).get_code(_request_timeout=TIMEOUT).git_version,
            namespace=namespace,
            refused=frozenset(each for each in permissions if not is_allowed(api, namespace, each)),
            nodes=_nodes(api),
        )


@contextmanager
def translate_errors(server: str) -> Iterator[None]:
    """Translates errors of the Kubernetes client to messages that say what to do.

    Raises:
        UserError: the cluster ``server`` rejected a request or did not answer.
    """
    try:
        yield
    except client.ApiException as error:
        raise UserError(
            f"{server}: the cluster rejected the request: {error.status} {error.reason}; log in"
            " again, or check KUBECONFIG"
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise UserError(
            f"{server}: the cluster does not answer; start it, check the network, or correct"
            " KUBECONFIG"
        ) from error


def check_namespace(api: Any, namespace: str) -> None:
    """Checks that a namespace exists; assumes so if these credentials may not read it.

    Raises:
        UserError: the namespace does not exist.
    """
    try:
        client.CoreV1Api(api).read_namespace(namespace, _request_timeout=TIMEOUT)
    except client.ApiException as error:
        if error.status == 404:
            raise UserError(
                f"namespace {namespace} does not exist; choose another one with --namespace, or"
                f" create it with 'kubectl create namespace {namespace}'"
            ) from error
        if error.status != 403:
            raise


def is_allowed(api: Any, namespace: str, permission: Permission) -> bool:
    """Returns whether these credentials have a permission."""
    answer = client.AuthorizationV1Api(api).create_self_subject_access_review(
        permission.review(namespace), _request_timeout=TIMEOUT
    )
    return bool(answer.status.allowed)


def _nodes(api: Any) -> tuple[Node, ...] | None:
    try:
        listed = client.CoreV1Api(api).list_node(_request_timeout=TIMEOUT).items
    except client.ApiException as error:
        if error.status == 403:
            return None
        raise
    return tuple(_node(item) for item in listed)


def _node(item: Any) -> Node:
    ready = any(each.type == "Ready" and each.status == "True" for each in item.status.conditions)
    names = (name for image in item.status.images or () for name in image.names or ())
    return Node(
        name=item.metadata.name,
        ready=ready and not item.spec.unschedulable,
        allocatable=dict(item.status.allocatable or {}),
        images=frozenset(names),
    )
