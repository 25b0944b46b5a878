"""What Kubeflow Pipelines 2.17 and Argo 4.0 do in a namespace as the account of a step. Pure.

Besides what a search does there: the launcher also reads its own pod.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from kubenas.scheduling.kubernetes.access.facts import Permission

_KEY = "kubeflow.json"
"""Of the ConfigMap with the namespace's defaults."""


@dataclass(frozen=True)
class KubeflowSteps:
    """As whom steps run, and what is read for them."""

    account: str = "kubenas-controller"
    config_map: str = "kfp-launcher"
    """Tells where artifacts go; there may be none."""
    secret: str = "mlpipeline-minio-artifact"  # noqa: S105 - a name
    """Has the keys of the artifacts' store; empty: none is read."""

    def needed(self) -> tuple[Permission, ...]:
        """What the account must be allowed to."""
        return (
            Permission("create", "workflowtaskresults", "argoproj.io"),  # Argo's executor
            Permission("patch", "workflowtaskresults", "argoproj.io"),
            Permission("get", "configmaps", name=self.config_map),  # the driver of the run
            *([Permission("get", "secrets", name=self.secret)] if self.secret else ()),
        )


def parse_kubeflow_steps(data: Mapping[str, str]) -> KubeflowSteps | None:
    """As the chart says in the ConfigMap of its defaults; None: it says that there are none.

    Args:
        data: of that ConfigMap; what an earlier chart wrote says nothing.
    """
    told = json.loads(data.get(_KEY, "{}"))
    return KubeflowSteps(**told) if told else None
