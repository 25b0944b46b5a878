"""Pods that cannot start: Kubeflow says of their run that it is running, for ever.

What is decided here takes what Argo tells of the pods, in Kubernetes' own words, and the time.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kubenas.cli.kubeflow.run_states import any_pending, has_begun
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow
from kubenas.errors import UserError

LOOK_AFTER_SECONDS = 20.0
"""As long as pods start within this, nothing is asked."""
LOOK_EVERY_SECONDS = 10.0
TELL_AFTER_SECONDS = 25.0
"""A pod that waits for less is left alone: most are pulling their image."""
GIVE_UP_SECONDS = 40.0
"""How long what does not mend itself is given to do so all the same, since it was told."""
SILENT_SECONDS = 90.0
"""A pod that waits for so long is told of even if Kubernetes gives no reason."""

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
    """A pod waits for what does not come by itself, such as an image that does not exist."""


class PodStartMonitor:
    """Looks after the pods of one run that have not started; says each reason once."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._look_at: float | None = None
        self._seen: dict[str, float] = {}
        """When pods were first found waiting, by name."""
        self._told: dict[tuple[str, str], float] = {}
        """When it was told, by pod and reason."""

    def look(
        self, run: Mapping[str, Any], workflow: Callable[[], Workflow], now: float
    ) -> Iterator[str]:
        """Lines about pods of ``run`` that cannot start, if it is time to look.

        Args:
            run: what Kubeflow says of it.
            workflow: asks for it as Argo has it; called only if a pod has waited for a while.
            now: seconds by a clock that only goes on.

        Raises:
            PodCannotStart: what keeps one from starting was told and does not mend itself.
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
                f"{pod.task}: its pod cannot start: {_words(pod)}; the run still waits for it: mend"
                f" that, or terminate the run on its page: {self._page}"
            )


def _words(pod: Pod) -> str:
    if pod.message not in _NORMAL_REASONS:
        return pod.message
    if not pod.name:
        return "no pod of it is made; look at the log of Argo's workflow-controller"
    return (
        f"{pod.message or 'no reason given'}: an image is being pulled, or a volume is missing;"
        f" 'kubectl describe pod {pod.name}' tells"
    )
