"""Speaks to the API server: JSON over the official client's pool, at a polite rate.

The client's own models are not used: in version 30.1 they write DRA claims in an old form, and its
watch drops bookmarks.
"""

import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes.config import ConfigException

from kubenas import __version__
from kubenas.errors import KubenasError, UserError
from kubenas.scheduling.kubernetes.client.connection import Connection

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_TRANSIENT_STATUSES = {401, 408, 429, 500, 502, 503, 504}
"""Statuses that may pass; 401 too, for tokens are renewed."""

Object = Mapping[str, Any]
"""A Kubernetes object as JSON has it."""


class ApiRefused(UserError):
    """The API server understood and said no; asking again would not help."""

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status."""
        self.reason = reason
        """Kubernetes' word for it, such as AlreadyExists."""


class ApiUnavailable(KubenasError):
    """The API server did not answer or is too busy. What was asked may have been done."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before another try, as far as the server says."""


class RateLimit:
    """At most ``burst`` calls at once and ``per_second`` in the long run; safe for threads."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._ahead = self._interval * (burst - 1)
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleeps until a call may be made."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - self._ahead) + self._interval
            delay = self._next - self._interval - now
        if delay > 0:
            time.sleep(delay)


class Api:
    """Calls of one process to one cluster. Safe for threads.

    Args:
        connection: which cluster and as whom; tokens are renewed as they change.
        per_second: calls in the long run.
        burst: calls at once.
    """

    def __init__(
        self, connection: Connection, *, per_second: float = 50.0, burst: int = 100
    ) -> None:
        self.server = connection.server
        self.calls: Counter[str] = Counter()
        """Made so far, by HTTP method; a watch counts as GET."""
        self._client = connection.client
        self._pool = connection.client.rest_client.pool_manager
        self._limit = RateLimit(per_second, burst)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Object | None = None,
    ) -> dict[str, Any]:
        """The object that the API server answers with.

        Raises:
            ApiRefused: it said no.
            ApiUnavailable: it did not answer, or is too busy.
        """
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)
        with self._open(method, path, query or {}, body, timeout) as response:
            return self._parsed(response.data)

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, str | int], read_timeout: float
    ) -> Iterator["Stream"]:
        """A watch's events as they come; ends when the server ends it.

        Args:
            path: of the list that is watched.
            query: of the watch.
            read_timeout: seconds without a word after which the connection counts as lost.

        Raises:
            ApiRefused: it said no.
            ApiUnavailable: the connection was lost.
        """
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=read_timeout)
        with self._open("GET", path, query, None, timeout) as response:
            yield Stream(self, response)

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        body: Object | None,
        timeout: urllib3.Timeout,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        self._limit.wait()
        self.calls[method] += 1
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        with self.translated_errors():
            response = self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers=self._headers(),
                timeout=timeout,
                retries=False,
                preload_content=False,
            )
            try:
                self._check(response)
                yield response
            finally:
                response.release_conn() if response.isclosed() else response.close()

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Turns a broken connection into :class:`ApiUnavailable`."""
        try:
            yield
        except (urllib3.exceptions.HTTPError, OSError) as error:
            reason = type(error).__name__
            raise ApiUnavailable(
                f"{self.server}: the API server does not answer: {reason}"
            ) from error
        except ConfigException as error:
            raise ApiUnavailable(f"{self.server}: no credentials at present: {error}") from error
        except ValueError as error:
            raise ApiUnavailable(f"{self.server}: not the answer of an API server") from error

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"kubenas/{__version__}",
        }
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    def _check(self, response: urllib3.BaseHTTPResponse) -> None:
        if response.status < 300:
            return
        answer = self._parsed(response.data)
        message = answer.get("message") or f"HTTP {response.status}"
        if response.status in _TRANSIENT_STATUSES:
            retry_after = _seconds(response.headers.get("Retry-After"))
            raise ApiUnavailable(f"{self.server}: {message}", retry_after=retry_after)
        raise ApiRefused(message, status=response.status, reason=answer.get("reason") or "")

    @staticmethod
    def _parsed(data: bytes) -> dict[str, Any]:
        """``data`` as an object; a proxy's answer may be none."""
        try:
            parsed = json.loads(data)
        except ValueError:
            return {"message": data[:200].decode(errors="replace")}
        return parsed if isinstance(parsed, dict) else {}


class Stream:
    """The lines of a watch."""

    def __init__(self, api: Api, response: urllib3.BaseHTTPResponse) -> None:
        self._api = api
        self._response = response

    def __iter__(self) -> Iterator[dict[str, Any]]:
        rest = b""
        with self._api.translated_errors():
            for chunk in self._response.stream(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield json.loads(line)

    def close(self) -> None:
        """Ends it from another thread. The TLS layer is left alone: it is being read from."""
        with suppress(OSError, ValueError, AttributeError):  # it has ended by itself
            connection = socket.socket(fileno=os.dup(self._response.fileno()))
            with connection:
                connection.shutdown(socket.SHUT_RDWR)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
