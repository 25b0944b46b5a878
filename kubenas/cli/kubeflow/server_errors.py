"""Errors of a Kubeflow Pipelines server, with a suggested fix."""

import json

from kubenas.errors import KubenasError, UserError

_BUSY = (408, 429, 502, 503, 504)


class RequestRejected(UserError):
    """The server rejected the request, its credentials or its values."""


class AuthenticationRequired(RequestRejected):
    """The token is missing, wrong or has expired."""


class NotFound(RequestRejected):
    """The object does not exist, or the URL is not a Kubeflow Pipelines server."""


class Conflict(KubenasError):
    """The object to be created exists already."""


class ServerFailed(KubenasError):
    """The server failed. It is unknown whether the request took effect."""


class ServerUnavailable(KubenasError):
    """The server is busy or does not respond. It is unknown whether the request took effect."""


_KNOWN: dict[int, tuple[type[KubenasError], str, str]] = {
    401: (
        AuthenticationRequired,
        "not signed in",
        ": the token is missing or has expired; set KF_PIPELINES_TOKEN or --token-file to a new"
        " token, or use --iap-client-id",
    ),
    403: (
        RequestRejected,
        "not allowed",
        "; request the permission, set another --namespace, or renew an expired token",
    ),
    404: (
        NotFound,
        "not found",
        "; if this URL is not the API of Kubeflow Pipelines 2, use one such as"
        " http://localhost:8080 or https://kubeflow.example/pipeline",
    ),
    409: (Conflict, "already exists", "; run the same command again"),
}
"""Error class, meaning and fix by HTTP status."""


def error_from_response(status: int, body: str, *, operation: str, host: str) -> KubenasError:
    """Returns the error for an HTTP response.

    Args:
        status: status of the response.
        body: body of the response, usually JSON with a message.
        operation: the operation, such as "creating the run".
        host: host of the server.
    """
    said = message_in(body)
    where = f"{host}: {operation}"
    if status in _BUSY:
        return ServerUnavailable(
            f"{where}: the server is busy or restarts ({status}); try again later"
        )
    if status >= 500:
        return ServerFailed(
            f"{where}: the server failed ({status}){said}; check the log of its ml-pipeline pod,"
            " then run the same command again"
        )
    kind, means, remedy = _KNOWN.get(status, (RequestRejected, "rejected", ""))
    return kind(f"{where}: {means} ({status}){said}{remedy}")


def message_in(body: str) -> str:
    """Returns the message of a response body after a colon, or an empty string."""
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    text = content.get("message") or content.get("error_message") or content.get("error") or ""
    return f": {' '.join(str(text).split())[:500]}" if text else ""


def not_the_api(host: str) -> RequestRejected:
    """Returns the error for a response that is not from the API."""
    return RequestRejected(
        f"{host}: the response is not JSON of the API: sign in (KF_PIPELINES_TOKEN,"
        " --token-file or --iap-client-id), or use the URL of the API, such as"
        " http://localhost:8080 or https://kubeflow.example/pipeline"
    )
