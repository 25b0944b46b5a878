"""Errors of buckets: one line that names the URI and the remedy."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.errors import (
    ObjectNotFound,
    StorageDenied,
    StorageError,
    StorageUnreachable,
    UserError,
)
from kubenas.storage import Storage, open_storage
from kubenas.storage.gcs import GcsBucket
from kubenas.storage.remote import RemoteStorage
from kubenas.storage.s3.bucket import S3Bucket
from tests.contracts.storage import fault_proxy as faults
from tests.contracts.storage.servers import BUCKET, free_port

BUCKETS = ("gs", "s3")


@pytest.fixture(params=BUCKETS)
def missing_bucket(request: pytest.FixtureRequest) -> Storage:
    request.getfixturevalue(request.param)
    return open_storage(f"{request.param}://nowhere/out")


def test_every_operation_names_a_missing_bucket(missing_bucket: Storage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for work in (
        lambda: missing_bucket.create("object", b""),
        lambda: missing_bucket.write("object", b""),
        lambda: list(missing_bucket.list()),
        lambda: missing_bucket.stage("data"),
        lambda: missing_bucket.upload_tree(tmp_path, "tree"),
    ):
        with pytest.raises(StorageError, match="no bucket 'nowhere'") as caught:
            work()
        assert not isinstance(caught.value, ObjectNotFound)
        assert str(caught.value).startswith(f"{missing_bucket.uri}/")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without credentials."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "STORAGE_", "CLOUDSDK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # skip the metadata server of Google's machines
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # skip that of Amazon's machines


def test_no_credentials_for_google(nobody: None) -> None:
    with pytest.raises(StorageDenied, match=r"^gs://bucket: .*GOOGLE_APPLICATION_CREDENTIALS"):
        open_storage("gs://bucket/out")


def test_no_credentials_for_s3(nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StorageDenied, match=r"^s3://bucket/out/x: .*AWS_ACCESS_KEY_ID"):
        open_storage("s3://bucket/out").read("x")


def test_gs_server_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    storage = RemoteStorage(GcsBucket(BUCKET, retry_seconds=1), "out")
    with pytest.raises(StorageUnreachable, match=r"^gs://bucket/out/x: cannot reach"):
        storage.read("x")


def test_s3_server_is_unreachable(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    storage = RemoteStorage(S3Bucket(BUCKET, retry_seconds=1), "out")
    with pytest.raises(StorageUnreachable, match=r"^s3://bucket/out/x: cannot reach"):
        storage.write("x", b"")


@pytest.fixture
def strict_s3(s3: str) -> Iterator[str]:
    """The S3 server with access control enabled and no known keys."""
    _check_keys_after(0)
    yield s3
    _check_keys_after(float("inf"))


def test_unknown_keys_are_denied_by_s3(strict_s3: str) -> None:
    with pytest.raises(StorageDenied, match=r"^s3://bucket/out/x: .*AWS_ACCESS_KEY_ID"):
        open_storage(f"{strict_s3}/out").write("x", b"")


REFUSALS = {
    "gs": b'{"error": {"code": 403, "message": "no storage.objects.create access"}}',
    "s3": b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
}
ROLES = {"gs": "roles/storage.objectUser", "s3": "s3:PutObject"}


@pytest.mark.parametrize("scheme", BUCKETS)
def test_a_missing_permission_is_named(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.getfixturevalue(scheme)
    variable = {"gs": "STORAGE_EMULATOR_HOST", "s3": "AWS_ENDPOINT_URL_S3"}[scheme]
    with faults.fault_proxy(os.environ[variable]) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        storage = open_storage(f"{scheme}://{BUCKET}/out")
        proxy.inject(faults.refuse(403, REFUSALS[scheme]), times=10)
        with pytest.raises(StorageDenied, match=ROLES[scheme]):
            storage.write("x", b"")
        assert len([method for method in proxy.seen if method != "GET"]) == 1  # not retried


@pytest.mark.parametrize("uri", ["gs://", "s3:///folder", "minio://"])
def test_a_uri_without_a_bucket(uri: str) -> None:
    with pytest.raises(UserError, match="no bucket"):
        open_storage(uri)


def _check_keys_after(requests: float) -> None:
    url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/moto-api/reset-auth"
    request = urllib.request.Request(url, data=str(requests).encode(), method="POST")
    request.add_header("Content-Type", "text/plain")
    urllib.request.urlopen(request).close()
