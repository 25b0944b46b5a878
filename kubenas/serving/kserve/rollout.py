"""A service's change to another model: begun, checked, kept or undone.

What the service was before is written down before it is changed. Whoever is killed leaves the old
model served or the new one, and the same call goes on from there.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kubenas.config import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.client.api import ApiAway
from kubenas.serving.kserve.inference_service import ServiceName, belongs_to
from kubenas.serving.kserve.probe_analysis import ProbeAnalysis, ProbeResult
from kubenas.serving.kserve.sample_check import (
    NoPredictions,
    Predictions,
    Sample,
    request_predictions,
)
from kubenas.serving.kserve.service_object import InferenceServiceObject
from kubenas.serving.kserve.service_state import (
    NotReady,
    ServiceSnapshot,
    canary_manifest,
    has_revisions,
    matches,
    readiness,
    restore_manifest,
)
from kubenas.storage import Storage
from kubenas.storage.document import find_document
from kubenas.trial import Value

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0


class RolloutState(Value):
    """``serving/<namespace>/<name>.json``: a changeover that is under way."""

    model: str
    """URI of the model that is to be served."""
    before: ServiceSnapshot | None
    """None: there was no service."""
    canary: bool
    """The new model is a revision beside the one before."""
    answer: tuple[tuple[float, ...], ...] | None
    """Of the model before, to the new one's sample; None: it is not known, or never asked."""


@dataclass(frozen=True)
class RolloutResult:
    """How it ended."""

    kept: bool
    """The new model is served; else the service is as it was before."""
    message: str
    url: str = ""
    """Of the service."""


@dataclass(frozen=True)
class RolloutTarget:
    """What is to be served, and how that is checked."""

    service: ServiceName
    manifest: Mapping[str, Any]
    model: str
    """URI of the SavedModel."""
    sample: Sample


class Rollout:
    """Makes a service serve ``target``.

    Args:
        service: the service on the API server.
        target: what it is to serve.
        config: how long, how much.
        output: where what was before is written down.
        in_cluster: this process can reach addresses of the cluster.
    """

    def __init__(
        self,
        service: InferenceServiceObject,
        target: RolloutTarget,
        config: ServingConfig,
        *,
        output: Storage,
        in_cluster: bool,
    ) -> None:
        self._service = service
        self._target = target
        self._wanted = target.manifest
        self._config = config
        self._output = output
        self._in_cluster = in_cluster
        self._file = f"serving/{target.service.namespace}/{target.service.name}.json"

    def run(self) -> RolloutResult:
        """Goes on where an earlier call was killed.

        Raises:
            UserError: a service of this name is not ours, or the API server refuses.
            ServiceConflict: others change it all the time.
            ApiAway: the API server does not answer.
        """
        found, intent = self._found(), self._remembered()
        if found and matches(found, self._wanted) and (intent is None or intent.canary):
            self._output.delete(self._file)
            return RolloutResult(True, "it was served already", _url(found))
        intent = self._begin(found, intent)
        percent = self._config.canary_percent
        self._service.apply(
            canary_manifest(self._wanted, percent) if intent.canary else self._wanted
        )
        end = self._checked(intent)
        return self._keep(intent) if end.right else self._undo(intent, end.why)

    def _found(self) -> dict[str, Any] | None:
        found = self._service.read()
        if found and not belongs_to(found, self._output.uri):
            raise UserError(
                f"{self._target.service} exists and was not made for {self._output.uri}; delete it,"
                " or choose another serving.name"
            )
        return found

    def _remembered(self) -> RolloutState | None:
        served = f"see that {self._target.service} serves what it should, then delete this file"
        return find_document(
            self._output, self._file, RolloutState, what="a changeover", remedy=served
        )

    def _begin(self, found: Mapping[str, Any] | None, earlier: RolloutState | None) -> RolloutState:
        """An unfinished changeover has not changed what was before."""
        before = earlier.before if earlier else ServiceSnapshot.of(found) if found else None
        as_canary = bool(before and found and has_revisions(found))
        intent = RolloutState(
            model=self._target.model,
            before=before,
            canary=as_canary,
            answer=None if as_canary else self._answer_before(found, earlier),
        )
        self._output.write(self._file, intent.to_json())
        return intent

    def _answer_before(
        self, found: Mapping[str, Any] | None, earlier: RolloutState | None
    ) -> tuple[tuple[float, ...], ...] | None:
        if earlier:
            return earlier.answer if earlier.model == self._target.model else None
        answer = self._answer(found, as_canary=False) if found else NoPredictions("no service")
        return None if isinstance(answer, NoPredictions) else tuple(map(tuple, answer.tolist()))

    def _checked(self, intent: RolloutState) -> ProbeResult:
        probation = ProbeAnalysis(
            ready_seconds=self._config.ready_seconds,
            hold_seconds=self._config.canary_seconds if intent.canary else 0.0,
            now=time.monotonic(),
        )
        said = ""
        while True:
            look = self._look(intent)
            if look.why not in {"", said}:
                said = look.why
                _LOG.info("%s: %s", self._target.service, said)
            end = probation.end(look, time.monotonic())
            if end is not None:
                return end
            time.sleep(_PAUSE)

    def _look(self, intent: RolloutState) -> ProbeResult:
        try:
            answer = self._answer(self._service.read(), as_canary=intent.canary)
        except ApiAway as error:
            return ProbeResult(None, str(error))
        if isinstance(answer, NoPredictions):
            return ProbeResult(None, answer.why)
        sample = self._target.sample
        if sample.agree(answer, sample.expected):
            return ProbeResult(True)
        alone = intent.before is None or intent.canary
        if alone or (intent.answer and not sample.agree(answer, np.asarray(intent.answer))):
            return ProbeResult(False, _difference(answer, sample))
        return ProbeResult(None, "the answers are not the new model's")

    def _answer(
        self, found: Mapping[str, Any] | None, *, as_canary: bool
    ) -> Predictions | NoPredictions:
        if found is None:
            return NoPredictions("the service has been deleted")
        ready = readiness(found, as_canary=as_canary, in_cluster=self._in_cluster)
        if isinstance(ready, NotReady):
            return NoPredictions(ready.why)
        return request_predictions(ready.url, self._target.service.name, self._target.sample)

    def _keep(self, intent: RolloutState) -> RolloutResult:
        self._service.apply(self._wanted)
        self._output.delete(self._file)
        checked = f"it answered {len(self._target.sample.expected)} test examples rightly"
        if intent.canary:
            how = f" as a canary with {self._config.canary_percent} % of the requests"
        elif intent.before and self._config.canary_percent:
            how = ", without a canary: KServe has no revisions of it, as it has on Knative"
        else:
            how = ""
        return RolloutResult(True, checked + how, _url(self._service.read()))

    def _undo(self, intent: RolloutState, why: str) -> RolloutResult:
        if intent.before is None:
            self._service.delete()
            then = "the service was removed, for there was none before"
        else:
            back = restore_manifest(self._wanted, intent.before, revisions=intent.canary)
            self._service.apply(back)
            then = "the model before is served again"
        self._output.delete(self._file)
        return RolloutResult(False, f"{why}; {then}")


def _difference(answer: Predictions, sample: Sample) -> str:
    if answer.shape != sample.expected.shape:
        return f"it answers with shape {answer.shape}, not {sample.expected.shape}"
    difference = float(np.abs(answer - sample.expected).max())
    return (
        f"its answers differ from the exported model's by {difference:.2g}, more than"
        f" {sample.tolerance:.0e}"
    )


def _url(found: Mapping[str, Any] | None) -> str:
    return str((found or {}).get("status", {}).get("url") or "")
