"""Detection of pods that cannot start. Kubeflow shows their run as running without end.

The detection uses the pod messages in the Argo workflow and the elapsed time.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kubenas.cli.kubeflow.run_states import any_pending, has_begun
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow
from kubenas.errors import UserError

LOOK_AFTER_SECONDS = 20.0
"""Time before the workflow of a pending run is read."""
LOOK_EVERY_SECONDS = 10.0
TELL_AFTER_SECONDS = 25.0
"""Time a pod may be pending before a message is printed. Most pods pull their image."""
GIVE_UP_SECONDS = 40.0
"""Time between the message and the error for a reason that is usually permanent."""
SILENT_SECONDS = 90.0
"""Time a pod may be pending without a reason before a message is printed."""

_IMAGE = frozenset(
    (
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    )
)
_PERMANENT_REASONS = _IMAGE | {"CreateContainerConfigError"}
_NORMAL_REASONS = frozenset(("", "ContainerCreating", "PodInitializing"))


class PodCannotStart(UserError):
    """A pod cannot start, for example because its image does not exist."""


class PodStartMonitor:
    """Monitors the pending pods of one run and reports each reason once."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._look_at: float | None = None
        self._seen: dict[str, float] = {}
        """Time at which a pod was first seen pending, by name."""
        self._told: dict[tuple[str, str], float] = {}
        """Time of the message, by pod and reason."""

    def look(
        self, run: Mapping[str, Any], workflow: Callable[[], Workflow], now: float
    ) -> Iterator[str]:
        """Yields messages about pods of ``run`` that cannot start.

        Args:
            run: the run as returned by Kubeflow.
            workflow: returns the Argo workflow; called only if a pod has been pending for a while.
            now: seconds of a monotonic clock.

        Raises:
            PodCannotStart: a reported reason is permanent.
        """
        if not any_pending(run):
            self._look_at = None
            return
        if self._look_at is None:
            self._look_at = now + LOOK_AFTER_SECONDS
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_SECONDS
        found = workflow()
        waiting = [pod for pod in found.pods if pod.phase == "Pending"]
        if not has_begun(run):
            waiting = [Pod("", found.namespace, "run", "Pending", found.message)]
        for pod in waiting:
            yield from self._tell(pod, now)

    def _tell(self, pod: Pod, now: float) -> Iterator[str]:
        reason = pod.message.partition(":")[0]
        waited = now - self._seen.setdefault(pod.name, now)
        if waited < (SILENT_SECONDS if reason in _NORMAL_REASONS else TELL_AFTER_SECONDS):
            return
        key = pod.name, "image" if reason in _IMAGE else reason
        if key not in self._told:
            self._told[key] = now
            yield f"{pod.task:<12}cannot start: {_words(pod)}"
        elif reason in _PERMANENT_REASONS and now - self._told[key] >= GIVE_UP_SECONDS:
            raise PodCannotStart(
                f"{pod.task}: the pod cannot start: {_words(pod)}; the run is still pending: fix"
                f" the cause or terminate the run at {self._page}"
            )


def _words(pod: Pod) -> str:
    if pod.message not in _NORMAL_REASONS:
        return pod.message
    if not pod.name:
        return "no pod was created; check the log of Argo's workflow-controller"
    return (
        f"{pod.message or 'no reason given'}: an image is being pulled or a volume is missing;"
        f" see 'kubectl describe pod {pod.name}'"
    )
