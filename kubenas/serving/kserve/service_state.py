"""How a service that serves one model comes to serve another, and back. Pure: found -> wanted.

KServe knows two ways. On Knative (Serverless) every change makes a revision, and the traffic is
split between the newest and the one that was rolled out last: there a new model is a canary until
it has been checked. Without Knative (Standard, RawDeployment) a change replaces the pods.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kubenas.trial import Value

_CANARY = "canaryTrafficPercent"
_NEWEST = "latest"
"""The tag that KServe gives the newest revision."""

Object = Mapping[str, Any]


class ServiceSnapshot(Value):
    """What a service was before a handover changed it."""

    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]

    @classmethod
    def of(cls, found: Object) -> "ServiceSnapshot":
        """What ``found`` is now."""
        metadata = found["metadata"]
        return cls(
            labels=metadata.get("labels", {}),
            annotations=metadata.get("annotations", {}),
            spec=found["spec"],
        )


@dataclass(frozen=True)
class Ready:
    """The model that is to be checked can be asked."""

    url: str
    """Of its server, without a path."""


@dataclass(frozen=True)
class NotReady:
    """Not yet."""

    why: str


def matches(found: Object, wanted: Object) -> bool:
    """Whether ``found`` says all that ``wanted`` says, with the same traffic; KServe adds to it."""
    ours = {"metadata": _named(wanted["metadata"]), "spec": wanted["spec"]}
    return _contains(found, ours) and _traffic(found) == _traffic(wanted)


def has_revisions(found: Object) -> bool:
    """Whether a revision is rolled out, which a canary can share the traffic with."""
    return bool(_predictor_status(found).get("latestRolledoutRevision"))


def canary_manifest(wanted: Object, percent: int) -> dict[str, Any]:
    """``wanted`` with ``percent`` of the traffic only; the rest stays with what was rolled out."""
    predictor = {**wanted["spec"]["predictor"], _CANARY: percent}
    return {**wanted, "spec": {**wanted["spec"], "predictor": predictor}}


def restore_manifest(wanted: Object, before: ServiceSnapshot, *, revisions: bool) -> dict[str, Any]:
    """The service as it was ``before`` it became ``wanted``.

    Args:
        wanted: names the service.
        before: what it was.
        revisions: Knative has revisions of it. Then the revision that was rolled out keeps all
            traffic: without that, the newest that is ready would get it, which is the one refused.
    """
    metadata = {
        **wanted["metadata"],
        "labels": before.labels,
        "annotations": before.annotations,
    }
    body = {**wanted, "metadata": metadata, "spec": before.spec}
    return canary_manifest(body, 0) if revisions else body


def replacement_manifest(found: Object, wanted: Object) -> dict[str, Any]:
    """``wanted`` as what ``found`` is replaced with, if nobody has changed it meanwhile."""
    metadata = dict(found["metadata"])
    for key in ("labels", "annotations"):
        metadata[key] = {**metadata.get(key, {}), **wanted["metadata"][key]}
    return {**wanted, "metadata": metadata}


def readiness(found: Object, *, as_canary: bool, in_cluster: bool) -> Ready | NotReady:
    """Whether the model of ``found`` can be asked, and where.

    What a status says may be about the spec before: only for a canary can that be told.

    Args:
        found: the service.
        as_canary: its newest revision is to be asked, not the one that was rolled out.
        in_cluster: who asks is in the cluster.
    """
    condition = _condition(found, "Ready")
    if condition.get("status") != "True":
        return NotReady(_why_not_ready(found, condition))
    status = found["status"]
    if as_canary:
        return _canary_readiness(found, in_cluster)
    url = status.get("address", {}).get("url") if in_cluster else status.get("url")
    return Ready(_root(url)) if url else NotReady("it has no URL yet")


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
    return Ready(f"http://{_NEWEST}-{host}") if host else NotReady("it has no address yet")


def _traffic(service: Object) -> int | None:
    percent: int | None = service["spec"].get("predictor", {}).get(_CANARY)
    return percent


def _why_not_ready(found: Object, condition: Object) -> str:
    failure = found.get("status", {}).get("modelStatus", {}).get("lastFailureInfo", {})
    words = (condition.get("reason"), condition.get("message"), failure.get("message"))
    return ": ".join(dict.fromkeys(filter(None, words))) or "KServe has not said that it is ready"


def _condition(found: Object, kind: str) -> Object:
    conditions = found.get("status", {}).get("conditions", ())
    return next((each for each in conditions if each.get("type") == kind), {})


def _predictor_status(found: Object) -> Object:
    status: Object = found.get("status", {}).get("components", {}).get("predictor", {})
    return status


def _root(url: str) -> str:
    """Older releases put the path of the model into it."""
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
