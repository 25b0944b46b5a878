"""Connection options for a Kubeflow Pipelines server."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Connection:
    """The options of the command line. The kfp client's environment variables are the defaults."""

    host: str | None = None
    """URL of the API; default: KF_PIPELINES_ENDPOINT, else the API of the current cluster."""
    namespace: str | None = None
    """Namespace of the user in a multi-user Kubeflow."""
    token_file: Path | None = None
    """File of the token, read for each request because another process may renew the token."""
    iap_client_id: str | None = None
    """Client id of Google's Identity-Aware Proxy."""
