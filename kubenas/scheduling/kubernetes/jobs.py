"""Requests that create and delete Jobs and pods."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.scheduling.kubernetes.names import PREFIX, SPEC_HASH
from kubenas.scheduling.kubernetes.status import Waiting, classify_refusal
from kubenas.scheduling.kubernetes.views import PodView

_BEING_REMOVED = Waiting("an earlier Job of the same name is being deleted")


@dataclass(frozen=True)
class Created:
    """The Job exists: created now or before."""


@dataclass(frozen=True)
class Deferred:
    """The Job could not be created now; retry later."""

    waiting: Waiting
    retry_after: float = 0.0
    """Minimum seconds to wait, from the server's answer."""


@dataclass(frozen=True)
class Rejected:
    """The Job cannot be created."""

    message: str


Creation = Created | Deferred | Rejected


class Jobs:
    """The Jobs and pods of a namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.pods_path = f"/api/v1/namespaces/{namespace}/pods"
        self._events_path = f"/api/v1/namespaces/{namespace}/events"
        self._api = api

    def create(self, manifest: Mapping[str, Any]) -> Creation:
        """Creates a Job. Idempotent: takes over an existing Job with the same spec hash."""
        try:
            self._api.call("POST", self.path, body=manifest)
        except ApiUnavailable as error:
            return Deferred(Waiting(str(error)), error.retry_after)
        except ApiRefused as error:
            return self._handle_refusal(error, manifest)
        return Created()

    def delete(self, name: str, *, wait_for_pod: bool) -> bool:
        """Deletes a Job and its pod; returns whether the API server accepted the deletion.

        Args:
            name: name of the Job.
            wait_for_pod: keep the Job until its pod is gone.

        Raises:
            ApiRefused: these credentials may not delete Jobs.
        """
        policy = "Foreground" if wait_for_pod else "Background"
        return self._delete(f"{self.path}/{name}", {"propagationPolicy": policy})

    def force_delete(self, pod: PodView) -> bool:
        """Deletes a pod without a grace period, unless another pod has its name by now.

        Raises:
            ApiRefused: these credentials may not delete pods.
        """
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid}}
        return self._delete(f"{self.pods_path}/{pod.name}", options)

    def last_warning(self, uid: str) -> str:
        """Returns the latest warning event about an object; empty if none or on an error."""
        query = {"fieldSelector": f"involvedObject.uid={uid},type=Warning"}
        try:
            events = self._api.call("GET", self._events_path, query=query)["items"]
        except (ApiUnavailable, ApiRefused):
            return ""
        latest: Mapping[str, Any] = max(events, key=_last_seen, default={})
        return str(latest.get("message") or "")

    def _handle_refusal(self, error: ApiRefused, manifest: Mapping[str, Any]) -> Creation:
        if error.reason == "AlreadyExists":
            return self._take_over(manifest)
        waiting = classify_refusal(str(error))
        return Deferred(waiting) if waiting.over_quota else Rejected(f"Job rejected: {error}")

    def _take_over(self, manifest: Mapping[str, Any]) -> Creation:
        name, ours = manifest["metadata"]["name"], manifest["metadata"]["annotations"]
        try:
            found = self._api.call("GET", f"{self.path}/{name}")["metadata"]
        except ApiUnavailable as error:
            return Deferred(Waiting(str(error)), error.retry_after)
        except ApiRefused as error:
            return Deferred(Waiting(str(error)))
        theirs = found.get("annotations", {})
        if theirs.get(SPEC_HASH) != ours[SPEC_HASH]:
            other = theirs.get(PREFIX, "unknown")
            return Rejected(
                f"a different Job named {name} exists (attempt: {other}); delete it with 'kubectl"
                f" delete job {name} -n {manifest['metadata']['namespace']}', then run the same"
                " command again"
            )
        return Deferred(_BEING_REMOVED) if "deletionTimestamp" in found else Created()

    def _delete(self, path: str, options: Mapping[str, Any]) -> bool:
        try:
            self._api.call("DELETE", path, body=options)
        except ApiUnavailable:
            return False
        except ApiRefused as error:
            if error.status not in {404, 409}:  # deleted, or replaced by another object
                raise
        return True


def _last_seen(event: Mapping[str, Any]) -> str:
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
    )
