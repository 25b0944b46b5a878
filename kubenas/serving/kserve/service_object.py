"""Idempotent operations on an InferenceService on the API server."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from kubenas.errors import KubenasError
from kubenas.scheduling.kubernetes.access.facts import Permission
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.serving.kserve.inference_service import GROUP, RESOURCE, VERSION, ServiceName
from kubenas.serving.kserve.service_state import matches, replacement_manifest

PERMISSIONS = tuple(
    Permission(verb, RESOURCE, GROUP) for verb in ("get", "create", "update", "delete")
)
"""Permissions that a rollout needs in the namespace of the service."""

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AWAY_SECONDS = 60.0
"""Time limit for an unavailable API server."""
_PAUSE = 1.0
_BUSY_SECONDS = 60.0
"""Time limit for conflicts: KServe writes the same object, or the object is being deleted."""


class ServiceConflict(KubenasError):
    """Other clients kept changing the service."""


class InferenceServiceObject:
    """An InferenceService. All methods may raise ApiRefused, and ApiUnavailable after a minute."""

    def __init__(self, api: Api, service: ServiceName) -> None:
        self._api = api
        self._service = service
        self._all = f"/apis/{GROUP}/{VERSION}/namespaces/{service.namespace}/{RESOURCE}"
        self._own = f"{self._all}/{service.name}"

    def kserve_installed(self) -> bool:
        """Whether the cluster has the InferenceService resource."""
        listed = self._optional(f"/apis/{GROUP}/{VERSION}")
        return any(each["name"] == RESOURCE for each in (listed or {}).get("resources", ()))

    def missing_permissions(self) -> tuple[Permission, ...]:
        """Returns the required permissions that this account does not have."""
        return tuple(each for each in PERMISSIONS if not self._may(each))

    def read(self) -> dict[str, Any] | None:
        """Returns the service; None if it does not exist."""
        return self._optional(self._own)

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """Creates or replaces the service unless it matches ``wanted``.

        Raises:
            ServiceConflict: Other clients changed the service during each try.
        """
        until = time.monotonic() + _BUSY_SECONDS
        while not self._try_apply(wanted):
            if time.monotonic() > until:
                raise ServiceConflict(
                    f"{self._service}: other clients keep changing it; run the same command again"
                )
            time.sleep(_PAUSE)

    def delete(self) -> None:
        """Deletes the service if it exists."""
        try:
            self._with_retries(lambda: self._api.call("DELETE", self._own))
        except ApiRefused as error:
            if error.status != 404:
                raise

    def _try_apply(self, wanted: Mapping[str, Any]) -> bool:
        found = self.read()
        if found is not None and "deletionTimestamp" in found["metadata"]:
            return False
        if found is not None and matches(found, wanted):
            return True
        try:
            self._change(found, wanted)
        except ApiRefused as error:
            if error.status not in {404, 409}:  # created, changed or deleted concurrently
                raise
            return False
        return True

    def _change(self, found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> None:
        if found is None:
            self._with_retries(lambda: self._api.call("POST", self._all, body=wanted))
        else:
            body = replacement_manifest(found, wanted)
            self._with_retries(lambda: self._api.call("PUT", self._own, body=body))

    def _may(self, permission: Permission) -> bool:
        body = permission.review(self._service.namespace)
        review = self._with_retries(lambda: self._api.call("POST", _REVIEWS, body=body))
        return bool(review["status"]["allowed"])

    def _optional(self, path: str) -> dict[str, Any] | None:
        try:
            return self._with_retries(lambda: self._api.call("GET", path))
        except ApiRefused as error:
            if error.status == 404:
                return None
            raise

    @staticmethod
    def _with_retries(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        until = time.monotonic() + _AWAY_SECONDS
        while True:
            try:
                return call()
            except ApiUnavailable as error:
                if time.monotonic() > until:
                    raise
                time.sleep(max(_PAUSE, min(error.retry_after, _AWAY_SECONDS)))
