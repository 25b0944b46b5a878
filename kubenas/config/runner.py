"""``runner:`` of search.yaml: where trials run, and in what kind of pod."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kubenas.trial import Value

_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?")
_RESOURCE = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


def _is_a_quantity(value: str) -> str:
    if not _QUANTITY.fullmatch(value):
        raise ValueError("must be a quantity such as 2, 500m or 4Gi")
    return value


def _is_an_extended_resource(value: str | None) -> str | None:
    if value is not None and not _RESOURCE.fullmatch(value):
        raise ValueError("must be a resource's full name such as nvidia.com/gpu")
    return value


Quantity = Annotated[str, AfterValidator(_is_a_quantity)]
ExtendedResource = Annotated[str | None, AfterValidator(_is_an_extended_resource)]


class PodConfig(Value):
    """``runner.pod:`` the pod that a trial runs in, on a cluster."""

    namespace: str | None = Field(
        None, description="Namespace of the trials; empty: the one that the search runs in."
    )
    image: str | None = Field(
        None, description="Image that trials run in; empty: the one that this release names."
    )
    image_pull_secrets: tuple[str, ...] = Field(
        (), description="Names of Secrets to pull the image with, as a list; empty: none."
    )
    service_account: str | None = Field(
        None, description="Service account of the trials; empty: the namespace's default one."
    )
    user: int | None = Field(
        None, ge=1, description="Numeric user that trials run as; empty: the image's own."
    )
    accelerator: ExtendedResource = Field(
        None,
        description="Extended resource that a trial holds, such as nvidia.com/gpu; empty: none.",
    )
    accelerators: int = Field(
        1, ge=1, le=64, description="How many of that accelerator one trial holds."
    )
    resource_claim_template: str | None = Field(
        None,
        description="Name of a ResourceClaimTemplate whose devices a trial holds (DRA); empty:"
        " none.",
    )
    cpu: Quantity = Field("1", description="Cores that a trial asks for, such as 2 or 500m.")
    memory: Quantity = Field(
        "4Gi", description="Memory that a trial asks for, and its limit, such as 4Gi."
    )
    memory_growth: float = Field(
        2.0,
        gt=1,
        le=16,
        description="Factor by which a trial gets more memory after it ran out of it.",
    )
    shared_memory: Quantity = Field(
        "1Gi", description="Size of /dev/shm, such as 1Gi; part of the memory's limit."
    )
    scratch: Quantity = Field(
        "10Gi", description="Local disk that a trial may fill below /tmp, such as 10Gi."
    )
    node_selector: dict[str, str] = Field(
        {}, description="Labels that a trial's node must have, as an object; empty: any node."
    )
    tolerations: tuple[dict[str, Any], ...] = Field(
        (),
        description="Taints that trials tolerate, as Kubernetes writes tolerations, as a"
        " list; empty: none.",
    )
    affinity: dict[str, Any] = Field(
        {},
        description="Affinity of the trials as Kubernetes writes it, as an object; empty: none.",
    )
    spot_node_selector: dict[str, str] = Field(
        {},
        description="Further labels of the cheap nodes that a trial is tried on first, as an"
        " object; empty: none are told apart.",
    )
    spot_tolerations: tuple[dict[str, Any], ...] = Field(
        (),
        description="Further tolerations that let a trial onto the cheap nodes, as a"
        " list; empty: none.",
    )
    spot_disruptions: int = Field(
        2, ge=1, description="Disruptions after which a trial is kept off the cheap nodes."
    )
    priority_class: str | None = Field(
        None, description="PriorityClass of the trials; empty: the cluster's default."
    )
    scheduler: str | None = Field(
        None, description="Scheduler that places the trials; empty: the cluster's default."
    )
    runtime_class: str | None = Field(
        None, description="RuntimeClass of the trials, such as nvidia; empty: the node's default."
    )
    kueue_queue: str | None = Field(
        None, description="Kueue LocalQueue that admits the trials; empty: no queue."
    )
    annotations: dict[str, str] = Field(
        {},
        description="Annotations of the trials' pods, as an object; node autoscalers and cost"
        " reports read them; empty: none.",
    )
    env: dict[str, str | dict[str, Any]] = Field(
        {},
        description="Environment variables of the trials, as an object, nothing secret; a value"
        " may also be what Kubernetes calls valueFrom. Empty: none.",
    )
    secrets: tuple[str, ...] = Field(
        (),
        description="Names of Secrets whose keys become the trials' environment, as a"
        " list; empty: none.",
    )
    volumes: tuple[dict[str, Any], ...] = Field(
        (),
        description="Volumes of the trials as Kubernetes writes them, as a list; empty: none.",
    )
    mounts: tuple[dict[str, Any], ...] = Field(
        (),
        description="Where those are, as Kubernetes writes volumeMounts, as a list;"
        " empty: nowhere.",
    )
    cache: dict[str, Any] = Field(
        {},
        description="A volume's source for the data sets that trials share, as an object, such"
        ' as {"persistentVolumeClaim": {"claimName": "data"}}; empty: each stages its own copy.',
    )

    @model_validator(mode="after")
    def _mounts_what_there_is(self) -> Self:
        names = {volume.get("name") for volume in self.volumes}
        for mount in self.mounts:
            if mount.get("name") not in names:
                raise ValueError(f"mounts: no volume is named {mount.get('name')!r}")
        return self


class RunnerConfig(Value):
    """``runner:`` where trials run. Changes nothing about what is found."""

    kind: Literal["auto", "local", "kubernetes"] = Field(
        "auto",
        description="Where trials run. local: processes beside the search; kubernetes: a Job in the"
        " cluster each; auto: kubernetes in a run on Kubeflow, elsewhere local.",
    )
    workers: int = Field(2, ge=1, le=1024, description="Trials at the same time.")
    queue_seconds: float = Field(
        3600.0,
        gt=0,
        description="Seconds that trials may wait for a place in the cluster while none of them"
        " runs, before the search is paused.",
    )
    ttl_seconds: int = Field(
        3600, ge=60, description="Seconds after which the cluster removes a Job that has ended."
    )
    heartbeat_seconds: float = Field(
        300.0,
        gt=0,
        description="Seconds after which trials in a cluster end themselves if the search has"
        " given no sign of life.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="Port at which the search serves metrics for Prometheus while it runs, under"
        " /metrics; empty: none.",
    )
    price_per_hour: float | None = Field(
        None,
        gt=0,
        description="What an accelerator costs an hour, in any currency; where trials hold none,"
        " what a trial costs an hour. Empty: not known.",
    )
    pod: PodConfig = PodConfig()

    @property
    def accelerators(self) -> int:
        """Accelerators that a trial is known to hold: those that its pod asks for."""
        asked = self.pod.accelerator or self.pod.resource_claim_template
        return self.pod.accelerators if self.kind == "kubernetes" and asked else 0
