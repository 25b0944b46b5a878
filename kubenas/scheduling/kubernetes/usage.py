"""Run time of an attempt's container, which determines its cost. Pure.

Time in a queue and the pull of the image do not count. All times come from the API server and thus
do not depend on when the controller was running.
"""

from kubenas.scheduling.kubernetes.views import JobView, PodView

CLOCK_RESOLUTION_SECONDS = 1.0
"""Error of a container's age: Kubernetes reports times in whole seconds."""
_FORGOTTEN = "ContainerStatusUnknown"
"""Termination reason of a container whose node has lost its state."""


def seconds_run(
    job: JobView | None, pod: PodView | None, *, began: float | None, now: float
) -> float | None:
    """Returns the run time of an ended attempt's container in seconds; 0: it never started.

    Args:
        job: last observed state; None: never observed.
        pod: last observed state; None: never observed.
        began: Unix time of the container's start, as ever reported by the pod.
        now: current Unix time.

    Returns:
        None if the container may have run and its run time is unknown.
    """
    if began is None:
        return None if _may_have_run(job, pod) else 0.0
    return max(0.0, _ended_at(pod, now) - began)


def _may_have_run(job: JobView | None, pod: PodView | None) -> bool:
    if pod is None:
        return job is not None and (job.complete or job.failed is not None)
    return pod.exit is not None and pod.exit.reason == _FORGOTTEN


def _ended_at(pod: PodView | None, now: float) -> float:
    """Returns the end of the container; for a lost node at most the pod's deletion deadline."""
    if pod is not None and pod.exit is not None and pod.exit.finished_at is not None:
        return pod.exit.finished_at
    deletion_deadline = pod.deletion_deadline if pod is not None else None
    return now if deletion_deadline is None else min(now, deletion_deadline)
