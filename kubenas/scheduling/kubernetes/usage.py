"""For how long an attempt held what its pod asks for: as its container ran. Pure.

Neither the queue nor the pull of an image counts. Times are those that the API server tells, so
that it does not matter who watched, and when.
"""

from kubenas.scheduling.kubernetes.views import JobView, PodView

CLOCK_RESOLUTION_SECONDS = 1.0
"""By which a container may seem older or younger than it is: Kubernetes writes whole seconds."""
_FORGOTTEN = "ContainerStatusUnknown"
"""The reason of a container's end that its node tells when it has lost all else about it."""


def seconds_run(
    job: JobView | None, pod: PodView | None, *, began: float | None, now: float
) -> float | None:
    """Seconds from the start of an ended attempt's container to its end; 0: it never started.

    Args:
        job: as last seen; None: it was never seen.
        pod: the same.
        began: Unix time at which the container started, as its pod has said at any time.
        now: Unix time.

    Returns:
        None if it may have run and nobody can tell for how long.
    """
    if began is None:
        return None if _may_have_run(job, pod) else 0.0
    return max(0.0, _ended_at(pod, now) - began)


def _may_have_run(job: JobView | None, pod: PodView | None) -> bool:
    if pod is None:
        return job is not None and (job.complete or job.failed is not None)
    return pod.exit is not None and pod.exit.reason == _FORGOTTEN


def _ended_at(pod: PodView | None, now: float) -> float:
    """A node that is lost does not say it: then its pod counts until it was to be gone."""
    if pod is not None and pod.exit is not None and pod.exit.finished_at is not None:
        return pod.exit.finished_at
    deletion_deadline = pod.deletion_deadline if pod is not None else None
    return now if deletion_deadline is None else min(now, deletion_deadline)
