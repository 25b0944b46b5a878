"""Queries whether Kubeflow can run the steps of a pipeline in a namespace. Changes nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes import client

from kubenas.scheduling.kubernetes.access.cluster import TIMEOUT, is_allowed, translate_errors
from kubenas.scheduling.kubernetes.access.facts import (
    DEFAULTS_CONFIG_MAP,
    SEARCH_PERMISSIONS,
    KubeflowFacts,
    Permission,
)
from kubenas.scheduling.kubernetes.access.kubeflow_permissions import (
    KubeflowSteps,
    parse_kubeflow_steps,
)
from kubenas.scheduling.kubernetes.client.connection import Connection, connect

_ARGO = ("argoproj.io", "v1alpha1", "workflowtaskresults")


def query_kubeflow(namespace: str | None = None) -> KubeflowFacts:
    """Queries the permissions of the service account that the namespace's chart names.

    In a pod of the namespace, queries the pod's own account. Elsewhere, uses a
    LocalSubjectAccessReview, which needs a permission of its own.

    Args:
        namespace: overrides the namespace of the configuration.

    Raises:
        UserError: the configuration is invalid, or the cluster cannot be reached.
    """
    connection = connect(namespace)
    with translate_errors(connection.server):
        installed = _serves_argo(connection.client)
        steps = parse_kubeflow_steps(_defaults(connection)) if installed else None
        if steps is None:
            return KubeflowFacts(installed, connection.namespace)
        refused = _refused(connection, steps)
        return KubeflowFacts(installed, connection.namespace, steps.account, refused)


def _serves_argo(api: Any) -> bool:
    group, version, resource = _ARGO
    try:
        listed = client.CustomObjectsApi(api).get_api_resources(
            group, version, _request_timeout=TIMEOUT
        )
    except client.ApiException as error:
        if error.status == 404:
            return False
        raise
    return any(each.name == resource for each in listed.resources)


def _defaults(connection: Connection) -> Mapping[str, str]:
    try:
        found = client.CoreV1Api(connection.client).read_namespaced_config_map(
            DEFAULTS_CONFIG_MAP, connection.namespace, _request_timeout=TIMEOUT
        )
    except client.ApiException as error:
        if error.status in {403, 404}:
            return {}
        raise
    return found.data or {}


def _refused(connection: Connection, steps: KubeflowSteps) -> frozenset[Permission] | None:
    api, namespace = connection.client, connection.namespace
    if connection.in_pod:
        return frozenset(
            each for each in steps.required_permissions() if not is_allowed(api, namespace, each)
        )
    try:
        return _refused_to(
            api, steps.account, namespace, (*SEARCH_PERMISSIONS, *steps.required_permissions())
        )
    except client.ApiException as error:
        if error.status == 403:
            return None
        raise


def _refused_to(
    api: Any, account: str, namespace: str, permissions: Iterable[Permission]
) -> frozenset[Permission]:
    ask = client.AuthorizationV1Api(api).create_namespaced_local_subject_access_review
    answers = {
        each: ask(namespace, each.review_for(account, namespace), _request_timeout=TIMEOUT)
        for each in permissions
    }
    return frozenset(each for each, answer in answers.items() if not answer.status.allowed)
