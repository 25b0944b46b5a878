"""What happens to a kind of object, by list and watch: nothing is missed, and little is asked.

A list in pages, then a watch from its resourceVersion with bookmarks. After a lost connection it
goes on where it was; a version that is too old (410) leads to a new list, as do a silence that was
told and, once in a while, mere caution.
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
"""After which the server ends a watch: no longer can a dead connection deceive us."""
_RELIST_SECONDS = 600.0
_LONGEST_PAUSE = 15.0
_CLOSE_SECONDS = 2.0
_GONE = 410

View = TypeVar("View")


@dataclass(frozen=True)
class Observed(Generic[View]):
    """An object was there, as ``view`` shows it."""

    view: View


@dataclass(frozen=True)
class Deleted(Generic[View]):
    """An object is gone; this is the last that was seen of it."""

    view: View


@dataclass(frozen=True)
class Listed(Generic[View]):
    """All objects that there are."""

    views: tuple[View, ...]
    asked_at: float
    """On the monotonic clock: what was made before it is among them, or gone."""


@dataclass(frozen=True)
class WatchFailed:
    """There is no watch at present: ``error`` says why. It is tried again."""

    error: KubenasError


Change = Observed[View] | Deleted[View] | Listed[View] | WatchFailed


class _TooOld(Exception):
    """The server has forgotten what happened since our last resourceVersion."""


class Watch(Generic[View]):
    """Watches in a thread of its own until it is closed.

    Args:
        api: the cluster.
        path: of the list.
        selector: labels of what is watched.
        view: makes of an object what is passed on; None: it does not concern us.
        on_change: called in the watch's thread with each change.
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
        """The resourceVersion up to which all is known; empty: nothing is."""
        self._listed_at = 0.0
        self._failures = 0
        """In a row."""
        self._thread = threading.Thread(target=self._run, name=f"watch {path}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it goes on; if not, and it has not been closed, there is a bug in it."""
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
        if self._failures > 1 or isinstance(error, ApiRefused):  # once may be a restart
            self._on_change(WatchFailed(error))
            self._version = ""  # so that the first thing told afterwards comes at once: a list
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
            self._stream = stream  # first, so that close() sees it, or is seen below
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
