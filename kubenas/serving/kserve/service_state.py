"""The observed state of an InferenceService and the manifests of a rollout. Pure.

KServe has two deployment modes. On Knative (Serverless), each change creates a revision, and the
traffic is split between the newest revision and the one that was rolled out last. A new model is
then a canary until it has been checked. Without Knative (Standard, RawDeployment), a change
replaces the pods.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kubenas.trial import Value

_CANARY = "canaryTrafficPercent"
_NEWEST = "latest"
"""The tag that KServe assigns to the newest revision."""

Object = Mapping[str, Any]


class ServiceSnapshot(Value):
    """Labels, annotations and spec of a service before a rollout."""

    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]

    @classmethod
    def of(cls, found: Object) -> "ServiceSnapshot":
        """Returns the snapshot of ``found``."""
        metadata = found["metadata"]
        return cls(
            labels=metadata.get("labels", {}),
            annotations=metadata.get("annotations", {}),
            spec=found["spec"],
        )


@dataclass(frozen=True)
class Ready:
    """The model under test accepts requests."""

    url: str
    """URL of the model server, without a path."""


@dataclass(frozen=True)
class NotReady:
    """The model under test does not accept requests yet."""

    reason: str


def matches(found: Object, wanted: Object) -> bool:
    """Whether ``found`` contains all fields of ``wanted`` and has the same traffic split.

    KServe adds other fields.
    """
    ours = {"metadata": _named(wanted["metadata"]), "spec": wanted["spec"]}
    return _contains(found, ours) and _traffic(found) == _traffic(wanted)


def has_revisions(found: Object) -> bool:
    """Whether the service has a rolled out revision, which a canary needs."""
    return bool(_predictor_status(found).get("latestRolledoutRevision"))


def canary_manifest(wanted: Object, percent: int) -> dict[str, Any]:
    """Returns ``wanted`` with ``percent`` of the traffic; the old revision keeps the rest."""
    predictor = {**wanted["spec"]["predictor"], _CANARY: percent}
    return {**wanted, "spec": {**wanted["spec"], "predictor": predictor}}


def restore_manifest(wanted: Object, before: ServiceSnapshot, *, revisions: bool) -> dict[str, Any]:
    """Returns the manifest that restores a service.

    Args:
        wanted: Manifest with the name of the service.
        before: The state to restore.
        revisions: Whether the service has Knative revisions. The rolled out revision then keeps
            all traffic; otherwise KServe would send it to the newest ready revision, which failed.
    """
    metadata = {
        **wanted["metadata"],
        "labels": before.labels,
        "annotations": before.annotations,
    }
    body = {**wanted, "metadata": metadata, "spec": before.spec}
    return canary_manifest(body, 0) if revisions else body


def replacement_manifest(found: Object, wanted: Object) -> dict[str, Any]:
    """Returns ``wanted`` with the resource version, labels and annotations of ``found``.

    The API server rejects it if the service has changed since ``found`` was read.
    """
    metadata = dict(found["metadata"])
    for key in ("labels", "annotations"):
        metadata[key] = {**metadata.get(key, {}), **wanted["metadata"][key]}
    return {**wanted, "metadata": metadata}


def readiness(found: Object, *, as_canary: bool, in_cluster: bool) -> Ready | NotReady:
    """Returns the URL of the model under test if it is ready.

    The status may still describe the previous spec. Only for a canary can this be detected.

    Args:
        found: The service.
        as_canary: Whether to return the URL of the newest revision instead of the service.
        in_cluster: Whether requests come from within the cluster.
    """
    condition = _condition(found, "Ready")
    if condition.get("status") != "True":
        return NotReady(_why_not_ready(found, condition))
    status = found["status"]
    if as_canary:
        return _canary_readiness(found, in_cluster)
    url = status.get("address", {}).get("url") if in_cluster else status.get("url")
    return Ready(_root(url)) if url else NotReady("the service has no URL yet")


def _canary_readiness(found: Object, in_cluster: bool) -> Ready | NotReady:
    status = _predictor_status(found)
    newest = status.get("latestReadyRevision")
    if newest != status.get("latestCreatedRevision"):
        return NotReady(f"revision {status.get('latestCreatedRevision')} is not ready yet")
    if newest == status.get("latestRolledoutRevision"):
        return NotReady("there is no new revision yet")
    tagged = [each for each in status.get("traffic", ()) if each.get("tag") == _NEWEST]
    if not tagged or not tagged[0].get("url"):
        return NotReady("the new revision has no URL yet")
    if not in_cluster:
        return Ready(_root(tagged[0]["url"]))
    host = urlsplit(status.get("address", {}).get("url") or "").netloc
    return Ready(f"http://{_NEWEST}-{host}") if host else NotReady("the service has no address yet")


def _traffic(service: Object) -> int | None:
    percent: int | None = service["spec"].get("predictor", {}).get(_CANARY)
    return percent


def _why_not_ready(found: Object, condition: Object) -> str:
    failure = found.get("status", {}).get("modelStatus", {}).get("lastFailureInfo", {})
    words = (condition.get("reason"), condition.get("message"), failure.get("message"))
    return (
        ": ".join(dict.fromkeys(filter(None, words)))
        or "KServe has not reported that the service is ready"
    )


def _condition(found: Object, kind: str) -> Object:
    conditions = found.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each.get("type") == kind), {})


def _predictor_status(found: Object) -> Object:
    status: Object = found.get("status", {}).get("components", {}).get("predictor", {})
    return status


def _root(url: str) -> str:
    """Removes the path, which older releases of KServe add."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _named(metadata: Object) -> dict[str, Any]:
    return {key: metadata[key] for key in ("labels", "annotations")}


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and _contains(found[key], value) for key, value in wanted.items()
        )
    return bool(found == wanted)
