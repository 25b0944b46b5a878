"""Connection settings of the cluster from a pod's service account or a kubeconfig."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.config import ConfigException

from kubenas.errors import UserError

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_DEFAULT_KUBECONFIG = Path("~/.kube/config")


@dataclass(frozen=True)
class Connection:
    """Client, credentials and namespace of the configured cluster."""

    client: Any
    """A kubernetes.client.ApiClient with its own retries disabled."""
    namespace: str
    """Namespace from the configuration, or its override."""
    in_pod: bool = False
    """Whether this process runs in a pod of that cluster and namespace."""

    @property
    def server(self) -> str:
        """URL of the API server."""
        host: str = self.client.configuration.host
        return host


def cluster_configured() -> bool:
    """Returns whether there is a kubeconfig, or this process is a pod with a service account."""
    return _in_pod() or any(path.is_file() for path in _kubeconfigs())


def connect(namespace: str | None = None) -> Connection:
    """Returns the connection to the configured cluster. Makes no requests.

    Args:
        namespace: overrides the namespace of the configuration.

    Raises:
        UserError: the configuration is invalid.
    """
    settings = client.Configuration()
    settings.retries = False  # the caller decides whether and when to retry
    try:
        if _in_pod():
            config.load_incluster_config(settings)
            own = _NAMESPACE_FILE.read_text().strip()
            return Connection(
                client.ApiClient(settings), namespace or own, in_pod=namespace in (None, own)
            )
        files = os.pathsep.join(str(path) for path in _kubeconfigs())
        config.load_kube_config(files, client_configuration=settings)
        _, active = config.list_kube_config_contexts(files)
    except ConfigException as error:
        raise UserError(f"KUBECONFIG: {error}; correct the file, or unset it") from error
    own = active["context"].get("namespace") or "default"
    return Connection(client.ApiClient(settings), namespace or own)


def _in_pod() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and _NAMESPACE_FILE.is_file()


def _kubeconfigs() -> list[Path]:
    named = os.environ.get("KUBECONFIG", "")
    paths = [Path(part) for part in named.split(os.pathsep) if part] or [_DEFAULT_KUBECONFIG]
    return [path.expanduser() for path in paths]
