"""``runner:`` of search.yaml: where trials run, and their pods."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kubenas.trial import Value

_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?")
_RESOURCE = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


def _check_quantity(value: str) -> str:
    if not _QUANTITY.fullmatch(value):
        raise ValueError("must be a quantity such as 2, 500m or 4Gi")
    return value


def _check_extended_resource(value: str | None) -> str | None:
    if value is not None and not _RESOURCE.fullmatch(value):
        raise ValueError("must be the full name of a resource, such as nvidia.com/gpu")
    return value


Quantity = Annotated[str, AfterValidator(_check_quantity)]
ExtendedResource = Annotated[str | None, AfterValidator(_check_extended_resource)]


class PodConfig(Value):
    """``runner.pod:`` the pod of a trial on a cluster."""

    namespace: str | None = Field(
        None, description="Namespace of the trials; empty: namespace of the search."
    )
    image: str | None = Field(
        None, description="Container image of the trials; empty: image of this release."
    )
    image_pull_secrets: tuple[str, ...] = Field(
        (), description="Names of image pull Secrets, as a list; empty: none."
    )
    service_account: str | None = Field(
        None, description="Service account of the trials; empty: default of the namespace."
    )
    user: int | None = Field(
        None, ge=1, description="Numeric user id of the trials; empty: user of the image."
    )
    accelerator: ExtendedResource = Field(
        None,
        description="Extended resource of a trial, such as nvidia.com/gpu; empty: none.",
    )
    accelerators: int = Field(1, ge=1, le=64, description="Number of accelerators of a trial.")
    resource_claim_template: str | None = Field(
        None,
        description="Name of a ResourceClaimTemplate (DRA) for devices of a trial; empty: none.",
    )
    cpu: Quantity = Field("1", description="Cores requested by a trial, such as 2 or 500m.")
    memory: Quantity = Field("4Gi", description="Memory request and limit of a trial, such as 4Gi.")
    memory_growth: float = Field(
        2.0,
        gt=1,
        le=16,
        description="Factor by which the memory of a trial grows after an out-of-memory failure.",
    )
    shared_memory: Quantity = Field(
        "1Gi", description="Size of /dev/shm, such as 1Gi; part of the memory limit."
    )
    scratch: Quantity = Field("10Gi", description="Local disk of a trial for /tmp, such as 10Gi.")
    node_selector: dict[str, str] = Field(
        {}, description="Required labels of the nodes of trials, as an object; empty: any node."
    )
    tolerations: tuple[dict[str, Any], ...] = Field(
        (),
        description="Tolerations of the trials in Kubernetes format, as a list; empty: none.",
    )
    affinity: dict[str, Any] = Field(
        {},
        description="Affinity of the trials in Kubernetes format, as an object; empty: none.",
    )
    spot_node_selector: dict[str, str] = Field(
        {},
        description="Additional labels of spot nodes, on which trials run first, as an object;"
        " empty: no spot nodes.",
    )
    spot_tolerations: tuple[dict[str, Any], ...] = Field(
        (),
        description="Additional tolerations for spot nodes, as a list; empty: none.",
    )
    spot_disruptions: int = Field(
        2,
        ge=1,
        description="Number of disruptions after which a trial no longer runs on spot nodes.",
    )
    priority_class: str | None = Field(
        None, description="PriorityClass of the trials; empty: default of the cluster."
    )
    scheduler: str | None = Field(
        None, description="Scheduler of the trials; empty: default of the cluster."
    )
    runtime_class: str | None = Field(
        None, description="RuntimeClass of the trials, such as nvidia; empty: default of the node."
    )
    kueue_queue: str | None = Field(
        None, description="Kueue LocalQueue of the trials; empty: no queue."
    )
    annotations: dict[str, str] = Field(
        {},
        description="Annotations of the trial pods, as an object, for example for node autoscalers"
        " and cost reports; empty: none.",
    )
    env: dict[str, str | dict[str, Any]] = Field(
        {},
        description="Environment variables of the trials, as an object, without secrets; a value"
        " can also be a Kubernetes valueFrom. Empty: none.",
    )
    secrets: tuple[str, ...] = Field(
        (),
        description="Names of Secrets whose keys become environment variables of the trials, as a"
        " list; empty: none.",
    )
    volumes: tuple[dict[str, Any], ...] = Field(
        (),
        description="Volumes of the trials in Kubernetes format, as a list; empty: none.",
    )
    mounts: tuple[dict[str, Any], ...] = Field(
        (),
        description="Mounts of these volumes, as Kubernetes volumeMounts, as a list; empty: none.",
    )
    cache: dict[str, Any] = Field(
        {},
        description="Source of a volume that caches data sets for all trials, as an object, such as"
        ' {"persistentVolumeClaim": {"claimName": "data"}}; empty: each trial stages its own copy.',
    )

    @model_validator(mode="after")
    def _check_mounts(self) -> Self:
        names = {volume.get("name") for volume in self.volumes}
        for mount in self.mounts:
            if mount.get("name") not in names:
                raise ValueError(f"mounts: there is no volume named {mount.get('name')!r}")
        return self


class RunnerConfig(Value):
    """``runner:`` where trials run. It does not affect the proposals of the search."""

    kind: Literal["auto", "local", "kubernetes"] = Field(
        "auto",
        description="Where trials run. local: as processes on the machine of the search;"
        " kubernetes: as Jobs in the cluster; auto: kubernetes on Kubeflow, otherwise local.",
    )
    workers: int = Field(2, ge=1, le=1024, description="Maximum number of concurrent trials.")
    queue_seconds: float = Field(
        3600.0,
        gt=0,
        description="Seconds that trials may be pending in the cluster while none is running,"
        " before the search is paused.",
    )
    ttl_seconds: int = Field(
        3600, ge=60, description="Seconds after which the cluster deletes a finished Job."
    )
    heartbeat_seconds: float = Field(
        300.0,
        gt=0,
        description="Seconds without a heartbeat of the search after which trials in a cluster"
        " exit.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="Port for Prometheus metrics of the running search, under /metrics; empty:"
        " none.",
    )
    price_per_hour: float | None = Field(
        None,
        gt=0,
        description="Price of an accelerator per hour, in any currency, or of a trial per hour if"
        " trials use no accelerator. Empty: unknown.",
    )
    pod: PodConfig = PodConfig()

    @property
    def accelerators(self) -> int:
        """Number of accelerators of a trial, as requested by its pod."""
        asked = self.pod.accelerator or self.pod.resource_claim_template
        return self.pod.accelerators if self.kind == "kubernetes" and asked else 0
