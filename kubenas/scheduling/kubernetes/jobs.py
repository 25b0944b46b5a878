"""What is done to Jobs and pods, and how the API server took it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.scheduling.kubernetes.names import PREFIX, SPEC_HASH
from kubenas.scheduling.kubernetes.status import Waiting, classify_refusal
from kubenas.scheduling.kubernetes.views import PodView

_BEING_REMOVED = Waiting("an earlier Job of the same name is being removed")


@dataclass(frozen=True)
class Created:
    """The Job exists, made now or before."""


@dataclass(frozen=True)
class Deferred:
    """It may be tried again."""

    waiting: Waiting
    retry_after: float = 0.0
    """Seconds, as far as the server says."""


@dataclass(frozen=True)
class Rejected:
    """It cannot be made."""

    message: str


Creation = Created | Deferred | Rejected


class Jobs:
    """The Jobs of a namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.pods_path = f"/api/v1/namespaces/{namespace}/pods"
        self._events_path = f"/api/v1/namespaces/{namespace}/events"
        self._api = api

    def create(self, manifest: Mapping[str, Any]) -> Creation:
        """Makes a Job. May be repeated: one that is there and means the same is taken over."""
        try:
            self._api.call("POST", self.path, body=manifest)
        except ApiUnavailable as error:
            return Deferred(Waiting(str(error)), error.retry_after)
        except ApiRefused as error:
            return self._handle_refusal(error, manifest)
        return Created()

    def delete(self, name: str, *, wait_for_pod: bool) -> bool:
        """Deletes a Job and its pod; whether the API server knows that it is to go.

        Args:
            name: of the Job.
            wait_for_pod: the Job stays until its pod is gone.

        Raises:
            ApiRefused: we may not.
        """
        policy = "Foreground" if wait_for_pod else "Background"
        return self._delete(f"{self.path}/{name}", {"propagationPolicy": policy})

    def force_delete(self, pod: PodView) -> bool:
        """Deletes a pod that nobody ends, and no other of the same name.

        Raises:
            ApiRefused: we may not.
        """
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid}}
        return self._delete(f"{self.pods_path}/{pod.name}", options)

    def last_warning(self, uid: str) -> str:
        """The latest warning about an object; empty if there is none, or none may be read."""
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
        return Deferred(waiting) if waiting.over_quota else Rejected(f"its Job is refused: {error}")

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
            other = theirs.get(PREFIX, "none of our searches")
            return Rejected(
                f"Job {name} exists and is another one (of {other}); delete it with 'kubectl delete"
                f" job {name} -n {manifest['metadata']['namespace']}', then run the same command"
                " again"
            )
        return Deferred(_BEING_REMOVED) if "deletionTimestamp" in found else Created()

    def _delete(self, path: str, options: Mapping[str, Any]) -> bool:
        try:
            self._api.call("DELETE", path, body=options)
        except ApiUnavailable:
            return False
        except ApiRefused as error:
            if error.status not in {404, 409}:  # gone, or another one by now
                raise
        return True


def _last_seen(event: Mapping[str, Any]) -> str:
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
    )
