"""Where a search was run: ``origin.json``, of the process that took it up first."""

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
_PATIENCE = 15.0
"""Seconds in which a node says what it has started; it does so after the container runs."""
_LOOK = 0.25
"""Seconds between two looks."""

Pod = Mapping[str, Any]
"""A pod as the API server tells it."""


class RunInfo(Value):
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


def record_run_info(output: Storage, search: str, ask: Callable[[], Pod | None]) -> None:
    """Writes down where ``search`` is run, once.

    Args:
        output: the root that it is below.
        search: its id.
        ask: for the pod that this process is; None: it is none.
    """
    if output.exists(_file(search)):
        return
    pod = _reported(ask)
    metadata = pod["metadata"] if pod else {}
    labels = metadata.get("labels", {})
    origin = RunInfo(
        at=time.time(),
        host=socket.gethostname(),
        pod=metadata.get("name") or os.environ.get(KUBEFLOW_POD),
        run=labels.get(_RUN),
        workflow=labels.get(_WORKFLOW),
        image=(_image(pod) or None) if pod else None,
    )
    with suppress(ObjectExists):
        output.create(_file(search), origin.to_json())


def read_run_info(output: Storage, search: str) -> RunInfo | None:
    """Where ``search`` was run; None: it was not written down."""
    return find_document(output, _file(search), RunInfo, what="where a search was run")


def _reported(ask: Callable[[], Pod | None]) -> Pod | None:
    """The pod with what its node says of it, or without if the node keeps silent."""
    until = time.monotonic() + _PATIENCE
    pod = ask()
    while pod and _image(pod) is None and time.monotonic() < until:
        time.sleep(_LOOK)
        pod = ask()
    return pod


def _image(pod: Pod) -> str | None:
    """Of the step's container; empty: the pod has no such one; None: its node has yet to say."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    if not statuses:
        return None
    ours = [each.get("imageID") or None for each in statuses if each["name"] == STEP_CONTAINER]
    return ours[0] if ours else ""


def _file(search: str) -> str:
    return f"{search_folder(search)}/origin.json"
