"""One InferenceService on the API server: read, made, changed, removed. Each may be repeated."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from kubenas.errors import KubenasError
from kubenas.scheduling.kubernetes.access.facts import Permission
from kubenas.scheduling.kubernetes.client.api import Api, ApiAway, ApiRefused
from kubenas.serving.kserve.inference_service import GROUP, RESOURCE, VERSION, ServiceName
from kubenas.serving.kserve.service_state import matches, replacement_manifest

PERMISSIONS = tuple(
    Permission(verb, RESOURCE, GROUP) for verb in ("get", "create", "update", "delete")
)
"""What a handover does in the namespace of the service."""

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AWAY_SECONDS = 60.0
"""That the API server may be away."""
_PAUSE = 1.0
_BUSY_SECONDS = 60.0
"""That a change may be refused: KServe writes the same object, or it is being deleted."""


class ServiceConflict(KubenasError):
    """The service is changed by others all the time."""


class InferenceServiceObject:
    """The service of this name. Every method may raise ApiRefused, and ApiAway after a minute."""

    def __init__(self, api: Api, service: ServiceName) -> None:
        self._api = api
        self._service = service
        self._all = f"/apis/{GROUP}/{VERSION}/namespaces/{service.namespace}/{RESOURCE}"
        self._own = f"{self._all}/{service.name}"

    def kserve_installed(self) -> bool:
        """Whether the cluster knows InferenceServices at all."""
        listed = self._optional(f"/apis/{GROUP}/{VERSION}")
        return any(each["name"] == RESOURCE for each in (listed or {}).get("resources", ()))

    def missing_permissions(self) -> tuple[Permission, ...]:
        """What of ``PERMISSIONS`` may not be done."""
        return tuple(each for each in PERMISSIONS if not self._may(each))

    def read(self) -> dict[str, Any] | None:
        """The service; None if there is none."""
        return self._optional(self._own)

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """Makes it ``wanted``, unless it is already.

        Raises:
            ServiceConflict: someone else changed it each time.
        """
        until = time.monotonic() + _BUSY_SECONDS
        while not self._try_apply(wanted):
            if time.monotonic() > until:
                raise ServiceConflict(
                    f"{self._service}: others change it all the time; run this again"
                )
            time.sleep(_PAUSE)

    def delete(self) -> None:
        """Deletes it; one that is gone is no error."""
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
            if error.status not in {404, 409}:  # made, changed or removed meanwhile
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
            except ApiAway as error:
                if time.monotonic() > until:
                    raise
                time.sleep(max(_PAUSE, min(error.retry_after, _AWAY_SECONDS)))
