"""The kfp client: connection and authentication to a Kubeflow Pipelines server."""

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kfp.client
import urllib3
from kfp.client import auth
from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials
from kfp_server_api import ApiException

from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.kubeflow.server_errors import (
    AuthenticationRequired,
    RequestRejected,
    ServerUnavailable,
    error_from_response,
    not_the_api,
)
from kubenas.errors import UserError

_ENDPOINT_VARIABLE = "KF_PIPELINES_ENDPOINT"
TOKEN_VARIABLE = "KF_PIPELINES_TOKEN"  # noqa: S105  the name of a variable
_SECONDS = (10.0, 60.0)
"""Connect timeout and read timeout."""
_UNREAD = {"_preload_content": False, "_request_timeout": _SECONDS}
"""Raw responses: the client would parse a sign-in page as an empty object."""
_TAIL_BYTES, _MOST_BYTES = 256 << 10, 64 << 20
"""Limits for a log: bytes kept of its end, and bytes read in total."""

JsonObject = dict[str, Any]


class PipelinesClient(kfp.client.Client):  # type: ignore[misc]
    """The kfp client with checked responses and translated errors."""

    def ask(
        self, operation: str, call: Callable[..., Any], /, *given: Any, **named: Any
    ) -> JsonObject:
        """Calls a method of the kfp API and returns the JSON object of the response.

        Args:
            operation: the operation, for error messages, such as "creating the run".
            call: method of the API; called with the further arguments.

        Raises:
            RequestRejected, Conflict: the server rejected the request.
            ServerFailed, ServerUnavailable: the server failed or did not respond.
        """
        with self._translate_errors(operation):
            data = call(*given, **named, **_UNREAD).data
        try:
            content = json.loads(data or b"{}")
        except ValueError as error:
            raise not_the_api(self._existing_config.host) from error
        if not isinstance(content, dict):
            raise not_the_api(self._existing_config.host)
        return content

    def tail(self, operation: str, path: str) -> str:
        """Returns the end of the text at ``path``, whatever its length.

        Raises:
            RequestRejected, ServerFailed, ServerUnavailable: see :meth:`ask`.
        """
        with self._translate_errors(operation):
            answer = self.get(path, **_UNREAD)
            try:
                return _end(answer.stream(64 << 10)).decode(errors="replace")
            finally:
                answer.close()

    def get(self, path: str, **how: Any) -> Any:
        """Sends GET for ``path``, for paths without a method in the kfp API."""
        return self.runs.api_client.call_api(path, "GET", auth_settings=["Bearer"], **how)

    @contextmanager
    def _translate_errors(self, operation: str) -> Iterator[None]:
        host = self._existing_config.host
        try:
            yield
        except ApiException as error:
            if not error.status:
                raise _away(host, operation, error) from error
            raise error_from_response(
                error.status, error.body or "", operation=operation, host=host
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise _away(host, operation, error) from error
        except OSError as error:
            raise RequestRejected(f"{operation}: the token file cannot be read: {error}") from error

    def get_kfp_healthz(self, sleep_duration: int = 5) -> SimpleNamespace:  # noqa: ARG002
        """Returns whether the server is multi-user.

        Overridden because the original retries five times and hides the cause of a failure.
        """
        found = self.ask("checking the server's health", self.healthzs.healthz_service_get_healthz)
        return SimpleNamespace(multi_user=found.get("multi_user") is True)

    def use_token_file(self, file: Path) -> None:
        """Reads the token from ``file`` for each request."""
        hook = ServiceAccountTokenVolumeCredentials(str(file)).refresh_api_key_hook
        self._existing_config.refresh_api_key_hook = hook

    @property
    def page(self) -> str:
        """Base URL of the user interface, without ``/#/runs/...``."""
        return str(self._get_url_prefix()).rstrip("/")


def connect(connection: Connection) -> PipelinesClient:
    """Connects to the server.

    Raises:
        UserError: the URL is missing or invalid, the token file cannot be read, or the server
            rejected the request.
        ServerFailed, ServerUnavailable: the server failed or did not respond.
    """
    host = _checked_host(connection.host or os.environ.get(_ENDPOINT_VARIABLE))
    token = _token(connection)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it logs each retry
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")  # on servers of version 1
        try:
            client = PipelinesClient(
                host=host,
                client_id=connection.iap_client_id,
                existing_token=token,
                ssl_ca_cert=os.environ.get("SSL_CERT_FILE"),
                credentials=None if token else _mounted_token(connection),
            )
        except auth.google.auth.exceptions.GoogleAuthError as error:
            said = " ".join(str(error).split())
            raise AuthenticationRequired(
                f"--iap-client-id: no token for the Identity-Aware Proxy; sign in with 'gcloud auth"
                f" application-default login' or a service account: {said}"
            ) from error
    if connection.token_file is not None:
        client.use_token_file(connection.token_file)
    return client


def _end(chunks: Iterable[bytes]) -> bytes:
    kept, seen = b"", 0
    for chunk in chunks:
        kept, seen = (kept + chunk)[-_TAIL_BYTES:], seen + len(chunk)
        if seen > _MOST_BYTES:
            break
    return kept


def _away(host: str, operation: str, error: object) -> ServerUnavailable:
    reason = getattr(error, "reason", error)
    remedy = "check that the server is running and the URL is correct"
    if isinstance(reason, urllib3.exceptions.SSLError):
        remedy = "for a private certificate authority, set SSL_CERT_FILE to its certificates"
    return ServerUnavailable(
        f"{host}: {operation}: no response; {remedy} ({' '.join(str(reason).split())})"
    )


def _checked_host(host: str | None) -> str | None:
    if host is None:
        if not os.environ.get("KUBERNETES_SERVICE_HOST"):
            raise UserError(
                "--host: set the URL of Kubeflow Pipelines, such as http://localhost:8080 after"
                " 'kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80'"
            )
        return None
    return _checked_url(host)


def _checked_url(host: str) -> str:
    if not host.startswith(("http://", "https://")):
        raise UserError(f"--host: {host!r} must start with http:// or https://")
    try:
        urllib3.util.parse_url(host)
    except urllib3.exceptions.LocationParseError as error:
        raise UserError(f"--host: {host!r} is not a valid URL") from error
    return host.rstrip("/")


def _token(connection: Connection) -> str | None:
    path = connection.token_file
    if path is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--token-file: {path}: cannot be read: {error}") from error
    if not token:
        raise UserError(f"--token-file: {path}: the file is empty; write a token into it")
    return token


def _mounted_token(connection: Connection) -> ServiceAccountTokenVolumeCredentials | None:
    """Returns the service account token mounted into this pod, if the host is in its cluster."""
    variable, usual = kfp.client.KF_PIPELINES_SA_TOKEN_ENV, kfp.client.KF_PIPELINES_SA_TOKEN_PATH
    mounted = Path(os.environ.get(variable) or usual)
    if connection.iap_client_id is not None or not mounted.is_file():
        return None
    if connection.host is not None and not _is_of_this_cluster(connection.host):
        return None
    return ServiceAccountTokenVolumeCredentials(str(mounted))


def _is_of_this_cluster(host: str) -> bool:
    """Whether ``host`` is KF_PIPELINES_ENDPOINT or a Service of this cluster."""
    asked = urllib3.util.parse_url(host)
    if named := os.environ.get(_ENDPOINT_VARIABLE):
        meant = urllib3.util.parse_url(_checked_url(named))
        if (asked.scheme, asked.host, asked.port) == (meant.scheme, meant.host, meant.port):
            return True
    return (asked.host or "").endswith((".svc", ".svc.cluster.local"))
