"""Faults of the cluster itself: its API server stops, a node's kubelet hangs.

They take a command, named by CLUSTER_FAULTS, that knows ``stop``, ``start``, ``pause`` and
``resume`` of a component such as ``kube-apiserver`` or ``kubelet-<node>``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.images import run


class Components:
    """What the cluster is made of."""

    def __init__(self, command: str) -> None:
        self._command = command

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Without the component."""
        run(self._command, "stop", name)
        try:
            yield
        finally:
            run(self._command, "start", name)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """With the component there, and deaf."""
        run(self._command, "pause", name)
        try:
            yield
        finally:
            run(self._command, "resume", name)


@pytest.fixture
def components() -> Components:
    if "CLUSTER_FAULTS" not in os.environ:
        pytest.skip("no command breaks this cluster's components: CLUSTER_FAULTS is not set")
    return Components(os.environ["CLUSTER_FAULTS"])
