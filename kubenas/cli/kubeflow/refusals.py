"""What a Kubeflow Pipelines server's refusals mean, in one line that says what to do."""

import json
from collections.abc import Callable

from kubenas.errors import KubenasError, UserError

_BUSY = (408, 429, 502, 503, 504)


class Refused(UserError):
    """The server does not do this for these credentials, or not with these values."""


class SignInNeeded(Refused):
    """The token is missing, wrong or has expired."""


class Conflict(KubenasError):
    """What was to be created exists."""


class ServerFailed(KubenasError):
    """The server broke over a request. Whether it did what was asked is not known."""


class ServerAway(KubenasError):
    """The server does not answer, or is too busy to. Whether it did what was asked is not known."""


def refusal(status: int, body: str, *, doing: str, host: str) -> KubenasError:
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
        return ServerAway(f"{where}: the server is busy or restarts ({status}); try again later")
    if status >= 500:
        return ServerFailed(
            f"{where}: the server failed ({status}){said}; look at the log of its ml-pipeline pod,"
            " then run the same command again"
        )
    known = _KNOWN.get(status)
    return known(where, said) if known else Refused(f"{where}: refused ({status}){said}")


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


def no_api(host: str) -> Refused:
    """The error that an answer which is none of the API's means."""
    return Refused(
        f"{host}: answers with a page instead of the API's JSON: sign in (KF_PIPELINES_TOKEN,"
        " --token-file or --iap-client-id), or give the address of the API, such as"
        " http://localhost:8888 or https://kubeflow.example/pipeline"
    )


def _unauthenticated(where: str, said: str) -> KubenasError:
    return SignInNeeded(
        f"{where}: not signed in (401){said}: the token is missing or has expired; put a fresh one"
        " into KF_PIPELINES_TOKEN or --token-file, or give --iap-client-id"
    )


def _forbidden(where: str, said: str) -> KubenasError:
    return Refused(
        f"{where}: not allowed (403){said}; ask for the right, give another --namespace, or a"
        " fresh token if this one has expired"
    )


def _not_found(where: str, said: str) -> KubenasError:
    return Refused(
        f"{where}: not found (404){said}; if there is no Kubeflow Pipelines 2 at this address, give"
        " that of its API, such as http://localhost:8888 or https://kubeflow.example/pipeline"
    )


def _conflict(where: str, said: str) -> KubenasError:
    return Conflict(f"{where}: it exists already (409){said}; run the same command again")


_KNOWN: dict[int, Callable[[str, str], KubenasError]] = {
    401: _unauthenticated,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
}
