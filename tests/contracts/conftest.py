"""Fixtures: the stores that the contract tests run against, listed in ``STORES``."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.storage import Storage, open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server

STORES = ("directory", "gs", "s3", "minio")


@pytest.fixture(scope="session")
def gs() -> Iterator[str]:
    """URI of a bucket on a real server."""
    with fake_gcs_server() as url, _environment(STORAGE_EMULATOR_HOST=url):
        yield f"gs://{BUCKET}"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """URI of a bucket on a real server."""
    with (
        moto_server() as url,
        _environment(
            AWS_ENDPOINT_URL_S3=url,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_REGION="us-east-1",
        ),
    ):
        yield f"s3://{BUCKET}"


@pytest.fixture(scope="session")
def minio(s3: str) -> str:
    """URI of the same bucket with the scheme minio."""
    return s3.replace("s3://", "minio://")


@pytest.fixture(params=STORES)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    """An empty store of each kind."""
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path / "cache"))
    if request.param == "directory":
        return open_storage(str(tmp_path / "store"))
    bucket = request.getfixturevalue(request.param)
    return open_storage(f"{bucket}/{uuid.uuid4().hex}/store")


class _environment:  # noqa: N801 - a context manager
    def __init__(self, **values: str) -> None:
        self._values = values
        self._before = {name: os.environ.get(name) for name in values}

    def __enter__(self) -> None:
        os.environ.update(self._values)

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
