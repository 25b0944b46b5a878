"""Asks a cluster what may be done there and with what. Changes nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from kubernetes import client

from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.access.facts import ClusterFacts, Node, Permission
from kubenas.scheduling.kubernetes.client.connection import connect

TIMEOUT = (5, 20)
"""Seconds to connect, and to answer."""


def query_cluster(permissions: Iterable[Permission], namespace: str | None = None) -> ClusterFacts:
    """Asks the configured cluster.

    Args:
        permissions: what is to be done in the namespace.
        namespace: in place of the one that the configuration names.

    Raises:
        UserError: the configuration is not sound, or the cluster cannot be reached.
    """
    connection = connect(namespace)
    api, namespace, server = connection.client, connection.namespace, connection.server
    with translate_errors(server):
        check_namespace(api, namespace)
        return ClusterFacts(
            server=server,
            version=client.VersionApi(api).get_code(_request_timeout=TIMEOUT).git_version,
            namespace=namespace,
            refused=frozenset(each for each in permissions if not may(api, namespace, each)),
            nodes=_nodes(api),
        )


@contextmanager
def translate_errors(server: str) -> Iterator[None]:
    """Raises a refusal and silence of ``server`` as what is to be done about each.

    Raises:
        UserError: one of them.
    """
    try:
        yield
    except client.ApiException as error:
        raise UserError(
            f"{server}: the cluster refuses: {error.status} {error.reason}; log in anew, or check"
            " KUBECONFIG"
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise UserError(
            f"{server}: the cluster does not answer; start it, check the network, or correct"
            " KUBECONFIG"
        ) from error


def check_namespace(api: Any, namespace: str) -> None:
    """Refuses a namespace that does not exist; who may not look takes it for granted.

    Raises:
        UserError: it does not exist.
    """
    try:
        client.CoreV1Api(api).read_namespace(namespace, _request_timeout=TIMEOUT)
    except client.ApiException as error:
        if error.status == 404:
            raise UserError(
                f"there is no namespace {namespace}; give another --namespace, or create it with"
                f" 'kubectl create namespace {namespace}'"
            ) from error
        if error.status != 403:
            raise


def may(api: Any, namespace: str, permission: Permission) -> bool:
    """Whether these credentials are allowed something."""
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
