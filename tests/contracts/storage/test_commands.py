"""Error messages of the commands that read an output, for missing and inaccessible buckets."""

import os

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from tests.contracts.storage import fault_proxy as faults
from tests.contracts.storage.servers import BUCKET
from tests.contracts.storage.test_errors import REFUSALS, ROLES

ENDPOINT = {"gs": "STORAGE_EMULATOR_HOST", "s3": "AWS_ENDPOINT_URL_S3"}
pytestmark = [
    pytest.mark.parametrize("command", ["status", "report", "gc"]),
    pytest.mark.parametrize("scheme", ENDPOINT),
]


@pytest.fixture(autouse=True)
def _server(scheme: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(scheme)


def said(command: str, uri: str) -> str:
    """Returns the single line on stderr."""
    done = CliRunner().invoke(kubenas, [command, uri])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_missing_bucket(scheme: str, command: str) -> None:
    line = said(command, f"{scheme}://nowhere/out")
    assert f"{scheme}://nowhere/out" in line
    assert "there is no bucket 'nowhere'" in line


def test_a_bucket_without_a_run(scheme: str, command: str) -> None:
    line = said(command, f"{scheme}://{BUCKET}/nothing")
    assert f"{scheme}://{BUCKET}/nothing: no run of kubenas found" in line


def test_a_bucket_without_read_permission(
    scheme: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faults.fault_proxy(os.environ[ENDPOINT[scheme]]) as proxy:
        monkeypatch.setenv(ENDPOINT[scheme], proxy.url)
        proxy.inject(faults.refuse(403, REFUSALS[scheme]), times=100)
        line = said(command, f"{scheme}://{BUCKET}/out")
    assert ROLES[scheme] in line
