"""The rollout of a model to a service: apply, check, then keep or roll back.

The state of the service is saved before the change. After a crash, the service serves the old or
the new model, and the same call resumes the rollout.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kubenas.config import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.client.api import ApiUnavailable
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
    """``serving/<namespace>/<name>.json``: an unfinished rollout."""

    model: str
    """URI of the new model."""
    before: ServiceSnapshot | None
    """The service before the rollout; None if it did not exist."""
    canary: bool
    """Whether the new model is a canary revision next to the old one."""
    answer: tuple[tuple[float, ...], ...] | None
    """Answer of the old model to the new model's sample request; None if it is unknown."""


@dataclass(frozen=True)
class RolloutResult:
    """The result of a rollout."""

    kept: bool
    """Whether the new model is served. Otherwise the service was restored."""
    message: str
    url: str = ""
    """URL of the service."""


@dataclass(frozen=True)
class RolloutTarget:
    """The desired service and the sample request that checks it."""

    service: ServiceName
    manifest: Mapping[str, Any]
    model: str
    """URI of the SavedModel."""
    sample: Sample


class Rollout:
    """Rolls ``target`` out.

    Args:
        service: The service on the API server.
        target: The desired service.
        config: Section ``serving`` of the config.
        output: Store of the rollout's state.
        in_cluster: Whether this process can reach cluster-internal addresses.
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
        """Runs the rollout, or resumes one that was interrupted.

        Raises:
            UserError: The service belongs to another output, or the API server refused a request.
            ServiceConflict: Other clients keep changing the service.
            ApiUnavailable: The API server does not respond.
        """
        found, state = self._found(), self._unfinished()
        if found and matches(found, self._wanted) and (state is None or state.canary):
            self._output.delete(self._file)
            return RolloutResult(True, "the model was already served", _url(found))
        state = self._begin(found, state)
        percent = self._config.canary_percent
        self._service.apply(
            canary_manifest(self._wanted, percent) if state.canary else self._wanted
        )
        end = self._check(state)
        return self._keep(state) if end.correct else self._roll_back(state, end.reason)

    def _found(self) -> dict[str, Any] | None:
        found = self._service.read()
        if found and not belongs_to(found, self._output.uri):
            raise UserError(
                f"{self._target.service} does not belong to {self._output.uri}; delete it,"
                " or choose another serving.name"
            )
        return found

    def _unfinished(self) -> RolloutState | None:
        served = (
            f"make sure that {self._target.service} serves the right model, then delete this file"
        )
        return find_document(
            self._output, self._file, RolloutState, what="the state of a rollout", remedy=served
        )

    def _begin(self, found: Mapping[str, Any] | None, earlier: RolloutState | None) -> RolloutState:
        """Saves the state; keeps the snapshot of an unfinished rollout that came before."""
        before = earlier.before if earlier else ServiceSnapshot.of(found) if found else None
        as_canary = bool(before and found and has_revisions(found))
        state = RolloutState(
            model=self._target.model,
            before=before,
            canary=as_canary,
            answer=None if as_canary else self._answer_before(found, earlier),
        )
        self._output.write(self._file, state.to_json())
        return state

    def _answer_before(
        self, found: Mapping[str, Any] | None, earlier: RolloutState | None
    ) -> tuple[tuple[float, ...], ...] | None:
        if earlier:
            return earlier.answer if earlier.model == self._target.model else None
        answer = (
            self._answer(found, as_canary=False)
            if found
            else NoPredictions("the service does not exist")
        )
        return None if isinstance(answer, NoPredictions) else tuple(map(tuple, answer.tolist()))

    def _check(self, state: RolloutState) -> ProbeResult:
        analysis = ProbeAnalysis(
            ready_seconds=self._config.ready_seconds,
            hold_seconds=self._config.canary_seconds if state.canary else 0.0,
            now=time.monotonic(),
        )
        logged = ""
        while True:
            result = self._probe(state)
            if result.reason not in {"", logged}:
                logged = result.reason
                _LOG.info("%s: %s", self._target.service, logged)
            end = analysis.add(result, time.monotonic())
            if end is not None:
                return end
            time.sleep(_PAUSE)

    def _probe(self, state: RolloutState) -> ProbeResult:
        try:
            answer = self._answer(self._service.read(), as_canary=state.canary)
        except ApiUnavailable as error:
            return ProbeResult(None, str(error))
        if isinstance(answer, NoPredictions):
            return ProbeResult(None, answer.reason)
        sample = self._target.sample
        if sample.agree(answer, sample.expected):
            return ProbeResult(True)
        alone = state.before is None or state.canary
        if alone or (state.answer and not sample.agree(answer, np.asarray(state.answer))):
            return ProbeResult(False, _difference(answer, sample))
        return ProbeResult(
            None, "the answers differ from the new model's; the old model may still be answering"
        )

    def _answer(
        self, found: Mapping[str, Any] | None, *, as_canary: bool
    ) -> Predictions | NoPredictions:
        if found is None:
            return NoPredictions("the service has been deleted")
        ready = readiness(found, as_canary=as_canary, in_cluster=self._in_cluster)
        if isinstance(ready, NotReady):
            return NoPredictions(ready.reason)
        return request_predictions(ready.url, self._target.service.name, self._target.sample)

    def _keep(self, state: RolloutState) -> RolloutResult:
        self._service.apply(self._wanted)
        self._output.delete(self._file)
        checked = f"its answers to {len(self._target.sample.expected)} test examples are correct"
        if state.canary:
            how = f", as a canary with {self._config.canary_percent} % of the traffic"
        elif state.before and self._config.canary_percent:
            how = ", without a canary, which needs KServe on Knative"
        else:
            how = ""
        return RolloutResult(True, checked + how, _url(self._service.read()))

    def _roll_back(self, state: RolloutState, why: str) -> RolloutResult:
        if state.before is None:
            self._service.delete()
            then = "the service was deleted, because it did not exist before"
        else:
            back = restore_manifest(self._wanted, state.before, revisions=state.canary)
            self._service.apply(back)
            then = "the previous model is served again"
        self._output.delete(self._file)
        return RolloutResult(False, f"{why}; {then}")


def _difference(answer: Predictions, sample: Sample) -> str:
    if answer.shape != sample.expected.shape:
        return f"its answer has shape {answer.shape}; expected {sample.expected.shape}"
    difference = float(np.abs(answer - sample.expected).max())
    return (
        f"its answers differ from the exported model's by up to {difference:.2g}; the tolerance"
        f" is {sample.tolerance:.0e}"
    )


def _url(found: Mapping[str, Any] | None) -> str:
    return str((found or {}).get("status", {}).get("url") or "")
