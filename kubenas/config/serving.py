"""``serving:`` of search.yaml: where a promoted model is handed to, and how it is served there."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kubenas.config.runner import ExtendedResource, Quantity
from kubenas.trial import Value


class ServingConfig(Value):
    """``serving:`` what becomes of a promoted model. Changes nothing about what is found."""

    kind: Literal["none", "kserve"] = Field(
        "none",
        description="none: a promoted model is recorded only; kserve: it is handed to KServe as an"
        " InferenceService, or as YAML where that may not be made.",
    )
    name: str | None = Field(
        None,
        pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$",
        description="Name of the InferenceService, also of the model in its URL; empty: the name of"
        " the search.",
    )
    namespace: str | None = Field(
        None, description="Namespace of the InferenceService; empty: the one that the step runs in."
    )
    runtime: str = Field(
        "kserve-tensorflow-serving",
        min_length=1,
        description="ServingRuntime or ClusterServingRuntime that serves a SavedModel.",
    )
    service_account: str | None = Field(
        None,
        description="Service account of the model server, with what the store asks for; empty: the"
        " namespace's default one.",
    )
    min_replicas: int = Field(
        1, ge=0, description="Model servers at the least; 0, where KServe runs on Knative: none."
    )
    max_replicas: int = Field(3, ge=1, description="Model servers at the most.")
    cpu: Quantity = Field("1", description="Cores of a model server, such as 1 or 500m.")
    memory: Quantity = Field(
        "2Gi", description="Memory of a model server, and its limit, such as 2Gi."
    )
    accelerator: ExtendedResource = Field(
        None,
        description="Extended resource that a model server holds, such as nvidia.com/gpu; empty:"
        " none.",
    )
    accelerators: int = Field(
        1, ge=1, le=64, description="How many of that accelerator one model server holds."
    )
    canary_percent: int = Field(
        0,
        ge=0,
        le=99,
        description="Percent of the requests that a new model gets while it is checked, where"
        " KServe runs on Knative; elsewhere there is no canary.",
    )
    canary_seconds: float = Field(
        0.0, ge=0, description="Seconds that the canary must answer rightly before it gets all."
    )
    ready_seconds: float = Field(
        600.0,
        gt=0,
        description="Seconds within which a new model must be ready and answer as the exported one"
        " does, before the one that was served is put back.",
    )
    tolerance: float | None = Field(
        None,
        gt=0,
        description="Largest difference of a served probability from the exported model's; empty:"
        " what the export was checked with.",
    )
    registry: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="URL of a Kubeflow model registry that promoted models are entered in; empty:"
        " none.",
    )

    @model_validator(mode="after")
    def _replicas_have_room(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError("max_replicas must not be less than min_replicas")
        return self
