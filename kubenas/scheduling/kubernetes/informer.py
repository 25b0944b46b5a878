"""A cache of the Jobs and pods of a stage, kept current by two watches."""

import logging
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from kubenas.errors import KubenasError
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused
from kubenas.scheduling.kubernetes.client.watch import (
    Change,
    Deleted,
    Listed,
    Observed,
    Watch,
    WatchFailed,
)
from kubenas.scheduling.kubernetes.jobs import Jobs
from kubenas.scheduling.kubernetes.views import JobView, PodView, job_view, pod_view

_Kind = Literal["job", "pod"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Update:
    """A change of the Job ``name`` or of its pod."""

    name: str
    job: JobView | None = None
    pod: PodView | None = None
    gone: bool = False
    """Whether the Job or, if given, the pod was deleted."""


class InformerCache:
    """Latest state of Jobs and pods, like the cache of a client-go informer.

    Args:
        api: client of the cluster.
        jobs: paths of the Jobs and pods.
        selector: label selector of both.
    """

    def __init__(self, api: Api, jobs: Jobs, *, selector: str) -> None:
        self.jobs: dict[str, JobView] = {}
        self.pods: dict[str, PodView] = {}
        """Pods by the name of their Job."""
        self.watch_error: KubenasError | None = None
        """Why a watch is interrupted; None while both work."""
        self._expected: dict[str, float] = {}
        self._listed: set[_Kind] = set()
        self._changes: queue.SimpleQueue[tuple[_Kind, Change[Any]]] = queue.SimpleQueue()
        self._watches = (
            Watch(
                api,
                jobs.path,
                selector=selector,
                view=job_view,
                on_change=lambda change: self._changes.put(("job", change)),
            ),
            Watch(
                api,
                jobs.pods_path,
                selector=selector,
                view=pod_view,
                on_change=lambda change: self._changes.put(("pod", change)),
            ),
        )

    @property
    def synced(self) -> bool:
        """Whether both first lists have been received."""
        return len(self._listed) == len(self._watches)

    def expect(self, name: str) -> None:
        """Registers a Job that was just created: if the next list lacks it, it was deleted."""
        if name not in self.jobs:
            self._expected[name] = time.monotonic()

    def cached(self, name: str) -> Iterator[Update]:
        """Yields the cached states of a Job and its pod."""
        if (job := self.jobs.get(name)) is not None:
            yield Update(name, job=job)
        if (pod := self.pods.get(name)) is not None:
            yield Update(name, pod=pod)

    def wait_for_updates(self, timeout: float) -> list[Update]:
        """Returns the updates since the last call; waits up to ``timeout`` seconds for one.

        Raises:
            ApiRefused: these credentials may not watch Jobs or pods.
        """
        updates: list[Update] = []
        try:
            updates += self._take(*self._changes.get(timeout=timeout))
            while True:
                updates += self._take(*self._changes.get_nowait())
        except queue.Empty:
            pass
        if not all(watch.alive for watch in self._watches):
            raise RuntimeError("a watch has ended by itself")
        return updates

    def close(self) -> None:
        """Ends the watches."""
        for watch in self._watches:
            watch.close()

    def _take(self, kind: _Kind, change: Change[Any]) -> Iterator[Update]:
        if isinstance(change, WatchFailed):
            if isinstance(change.error, ApiRefused):
                raise change.error
            if self.watch_error is None:
                _logger.warning("%s", change.error)
            self.watch_error = change.error
            return
        self.watch_error = None
        match kind, change:
            case _, Listed(views=views, asked_at=asked_at):
                self._listed.add(kind)
                yield from self._relist(kind, views, asked_at)
            case "job", Observed(view=job):
                yield self._job(job)
            case "pod", Observed(view=pod):
                yield self._pod(pod)
            case "job", Deleted(view=job):
                self.jobs.pop(job.name, None)
                self._expected.pop(job.name, None)
                yield Update(job.name, job=job, gone=True)
            case "pod", Deleted(view=pod):
                self.pods.pop(pod.job, None)
                yield Update(pod.job, pod=pod, gone=True)

    def _relist(self, kind: _Kind, views: tuple[Any, ...], asked_at: float) -> Iterator[Update]:
        if kind == "pod":
            there = {view.job for view in views}
            for name in [name for name in self.pods if name not in there]:
                yield Update(name, pod=self.pods.pop(name), gone=True)
            yield from map(self._pod, views)
            return
        there = {view.name for view in views}
        expected = [name for name, since in self._expected.items() if since < asked_at]
        for name in [name for name in (*self.jobs, *expected) if name not in there]:
            self._expected.pop(name, None)
            yield Update(name, job=self.jobs.pop(name, None), gone=True)
        yield from map(self._job, views)

    def _job(self, job: JobView) -> Update:
        self._expected.pop(job.name, None)
        self.jobs[job.name] = job
        return Update(job.name, job=job)

    def _pod(self, pod: PodView) -> Update:
        self.pods[pod.job] = pod
        return Update(pod.job, pod=pod)
