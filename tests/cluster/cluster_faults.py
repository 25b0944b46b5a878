"""Faults of the cluster: its API server stops, or a node's kubelet hangs.

They use a command named by CLUSTER_FAULTS, which can ``stop``, ``start``, ``pause`` and
``resume`` a component such as ``kube-apiserver`` or ``kubelet-<node>``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.images import run


class Components:
    """Components of the cluster."""

    def __init__(self, command: str) -> None:
        self._command = command

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Stops the component while entered."""
        run(self._command, "stop", name)
        try:
            yield
        finally:
            run(self._command, "start", name)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Suspends the component's process while entered."""
        run(self._command, "pause", name)
        try:
            yield
        finally:
            run(self._command, "resume", name)


@pytest.fixture
def components() -> Components:
    if "CLUSTER_FAULTS" not in os.environ:
        pytest.skip("CLUSTER_FAULTS, a command that stops components, is not set")
    return Components(os.environ["CLUSTER_FAULTS"])
