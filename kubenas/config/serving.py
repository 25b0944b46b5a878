"""``serving:`` of search.yaml: the hand-over of a promoted model to serving."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kubenas.config.runner import ExtendedResource, Quantity
from kubenas.trial import Value


class ServingConfig(Value):
    """``serving:`` the hand-over of a promoted model. It does not affect the search."""

    kind: Literal["none", "kserve"] = Field(
        "none",
        description="none: a promoted model is only recorded; kserve: it is served by KServe as an"
        " InferenceService, or written as YAML if creating one is not permitted.",
    )
    name: str | None = Field(
        None,
        pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$",
        description="Name of the InferenceService and of the model in its URL; empty: the name of"
        " the search.",
    )
    namespace: str | None = Field(
        None, description="Namespace of the InferenceService; empty: namespace of the step."
    )
    runtime: str = Field(
        "kserve-tensorflow-serving",
        min_length=1,
        description="ServingRuntime or ClusterServingRuntime for SavedModels.",
    )
    service_account: str | None = Field(
        None,
        description="Service account of the model server, with access to the store; empty: default"
        " of the namespace.",
    )
    min_replicas: int = Field(
        1, ge=0, description="Minimum number of model servers; 0 requires KServe on Knative."
    )
    max_replicas: int = Field(3, ge=1, description="Maximum number of model servers.")
    cpu: Quantity = Field("1", description="Cores of a model server, such as 1 or 500m.")
    memory: Quantity = Field(
        "2Gi", description="Memory request and limit of a model server, such as 2Gi."
    )
    accelerator: ExtendedResource = Field(
        None,
        description="Extended resource of a model server, such as nvidia.com/gpu; empty: none.",
    )
    accelerators: int = Field(
        1, ge=1, le=64, description="Number of accelerators of a model server."
    )
    canary_percent: int = Field(
        0,
        ge=0,
        le=99,
        description="Percent of the requests to a new model during the canary phase; requires"
        " KServe on Knative, elsewhere there is no canary.",
    )
    canary_seconds: float = Field(
        0.0,
        ge=0,
        description="Seconds of correct canary responses before all requests go to the new model.",
    )
    ready_seconds: float = Field(
        600.0,
        gt=0,
        description="Seconds within which a new model must be ready and match the exported model;"
        " otherwise the previous model is restored.",
    )
    tolerance: float | None = Field(
        None,
        gt=0,
        description="Maximum difference between served and exported probabilities; empty:"
        " tolerance of the export check.",
    )
    registry: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="URL of a Kubeflow model registry in which promoted models are registered;"
        " empty: none.",
    )

    @model_validator(mode="after")
    def _check_replicas(self) -> Self:
        if self.max_replicas < self.min_replicas:
            raise ValueError("max_replicas must not be less than min_replicas")
        return self
