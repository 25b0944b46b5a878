"""Permissions that Kubeflow Pipelines 2.17 and Argo 4.0 need to run a step. Pure.

They use the step's service account, in addition to the search. The launcher also reads its own pod.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from kubenas.scheduling.kubernetes.access.facts import Permission

_KEY = "kubeflow.json"
"""Key in the ConfigMap with the namespace's defaults."""


@dataclass(frozen=True)
class KubeflowSteps:
    """Service account of the steps, and objects that Kubeflow reads for them."""

    account: str = "kubenas-controller"
    config_map: str = "kfp-launcher"
    """Contains the root of the artifacts; optional."""
    secret: str = "mlpipeline-minio-artifact"  # noqa: S105 - a name
    """Contains the credentials of the artifact store; empty if none is read."""

    def required_permissions(self) -> tuple[Permission, ...]:
        """Returns the permissions that the service account needs."""
        return (
            Permission("create", "workflowtaskresults", "argoproj.io"),  # Argo's executor
            Permission("patch", "workflowtaskresults", "argoproj.io"),
            Permission("get", "configmaps", name=self.config_map),  # the driver of the run
            *([Permission("get", "secrets", name=self.secret)] if self.secret else ()),
        )


def parse_kubeflow_steps(data: Mapping[str, str]) -> KubeflowSteps | None:
    """Parses the chart's settings of the steps; None if Kubeflow runs no steps in the namespace.

    Args:
        data: data of the ConfigMap; earlier versions of the chart do not write these settings.
    """
    told = json.loads(data.get(_KEY, "{}"))
    return KubeflowSteps(**told) if told else None
