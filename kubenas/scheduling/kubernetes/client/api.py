"""A JSON client of the Kubernetes API server with a rate limit.

It uses the connection pool of the official client, but not its models: version 30.1 writes DRA
claims in an old form, and its watch drops bookmarks.
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
"""Statuses that may change on a retry. Includes 401 because tokens are renewed."""

Object = Mapping[str, Any]
"""A Kubernetes object as decoded JSON."""


class ApiRefused(UserError):
    """The API server rejected the request; a retry would not help."""

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status."""
        self.reason = reason
        """Kubernetes' reason, such as AlreadyExists."""


class ApiUnavailable(KubenasError):
    """The API server did not answer or is overloaded. It may have executed the request."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before a retry, from the Retry-After header; 0 without one."""


class RateLimit:
    """A token bucket: ``per_second`` calls on average, bursts of ``burst``. Thread-safe."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._ahead = self._interval * (burst - 1)
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Blocks until a call is allowed."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - self._ahead) + self._interval
            delay = self._next - self._interval - now
        if delay > 0:
            time.sleep(delay)


class Api:
    """API client of one process for one cluster. Thread-safe.

    Args:
        connection: cluster and credentials; tokens are renewed when they change.
        per_second: average rate of calls.
        burst: maximum number of calls at once.
    """

    def __init__(
        self, connection: Connection, *, per_second: float = 50.0, burst: int = 100
    ) -> None:
        self.server = connection.server
        self.calls: Counter[str] = Counter()
        """Number of calls so far, by HTTP method; a watch counts as GET."""
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
        """Sends a request and returns the object in the answer.

        Raises:
            ApiRefused: the API server rejected the request.
            ApiUnavailable: the API server did not answer or is overloaded.
        """
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)
        with self._open(method, path, query or {}, body, timeout) as response:
            return self._parsed(response.data)

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, str | int], read_timeout: float
    ) -> Iterator["Stream"]:
        """Opens a watch and yields its stream of events, which ends when the server ends it.

        Args:
            path: path of the list to watch.
            query: query parameters of the watch.
            read_timeout: seconds without data after which the connection counts as lost.

        Raises:
            ApiRefused: the API server rejected the request.
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
        """Raises errors of the connection as :class:`ApiUnavailable`."""
        try:
            yield
        except (urllib3.exceptions.HTTPError, OSError) as error:
            reason = type(error).__name__
            raise ApiUnavailable(
                f"{self.server}: the API server does not answer: {reason}"
            ) from error
        except ConfigException as error:
            raise ApiUnavailable(f"{self.server}: credentials not available: {error}") from error
        except ValueError as error:
            raise ApiUnavailable(f"{self.server}: the answer is not valid JSON") from error

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
        """Decodes ``data`` as a JSON object. A proxy may answer with something else."""
        try:
            parsed = json.loads(data)
        except ValueError:
            return {"message": data[:200].decode(errors="replace")}
        return parsed if isinstance(parsed, dict) else {}


class Stream:
    """Events of a watch, one JSON object per line."""

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
        """Closes the stream from another thread.

        Shuts down the socket only: the TLS layer is in use by the reading thread.
        """
        with suppress(OSError, ValueError, AttributeError):  # already closed
            connection = socket.socket(fileno=os.dup(self._response.fileno()))
            with connection:
                connection.shutdown(socket.SHUT_RDWR)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
