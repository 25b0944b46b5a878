"""List and watch with a real API server: pages, expired versions, lost connections."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubenas.scheduling.kubernetes.client import watch as kubernetes_watch
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable, Stream
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.scheduling.kubernetes.client.watch import (
    Change,
    Deleted,
    Listed,
    Observed,
    Watch,
    WatchFailed,
)
from tests.cluster.images import run
from tests.cluster.namespace import Namespace
from tests.cluster.serving.place import wait_for

pytestmark = pytest.mark.cluster


ALL = {"m0", "m1", "m2", "m3", "m4"}
CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps"
_KIND = "Young"
_GROUP = "watched.kubenas.dev"
_CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"youngs.{_GROUP}"},
    "spec": {
        "group": _GROUP,
        "scope": "Namespaced",
        "names": {"plural": "youngs", "singular": "young", "kind": _KIND},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


class Names:
    """Watches the names of the test's objects at ``path``."""

    def __init__(self, namespace: Namespace, path: str = CONFIG_MAPS) -> None:
        self.api = Api(connect())
        self.changes: queue.SimpleQueue[Change[str]] = queue.SimpleQueue()
        self.watch: Watch[str] = Watch(
            self.api,
            path.format(namespace.name),
            selector="test=watch",
            view=lambda item: str(item["metadata"]["name"]),
            on_change=self.changes.put,
        )

    def next(self) -> Any:
        return self.changes.get(timeout=60)

    def listed(self) -> set[str]:
        change = self.next()
        assert isinstance(change, Listed)
        return set(change.views)


@pytest.fixture
def names(namespace: Namespace) -> Iterator[Names]:
    make(namespace, *ALL)
    with closed_after(Names(namespace)) as watching:
        yield watching


@contextmanager
def closed_after(names: Names) -> Iterator[Names]:
    try:
        yield names
    finally:
        names.watch.close()
    names.watch._thread.join(60)  # it may be opening a connection
    assert not names.watch.alive


@pytest.fixture
def young() -> Iterator[str]:
    """A new kind, whose first resourceVersions the API server has no events for."""
    run("kubectl", "apply", "-f", "-", stdin=json.dumps(_CRD))
    path = f"/apis/{_GROUP}/v1/namespaces/{{}}/youngs"
    try:
        wait_for(lambda: is_served(path.format("default")))
        yield path
    finally:
        run("kubectl", "delete", "crd", _CRD["metadata"]["name"])


def is_served(path: str) -> bool:
    try:
        Api(connect()).call("GET", path)
    except (ApiUnavailable, ApiRefused):  # unknown, or "storage is (re)initializing"
        return False
    return True


def make(namespace: Namespace, *names: str, version: str = "v1", kind: str = "ConfigMap") -> None:
    for name in names:
        metadata = {"name": name, "labels": {"test": "watch"}}
        namespace.apply({"apiVersion": version, "kind": kind, "metadata": metadata})


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_watch, "_PAGE", 2)


def test_paged_list_is_complete(small_pages: None, names: Names) -> None:
    assert names.listed() == ALL
    assert names.api.calls["GET"] >= 3


def test_changes_are_reported(names: Names, namespace: Namespace) -> None:
    names.listed()
    make(namespace, "new")
    assert names.next() == Observed("new")
    namespace.kubectl("delete", "configmap", "new")
    assert names.next() == Deleted("new")


def test_expired_version_leads_to_a_new_list(young: str, namespace: Namespace) -> None:
    make(namespace, *ALL, version=f"{_GROUP}/v1", kind=_KIND)
    with closed_after(Names(namespace, young)) as names:
        names.listed()
        names.watch._version = "1"
        drop(names)
        assert names.listed() == ALL


def test_lost_connection_is_resumed(names: Names, namespace: Namespace) -> None:
    names.listed()
    for name in ("one", "two"):
        drop(names)
        make(namespace, name)
        assert names.next() == Observed(name)


def test_list_follows_a_reported_failure(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.listed()
    stream, away = names.api.stream, iter([ApiUnavailable("away")] * 2)

    def refused_twice(*arguments: Any, **options: Any) -> Stream:
        for error in away:
            raise error
        return stream(*arguments, **options)

    monkeypatch.setattr(names.api, "stream", refused_twice)
    drop(names)
    assert isinstance(names.next(), WatchFailed)
    assert names.listed() == ALL


def drop(names: Names) -> None:
    while names.watch._stream is None:
        pass
    names.watch._stream.close()
