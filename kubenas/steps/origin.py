"""Where a search was run: ``origin.json``, of the process that took it up first."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from kubenas.errors import ObjectExists
from kubenas.search.layout import search_folder
from kubenas.storage import Storage
from kubenas.trial import Value

_RUN = "pipeline/runid"
_WORKFLOW = "workflows.argoproj.io/workflow"
_CONTAINER = "main"


class Origin(Value):
    """What is known of the process. Fields that it could not find out are None."""

    at: float
    """Unix time."""
    host: str
    pod: str | None = None
    run: str | None = None
    """Id of the Kubeflow run."""
    workflow: str | None = None
    image: str | None = None
    """Of the step's container, by digest."""


def record_origin(output: Storage, search: str, pod: Mapping[str, Any] | None) -> None:
    """Writes down where ``search`` is run, once.

    Args:
        output: the root that it is below.
        search: its id.
        pod: the pod that this process is, as the API server tells it; None: not known.
    """
    metadata = pod["metadata"] if pod else {}
    labels = metadata.get("labels", {})
    origin = Origin(
        at=time.time(),
        host=socket.gethostname(),
        pod=metadata.get("name") or os.environ.get("KFP_POD_NAME"),
        run=labels.get(_RUN),
        workflow=labels.get(_WORKFLOW),
        image=_image(pod) if pod else None,
    )
    with suppress(ObjectExists):
        output.create(_file(search), origin.to_json())


def read_origin(output: Storage, search: str) -> Origin | None:
    """Where ``search`` was run; None: it was not written down."""
    name = _file(search)
    return Origin.from_json(output.read(name)) if output.exists(name) else None


def _image(pod: Mapping[str, Any]) -> str | None:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    found = [each.get("imageID") for each in statuses if each.get("name") == _CONTAINER]
    return (found[0] or None) if found else None


def _file(search: str) -> str:
    return f"{search_folder(search)}/origin.json"
