"""A list and watch of one kind of object, like client-go's reflector.

Lists in pages, then watches from the list's resourceVersion with bookmarks. Resumes after a lost
connection. Lists again if the version is too old (410), after a reported failure, and periodically.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kubenas.errors import KubenasError
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable, Stream

_PAGE = 500
_WATCH_SECONDS = 60
"""Timeout of a watch on the server; limits how long a dead connection goes unnoticed."""
_RELIST_SECONDS = 600.0
_LONGEST_PAUSE = 15.0
_CLOSE_SECONDS = 2.0
_GONE = 410

View = TypeVar("View")


@dataclass(frozen=True)
class Observed(Generic[View]):
    """An object was added or modified."""

    view: View


@dataclass(frozen=True)
class Deleted(Generic[View]):
    """An object was deleted; ``view`` is its last state."""

    view: View


@dataclass(frozen=True)
class Listed(Generic[View]):
    """All current objects."""

    views: tuple[View, ...]
    asked_at: float
    """Start of the list on the monotonic clock. Objects created earlier are listed or deleted."""


@dataclass(frozen=True)
class WatchFailed:
    """The watch is interrupted because of ``error`` and will be retried."""

    error: KubenasError


Change = Observed[View] | Deleted[View] | Listed[View] | WatchFailed


class _TooOld(Exception):
    """The server no longer has events since our last resourceVersion."""


class Watch(Generic[View]):
    """Watches objects in its own thread until it is closed.

    Args:
        api: client of the cluster.
        path: path of the list.
        selector: label selector.
        view: converts an object; returns None to ignore it.
        on_change: called with each change in the thread of the watch.
    """

    def __init__(
        self,
        api: Api,
        path: str,
        *,
        selector: str,
        view: Callable[[Mapping[str, Any]], View | None],
        on_change: Callable[[Change[View]], None],
    ) -> None:
        self._api = api
        self._path = path
        self._selector = selector
        self._view = view
        self._on_change = on_change
        self._closed = threading.Event()
        self._stream: Stream | None = None
        self._version = ""
        """resourceVersion of the last event; empty before the first list."""
        self._listed_at = 0.0
        self._failures = 0
        """Failures in a row."""
        self._thread = threading.Thread(target=self._run, name=f"watch {path}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs. If it does not and the watch is not closed, there is a bug."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Ends the watch."""
        self._closed.set()
        if (stream := self._stream) is not None:
            stream.close()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                if not self._version or self._relist_is_due():
                    self._list()
                self._watch()
            except _TooOld:
                self._version = ""
            except (ApiUnavailable, ApiRefused) as error:
                self._back_off(error)

    def _relist_is_due(self) -> bool:
        return time.monotonic() - self._listed_at > _RELIST_SECONDS

    def _back_off(self, error: ApiUnavailable | ApiRefused) -> None:
        if isinstance(error, ApiRefused) and error.status == _GONE:
            self._version = ""
            return
        self._failures += 1
        least = 0.0
        if isinstance(error, ApiUnavailable):
            least = error.retry_after
        if self._failures > 1 or isinstance(error, ApiRefused):  # one failure may be a restart
            self._on_change(WatchFailed(error))
            self._version = ""  # list again: the first change after a failure comes at once
        pause = min(_LONGEST_PAUSE, 2.0 ** (self._failures - 2)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._closed.wait(max(least, pause))

    def _list(self) -> None:
        asked_at = time.monotonic()
        views: list[View] = []
        query: dict[str, str | int] = {"labelSelector": self._selector, "limit": _PAGE}
        while True:
            page = self._api.call("GET", self._path, query=query)
            views += [view for item in page["items"] if (view := self._view(item)) is not None]
            if not page["metadata"].get("continue"):
                break
            query["continue"] = page["metadata"]["continue"]
        self._version = page["metadata"]["resourceVersion"]
        self._listed_at = asked_at
        self._on_change(Listed(tuple(views), asked_at))

    def _watch(self) -> None:
        query: dict[str, str | int] = {
            "labelSelector": self._selector,
            "resourceVersion": self._version,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _WATCH_SECONDS,
        }
        with self._api.stream(self._path, query=query, read_timeout=_WATCH_SECONDS + 15) as stream:
            self._failures = 0
            self._stream = stream  # before the check: close() may run at the same time
            if self._closed.is_set():
                return
            for event in stream:
                self._handle_event(event["type"], event["object"])
                if self._closed.is_set():
                    return

    def _handle_event(self, kind: str, content: Mapping[str, Any]) -> None:
        if kind == "ERROR":
            if content.get("code") == _GONE:
                raise _TooOld
            raise ApiUnavailable(f"{self._path}: the watch failed: {content.get('message')}")
        self._version = content["metadata"]["resourceVersion"]
        if kind == "BOOKMARK":
            return
        if (view := self._view(content)) is not None:
            self._on_change(Deleted(view) if kind == "DELETED" else Observed(view))
