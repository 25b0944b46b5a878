"""A search step in a pod with stand-in trials, and its invariants after faults."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubenas.config import Config
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Record, Started
from kubenas.search.journal.state import SearchState, fold
from kubenas.search.layout import attempt_folder, search_folder, space_file
from kubenas.steps.setup.context import RunContext
from kubenas.storage import Storage
from kubenas.trial import SpaceRef
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.pipeline_runner import PipelineRunner
from tests.cluster.pod_history import Pod, pod_history

PATIENCE = 240.0
"""Timeout in seconds of what takes a few seconds on an idle machine."""
TRIALS = "app.kubernetes.io/component=trial"
_SCRIPT = Path(__file__).parents[1] / "contracts/runner/stand_in_worker.py"
_WORKER = "/opt/kubenas/lib/python3.11/site-packages/kubenas/training/worker.py"
_SPACE = {
    "space": [
        {
            "class_name": "Float",
            "config": {
                "name": "x", "default": 0.5, "conditions": [], "min_value": 0.0, "max_value": 1.0,
                "step": None, "sampling": "linear",
            },
        }
    ],
    "values": {"x": 0.5},
}  # fmt: skip


@dataclass
class StandInSearch:
    """The search step of the compiled pipeline, on a space that needs no training."""

    pipeline: PipelineRunner
    context: RunContext
    output: Storage
    pods: Mapping[str, list[Pod]]
    """All observed states of each trial's pod, by uid."""

    def start(self) -> str:
        """Starts a pod of the step and returns its name. A second call acts as a retry."""
        return self.pipeline.start("search")

    def started(self, trials: int) -> str:
        """Starts a pod of the step and waits until ``trials`` pods of trials run."""
        pod = self.start()

        def they_run() -> bool:
            phase = self.namespace.get("pod", pod)["status"]["phase"]
            assert phase in ("Pending", "Running"), self.namespace.kubectl("logs", pod)
            return len(self.running()) >= trials

        self.wait_until(they_run)
        return pod

    def ended(self, pod: str, phase: str = "Succeeded") -> str:
        """Waits until the step's pod has ended in ``phase`` and returns its log."""
        found = self.namespace.wait_for_pod(pod, PATIENCE)
        log = self.namespace.kubectl("logs", pod)
        assert found == phase, log
        return log

    def running(self) -> list[Pod]:
        """Returns the running pods of trials."""
        selected = ("--selector", TRIALS, "--field-selector", "status.phase=Running")
        return self.namespace.get("pods", *selected)

    def attempt(self, trial: int) -> str:
        """Returns the folder in ``output`` of a trial's first attempt."""
        return attempt_folder(self.context.search_id, trial, 1)

    def wait_until(self, condition: Any) -> None:
        """Waits until ``condition()`` is true."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, self.namespace.describe()
            time.sleep(0.5)

    @property
    def namespace(self) -> Namespace:
        """Namespace of the pods."""
        return self.pipeline.namespace

    @property
    def records(self) -> list[Record]:
        """Returns the entries of the journal."""
        return Journal(self.output, search_folder(self.context.search_id)).read()

    def ends(self) -> Counter[int]:
        """Returns how often each trial has ended."""
        return Counter(record.trial for record in self.records if isinstance(record, Ended))

    def check_whole(self, trials: int) -> SearchState:
        """Checks the invariants and returns the final state.

        Each trial ended once, no attempt ran twice, nothing is left, and the journal replays.
        """
        records = self.records
        state = fold(records)
        assert state.closed
        assert self.ends() == Counter(range(trials))
        starts = Counter((r.trial, r.attempt) for r in records if isinstance(r, Started))
        assert set(starts.values()) == {1}
        labels = [states[0]["metadata"]["labels"] for states in self.pods.values()]
        ran = Counter((int(each["kubenas/trial"]), int(each["kubenas/attempt"])) for each in labels)
        assert set(ran.values()) == {1}
        assert ran.keys() <= starts.keys()
        self.wait_until(lambda: not self.namespace.get("jobs,pods", "--selector", TRIALS))
        return state


@contextmanager
def stand_in_search(
    namespace: Namespace,
    store: ObjectStore,
    output: Storage,
    *,
    options: Mapping[str, Any] | None = None,
    pod: Mapping[str, Any] | None = None,
    **sections: Mapping[str, Any],
) -> Iterator[StandInSearch]:
    """A search of 4 trials, 2 at a time, that has not been started.

    Args:
        namespace: namespace of the search.
        store: object store of ``output``.
        output: output of the search.
        options: behaviour of the workers, see stand_in_worker.py.
        pod: changes of ``runner.pod``.
        sections: changes of the config's sections.
    """
    context = RunContext(
        config=_config(namespace, output, pod or {}, sections),
        dataset=f"{output.uri}/data",
        dataset_digest="0" * 12,
        space=SpaceRef(name="any", options=dict(options or {})),
    )
    output.create(space_file(context.search_id), json.dumps(_SPACE).encode())
    script = {_SCRIPT.name: _SCRIPT.read_text(encoding="utf-8")}
    metadata = {"name": "stand-in"}
    namespace.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": script})
    pipeline = PipelineRunner(namespace, store, {})
    run = {"run": context.to_json().decode()}
    pipeline.outputs["prepare"] = {"parameters": run, "artifacts": {}}
    with pod_history(namespace, TRIALS) as pods:
        yield StandInSearch(pipeline, context, output, pods)


def _config(
    namespace: Namespace,
    output: Storage,
    pod: Mapping[str, Any],
    sections: Mapping[str, Mapping[str, Any]],
) -> Config:
    stand_in = {
        "image": namespace.images.trainer,
        "service_account": TRIAL,
        "cpu": "50m",
        "memory": "256Mi",
        "shared_memory": "16Mi",
        "scratch": "64Mi",
        "volumes": [{"name": "stand-in", "configMap": {"name": "stand-in"}}],
        "mounts": [{"name": "stand-in", "mountPath": _WORKER, "subPath": _SCRIPT.name}],
    }
    runner = {"kind": "kubernetes", "workers": 2, "pod": {**stand_in, **pod}}
    return Config.model_validate(
        {
            "name": "faults",
            "output": output.uri,
            "data": {"source": "digits"},
            "space": {"name": "layers"},
            "search": {"oracle": "random", "max_trials": 4} | dict(sections.get("search", {})),
            "training": {"epochs": 1} | dict(sections.get("training", {})),
            "runner": runner | dict(sections.get("runner", {})),
        }
    )
