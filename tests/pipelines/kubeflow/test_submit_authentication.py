"""``kubenas submit``: how a Kubeflow Pipelines server is reached and signed in to."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_ssl_devcert

from kubenas.cli.main import kubenas
from tests.pipelines.kubeflow.conftest import Kubenas
from tests.pipelines.kubeflow.server import KubeflowPipelines

CREATE_RUN = "POST /apis/v2beta1/runs"


def test_signing_in(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipelines.tokens = {"fresh"}
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "expired")
    done = run("submit", search_yaml)
    assert done.exit_code == 2
    assert "expired" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    file = tmp_path / "token"
    file.write_text("fresh\n")
    assert run("submit", search_yaml, "--token-file", file).exit_code == 0
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "fresh")
    assert run("submit", search_yaml).exit_code == 0
    monkeypatch.delenv("KF_PIPELINES_TOKEN")


def test_a_pods_own_token_is_for_the_kubeflow_that_its_environment_names(
    run: Kubenas,
    host: str,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipelines.tokens = {"fresh"}
    (tmp_path / "token").write_text("fresh\n")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", host)
    assert run("submit", search_yaml).exit_code == 0
    for named in ("http://localhost:1", host.replace("http://", "https://")):
        monkeypatch.setenv("KF_PIPELINES_ENDPOINT", named)
        pipelines.shown.clear()
        refused = run("submit", search_yaml)
        assert (refused.exit_code, "token is missing" in refused.stderr) == (2, True)
        assert pipelines.shown == {""}


def test_a_redirect_takes_no_token_along(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "fresh")
    other = KubeflowPipelines()
    with other.serving() as elsewhere:
        pipelines.elsewhere = elsewhere
        run("submit", search_yaml)
    assert pipelines.shown == {"Bearer fresh"}
    assert other.shown == {""}


def test_behind_an_identity_aware_proxy_without_credentials(
    run: Kubenas, search_yaml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    monkeypatch.setattr("kfp.client.auth.LOCAL_KFP_CREDENTIAL", str(tmp_path / "none.json"))
    done = run("submit", search_yaml, "--iap-client-id", "one.apps.googleusercontent.com")
    assert done.exit_code == 2
    assert "gcloud auth application-default login" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_server_that_is_down_a_wrong_address_and_a_sign_in_page(search_yaml: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        done = CliRunner().invoke(
            kubenas, ["submit", str(search_yaml), "--host", f"http://127.0.0.1:{port}"]
        )
    assert done.exit_code == 1
    assert "no response" in done.stderr
    assert "refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    pipelines = KubeflowPipelines()
    with pipelines.serving() as url:
        wrong = CliRunner().invoke(kubenas, ["submit", str(search_yaml), "--host", f"{url}/x"])
        assert (wrong.exit_code, "not the API of Kubeflow Pipelines 2" in wrong.stderr) == (2, True)
        pipelines.sign_in_page = True
        page = CliRunner().invoke(kubenas, ["submit", str(search_yaml), "--host", url])
        assert (page.exit_code, "sign in" in page.stderr) == (2, True)
    for wrong, hint in (("kubeflow", "http://"), ("http://[", "not a valid URL")):
        refused = CliRunner().invoke(kubenas, ["submit", str(search_yaml), "--host", wrong])
        assert (refused.exit_code, hint in refused.stderr) == (2, True)


def test_a_certificate_of_ones_own(
    run: Kubenas, search_yaml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_ssl_devcert(str(tmp_path / "own"), host="localhost")
    with KubeflowPipelines().serving(certificate) as url:
        stranger = run("submit", search_yaml, "--host", url)
        assert (stranger.exit_code, "SSL_CERT_FILE" in stranger.stderr) == (1, True)
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        assert run("submit", search_yaml, "--host", url).exit_code == 0
