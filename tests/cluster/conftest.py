"""Fixtures of tests on a real cluster, named by KUBECONFIG, which pulls images from REGISTRY.

Every test has its own namespace with the chart installed. Images are built and pushed once.
"""

import os
from collections.abc import Iterator

import pytest

from kubenas.storage import Storage, open_storage
from tests.cluster.cluster_faults import components
from tests.cluster.fault_table import pytest_terminal_summary  # noqa: F401 - a hook
from tests.cluster.images import Images, publish_images
from tests.cluster.namespace import Namespace, fresh_namespace
from tests.cluster.object_store import ObjectStore, object_store
from tests.cluster.stand_in_pods import make_runner, make_spec

__all__ = ["components", "make_runner", "make_spec"]  # fixtures of several files


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.get_closest_marker("cluster"):
            continue
        if "KUBECONFIG" not in os.environ:
            item.add_marker(pytest.mark.skip(reason="no cluster: KUBECONFIG is not set"))
        if not item.get_closest_marker("timeout"):  # the first one builds the images
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def images() -> Images:
    """Images of this checkout, in the cluster's registry and on its nodes."""
    images = publish_images()
    with fresh_namespace(images, "kubenas-images") as everywhere:
        everywhere.install_chart(
            prePull__enabled=True, prePull__images=[images.controller, images.trainer]
        )
        everywhere.kubectl("rollout", "status", "daemonset/kubenas-pre-pull", "--timeout=600s")
    return images


@pytest.fixture(scope="session")
def store(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """An object store with the same URI for this process and for pods."""
    with (
        object_store(images, tmp_path_factory.mktemp("store")) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("KUBENAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture
def namespace(images: Images, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A fresh namespace with the chart installed. Its objects are printed if the test fails."""
    with fresh_namespace(images) as fresh:
        fresh.install_chart()
        failed = request.session.testsfailed
        yield fresh
        if request.session.testsfailed > failed:
            print(fresh.describe())  # noqa: T201 - pytest shows it with the failure


@pytest.fixture
def output(store: ObjectStore, namespace: Namespace) -> Storage:
    """An empty output in the object store for this test."""
    return open_storage(f"{store.uri}/{namespace.name}")
