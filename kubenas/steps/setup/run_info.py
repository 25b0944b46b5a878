"""Host, pod, Kubeflow run and image of the process that started a search: ``origin.json``."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from kubenas.errors import ObjectExists
from kubenas.scheduling.kubernetes.names import KUBEFLOW_POD, STEP_CONTAINER
from kubenas.search.layout import search_folder
from kubenas.storage import Storage
from kubenas.storage.document import find_document
from kubenas.trial import Value

_RUN = "pipeline/runid"
_WORKFLOW = "workflows.argoproj.io/workflow"
_STATUS_SECONDS = 15.0
"""Seconds to wait for the container's image in the pod status, which follows its start."""
_POLL_SECONDS = 0.25

Pod = Mapping[str, Any]
"""A pod as returned by the API server."""


class RunInfo(Value):
    """``origin.json``. Unknown values are None."""

    at: float
    """Unix time."""
    host: str
    pod: str | None = None
    run: str | None = None
    """ID of the Kubeflow run."""
    workflow: str | None = None
    image: str | None = None
    """Image of the step's container, with its digest."""


def record_run_info(output: Storage, search: str, read_pod: Callable[[], Pod | None]) -> None:
    """Writes ``origin.json`` of ``search`` unless it exists.

    Args:
        output: The output of the search.
        search: ID of the search.
        read_pod: Returns the pod of this process; None outside of a cluster.
    """
    if output.exists(_file(search)):
        return
    pod = _read_started_pod(read_pod)
    metadata = pod["metadata"] if pod else {}
    labels = metadata.get("labels", {})
    run_info = RunInfo(
        at=time.time(),
        host=socket.gethostname(),
        pod=metadata.get("name") or os.environ.get(KUBEFLOW_POD),
        run=labels.get(_RUN),
        workflow=labels.get(_WORKFLOW),
        image=(_image(pod) or None) if pod else None,
    )
    with suppress(ObjectExists):
        output.create(_file(search), run_info.to_json())


def read_run_info(output: Storage, search: str) -> RunInfo | None:
    """Returns the run info of ``search``; None if it was not recorded."""
    return find_document(output, _file(search), RunInfo, what="run info")


def _read_started_pod(read_pod: Callable[[], Pod | None]) -> Pod | None:
    """Reads the pod until its status contains the image or the wait times out."""
    until = time.monotonic() + _STATUS_SECONDS
    pod = read_pod()
    while pod and _image(pod) is None and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
        pod = read_pod()
    return pod


def _image(pod: Pod) -> str | None:
    """Returns the image of the step's container.

    Empty if the pod has no such container, None if its status is not available yet.
    """
    statuses = pod.get("status", {}).get("containerStatuses", ())
    if not statuses:
        return None
    ours = [each.get("imageID") or None for each in statuses if each["name"] == STEP_CONTAINER]
    return ours[0] if ours else ""


def _file(search: str) -> str:
    return f"{search_folder(search)}/origin.json"
