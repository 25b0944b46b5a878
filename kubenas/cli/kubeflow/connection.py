"""Which Kubeflow Pipelines server is meant, and who asks it, as the command line says it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Connection:
    """What is not said here, the kfp client's own environment variables say."""

    host: str | None = None
    """URL of the API; None: KF_PIPELINES_ENDPOINT, else that of the cluster that we are in."""
    namespace: str | None = None
    """Of the user, where a Kubeflow keeps users apart."""
    token_file: Path | None = None
    """Read at each request, so that whoever renews it need not know of us."""
    iap_client_id: str | None = None
    """Of Google's Identity-Aware Proxy."""
