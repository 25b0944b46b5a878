"""An object store in a pod, with the same URI for this machine and for the cluster's pods."""

import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.images import Images, publish_folder
from tests.cluster.namespace import Namespace, fresh_namespace, pod
from tests.contracts.storage.servers import BUCKET, create_gcs_bucket, fake_gcs_binary

_PORT = 8000
_LABELS = {"app": "store"}
_START_SECONDS = 120.0


@dataclass(frozen=True)
class ObjectStore:
    """A server with one bucket."""

    url: str
    """Reached from this machine and from pods."""

    @property
    def uri(self) -> str:
        """URI of the bucket."""
        return f"gs://{BUCKET}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that a process needs to find the server."""
        return {"STORAGE_EMULATOR_HOST": self.url}


@contextmanager
def object_store(images: Images, folder: Path) -> Iterator[ObjectStore]:
    """Runs fake-gcs-server in its own namespace; ``folder`` must be empty and is used up."""
    shutil.copy(fake_gcs_binary(), folder / "server")
    (folder / "Dockerfile").write_text(
        'FROM scratch\nCOPY server /server\nUSER 65532:65532\nENTRYPOINT ["/server"]\n'
    )
    image = publish_folder(folder, "kubenas/test-store:1")
    with fresh_namespace(images, "kubenas-store") as namespace:
        url = _expose(namespace)
        _serve(namespace, image, url)
        create_gcs_bucket(url)
        yield ObjectStore(url)


def _expose(namespace: Namespace) -> str:
    """Exposes the store on a port of a node and returns its URL."""
    spec = {"type": "NodePort", "selector": _LABELS, "ports": [{"port": _PORT}]}
    namespace.apply(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "store"}, "spec": spec}
    )
    addresses = [
        each["address"]
        for node in namespace.get("nodes")
        for each in node["status"].get("addresses", ())  # a fake node has no address
        if each["type"] == "InternalIP"
    ]
    port = namespace.get("service", "store")["spec"]["ports"][0]["nodePort"]
    return f"http://{addresses[0]}:{port}"


def _serve(namespace: Namespace, image: str, url: str) -> None:
    options = ["-scheme", "http", "-backend", "memory", "-port", str(_PORT), "-external-url", url]
    manifest = pod(
        "store",
        image,
        ["/server", *options],
        account="default",
        labels=_LABELS,
        automountServiceAccountToken=False,
        tolerations=[{"operator": "Exists"}],  # not evicted when a test taints a node
    )
    namespace.apply(manifest)
    _wait_for(url)


def _wait_for(url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/storage/v1/b", timeout=2).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return
