"""A Lease that allows one controller per search, with a number (epoch) for each lease term.

A paused holder does not notice that its Lease has expired. The journal therefore acts as the fence:
only one of two controllers can create its next entry.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubenas.errors import KubenasError, UserError
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable

_LOG = logging.getLogger(__name__)
_RENEWALS = 3
"""Renewals per lease duration."""


class LeaseHeld(KubenasError):
    """Another live process holds the Lease of the search."""


@dataclass(frozen=True)
class LeaseTimings:
    """Times in seconds."""

    duration: float = 10.0
    """Time without renewal after which a Lease expires."""
    max_wait: float = 60.0
    """Time to wait for a live holder, which may be about to exit."""
    poll_interval: float = 1.0
    """Time between two reads of another holder's Lease."""


@contextmanager
def held_lease(
    api: Api,
    lease: dict[str, Any],
    *,
    holder: str,
    on_lost: Callable[[str], None],
    timings: LeaseTimings | None = None,
) -> Iterator[int]:
    """Holds a Lease while entered; yields the epoch, the number of this lease term.

    While the API server does not answer, the Lease is not lost: nobody else can acquire it.

    Args:
        api: client of the cluster.
        lease: ``metadata`` of the Lease, with name and namespace.
        holder: identity such as a pod's uid; an earlier holder with the same identity is dead.
        on_lost: called with the reason, from another thread, when the Lease is lost.
        timings: durations and waiting times.

    Raises:
        LeaseHeld: another live process holds the Lease.
        UserError: these credentials may not create or read Leases.
    """
    lease_holder = _Holder(api, lease, holder, timings or LeaseTimings())
    lease_holder.acquire()
    stopped = threading.Event()
    renewing = threading.Thread(
        target=lease_holder.renew_until, args=(stopped, on_lost), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield lease_holder.epoch
    finally:
        stopped.set()
        lease_holder.release()


class _Holder:
    def __init__(self, api: Api, lease: dict[str, Any], holder: str, timings: LeaseTimings) -> None:
        self._api = api
        self._metadata = lease
        self._holder = holder
        self._timings = timings
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{lease['namespace']}/leases"
        self._own = f"{self._all}/{lease['name']}"
        self._lock = threading.Lock()
        self._lease: dict[str, Any] = {}
        """Last written state; empty while the Lease is not held."""

    @property
    def epoch(self) -> int:
        epoch: int = self._lease["spec"]["leaseTransitions"]
        return epoch

    def acquire(self) -> None:
        begun = seen_at = time.monotonic()
        seen: dict[str, Any] = {}
        while not self._lease:
            found = self._read()
            now = time.monotonic()
            if found != seen:
                seen, seen_at = found, now
            if self._is_available(found) or now - seen_at > self._timings.duration:
                self._try_to_take(found)
            elif (
                now - begun > self._timings.max_wait and now - seen_at < self._timings.duration / 2
            ):
                raise LeaseHeld(self._describe_loss(found))
            if not self._lease:
                time.sleep(self._timings.poll_interval)

    def renew_until(self, stopped: threading.Event, on_lost: Callable[[str], None]) -> None:
        while not stopped.wait(self._timings.duration / _RENEWALS):
            with self._lock:
                lost = "" if stopped.is_set() else self._renew()
            if lost:
                on_lost(lost)
                return

    def _renew(self) -> str:
        """Renews the Lease. Returns why it is lost; empty if it is held or its state is unknown."""
        try:
            self._write(self._lease, self._holder, self.epoch)
        except ApiUnavailable as error:
            _LOG.warning("the Lease could not be renewed: %s", error)
        except ApiRefused:
            return self._why_refused()
        return ""

    def _why_refused(self) -> str:
        try:
            found = self._read()
        except (ApiUnavailable, UserError) as error:
            _LOG.warning("the Lease could not be read: %s", error)
            return ""
        if found and self._is_ours(found):  # the write succeeded, but its answer was lost
            self._lease = found
            return ""
        self._lease = {}
        return self._describe_loss(found)

    def release(self) -> None:
        with self._lock, suppress(ApiUnavailable, ApiRefused):  # the Lease expires anyway
            if self._lease:
                self._write(self._lease, "", self.epoch)

    def _read(self) -> dict[str, Any]:
        try:
            return self._api.call("GET", self._own)
        except ApiRefused as error:
            if error.status == 404:
                return {}
            raise UserError(
                f"Lease {self._metadata['name']}: {error}; install the chart, or grant 'create',"
                " 'get' and 'update' on leases"
            ) from error

    def _is_available(self, found: dict[str, Any]) -> bool:
        return not found or found["spec"].get("holderIdentity", "") in {"", self._holder}

    def _is_ours(self, found: dict[str, Any]) -> bool:
        spec = found["spec"]
        identity = (spec.get("holderIdentity"), spec.get("leaseTransitions"))
        return identity == (self._holder, self.epoch)

    def _try_to_take(self, found: dict[str, Any]) -> None:
        epoch = found["spec"].get("leaseTransitions", 0) if found else 0
        with suppress(ApiUnavailable):
            try:
                self._write(found, self._holder, epoch + 1)
            except ApiRefused as error:
                if error.status not in {404, 409}:  # another process was faster
                    raise

    def _write(self, before: dict[str, Any], holder: str, epoch: int) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        acquired = before["spec"].get("acquireTime", now) if before else now
        new_term = not before or before["spec"].get("leaseTransitions", 0) != epoch
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": before["metadata"] if before else self._metadata,
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": max(1, round(self._timings.duration)),
                "acquireTime": now if new_term else acquired,
                "renewTime": now,
                "leaseTransitions": epoch,
            },
        }
        method, path = ("PUT", self._own) if before else ("POST", self._all)
        self._lease = self._api.call(method, path, body=body)

    def _describe_loss(self, found: dict[str, Any]) -> str:
        name = self._metadata["name"]
        if not found:
            return f"Lease {name} was deleted; run the same command again"
        return (
            f"Lease {name}: {found['spec'].get('holderIdentity')} is running this search; wait"
            " until it ends or stop it, then run the same command again"
        )
