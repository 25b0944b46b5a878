"""Which cluster, as whom, and in which namespace: a pod's service account, or a kubeconfig."""

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
    """How to speak to the configured cluster."""

    client: Any
    """A kubernetes.client.ApiClient that does not retry by itself."""
    namespace: str
    """The one that the configuration names."""
    in_pod: bool = False
    """Whether this process is a pod of that cluster and namespace."""

    @property
    def server(self) -> str:
        """URL of the API server."""
        host: str = self.client.configuration.host
        return host


def cluster_configured() -> bool:
    """Whether there is a kubeconfig, or this is a pod with a service account."""
    return _in_pod() or any(path.is_file() for path in _kubeconfigs())


def connect(namespace: str | None = None) -> Connection:
    """The configured cluster. Sends nothing yet.

    Args:
        namespace: in place of the one that the configuration names.

    Raises:
        UserError: the configuration is not sound.
    """
    settings = client.Configuration()
    settings.retries = False  # who calls knows whether to try again, and when
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
