"""What a Kubeflow Pipelines server's refusals mean, in one line that says what to do."""

import json

from kubenas.errors import KubenasError, UserError

_BUSY = (408, 429, 502, 503, 504)


class RequestRejected(UserError):
    """The server does not do this for these credentials, or not with these values."""


class AuthenticationRequired(RequestRejected):
    """The token is missing, wrong or has expired."""


class NotFound(RequestRejected):
    """The server has no such thing, or is none of Kubeflow Pipelines."""


class Conflict(KubenasError):
    """What was to be created exists."""


class ServerFailed(KubenasError):
    """The server broke over a request. Whether it did what was asked is not known."""


class ServerUnavailable(KubenasError):
    """The server does not answer, or is too busy to. Whether it did what was asked is not known."""


_KNOWN: dict[int, tuple[type[KubenasError], str, str]] = {
    401: (
        AuthenticationRequired,
        "not signed in",
        ": the token is missing or has expired; put a fresh one into KF_PIPELINES_TOKEN or"
        " --token-file, or give --iap-client-id",
    ),
    403: (
        RequestRejected,
        "not allowed",
        "; ask for the right, give another --namespace, or a fresh token if this one has expired",
    ),
    404: (
        NotFound,
        "not found",
        "; if there is no Kubeflow Pipelines 2 at this address, give that of its API, such as"
        " http://localhost:8080 or https://kubeflow.example/pipeline",
    ),
    409: (Conflict, "it exists already", "; run the same command again"),
}
"""By HTTP status: the error, what it means, and what to do."""


def error_from_response(status: int, body: str, *, doing: str, host: str) -> KubenasError:
    """The error that an answer with ``status`` and ``body`` means.

    Args:
        status: of the HTTP answer.
        body: of the answer; most are JSON with a message.
        doing: what was asked for, such as "creating the run".
        host: of the server.
    """
    said = message_in(body)
    where = f"{host}: {doing}"
    if status in _BUSY:
        return ServerUnavailable(
            f"{where}: the server is busy or restarts ({status}); try again later"
        )
    if status >= 500:
        return ServerFailed(
            f"{where}: the server failed ({status}){said}; look at the log of its ml-pipeline pod,"
            " then run the same command again"
        )
    kind, means, remedy = _KNOWN.get(status, (RequestRejected, "refused", ""))
    return kind(f"{where}: {means} ({status}){said}{remedy}")


def message_in(body: str) -> str:
    """The message in an answer's body, with a colon before it; the empty text without one."""
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    text = content.get("message") or content.get("error_message") or content.get("error") or ""
    return f": {' '.join(str(text).split())[:500]}" if text else ""


def not_the_api(host: str) -> RequestRejected:
    """The error that an answer which is none of the API's means."""
    return RequestRejected(
        f"{host}: answers with a page instead of the API's JSON: sign in (KF_PIPELINES_TOKEN,"
        " --token-file or --iap-client-id), or give the address of the API, such as"
        " http://localhost:8080 or https://kubeflow.example/pipeline"
    )
