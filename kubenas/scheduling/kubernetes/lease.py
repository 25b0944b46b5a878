"""One controller a search: it holds a Lease and renews it, and what it does bears the epoch.

A Lease alone is no fence, for its holder may have been paused. The fence is the journal, whose
next entry only one of two controllers can create.
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
"""Within the time after which a silent holder has lost it."""


class LeaseHeld(KubenasError):
    """Another process is alive and holds the search."""


@dataclass(frozen=True)
class LeaseTimings:
    """Times in seconds."""

    duration: float = 10.0
    """After which a holder that does not renew it has lost it."""
    max_wait: float = 60.0
    """To wait for a holder that does: it may be on its way out."""
    poll_interval: float = 1.0
    """Between two looks at another's Lease."""


@contextmanager
def held_lease(
    api: Api,
    lease: dict[str, Any],
    *,
    holder: str,
    on_lost: Callable[[str], None],
    timings: LeaseTimings | None = None,
) -> Iterator[int]:
    """Holds a Lease while entered; yields the epoch: the number of this tenure.

    While the API server does not answer, nobody else can take it, so it is not lost.

    Args:
        api: the cluster.
        lease: ``metadata`` of the Lease, with name and namespace.
        holder: who we are, such as a pod's uid; whoever has this name before us is dead.
        on_lost: called with the reason, from another thread, when someone else has taken it.
        timings: how long to wait for whom.

    Raises:
        LeaseHeld: someone else is alive and holds it.
        UserError: it may not be made or read.
    """
    tenure = _Holder(api, lease, holder, timings or LeaseTimings())
    tenure.acquire()
    stopped = threading.Event()
    renewing = threading.Thread(
        target=tenure.renew_until, args=(stopped, on_lost), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield tenure.epoch
    finally:
        stopped.set()
        tenure.release()


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
        """As we wrote it last; empty: it is not ours any more."""

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
        """Why it is lost; empty: it is not, as far as can be known."""
        try:
            self._write(self._lease, self._holder, self.epoch)
        except ApiUnavailable as error:
            _LOG.warning("the Lease is not renewed: %s", error)
        except ApiRefused:
            return self._why_refused()
        return ""

    def _why_refused(self) -> str:
        try:
            found = self._read()
        except (ApiUnavailable, UserError) as error:
            _LOG.warning("the Lease cannot be read: %s", error)
            return ""
        if found and self._is_ours(found):  # we wrote it, and the answer was lost
            self._lease = found
            return ""
        self._lease = {}
        return self._describe_loss(found)

    def release(self) -> None:
        with self._lock, suppress(ApiUnavailable, ApiRefused):  # it runs out by itself
            if self._lease:
                self._write(self._lease, "", self.epoch)

    def _read(self) -> dict[str, Any]:
        try:
            return self._api.call("GET", self._own)
        except ApiRefused as error:
            if error.status == 404:
                return {}
            raise UserError(
                f"Lease {self._metadata['name']}: {error}; install the chart, or have 'create',"
                " 'get' and 'update' of leases granted"
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
                if error.status not in {404, 409}:  # someone was faster
                    raise

    def _write(self, before: dict[str, Any], holder: str, epoch: int) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        acquired = before["spec"].get("acquireTime", now) if before else now
        new_tenure = not before or before["spec"].get("leaseTransitions", 0) != epoch
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": before["metadata"] if before else self._metadata,
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": max(1, round(self._timings.duration)),
                "acquireTime": now if new_tenure else acquired,
                "renewTime": now,
                "leaseTransitions": epoch,
            },
        }
        method, path = ("PUT", self._own) if before else ("POST", self._all)
        self._lease = self._api.call(method, path, body=body)

    def _describe_loss(self, found: dict[str, Any]) -> str:
        name = self._metadata["name"]
        if not found:
            return f"Lease {name}: it was deleted; run the same command again"
        return (
            f"Lease {name}: {found['spec'].get('holderIdentity')} runs this search at present; wait"
            " for it or stop it, then run the same command again"
        )
