"""The files of a run that another process reads: valid content and a reader for each."""

import json
from collections.abc import Callable
from typing import Any

from kubenas.data.dataset.card import DataCard, read_card
from kubenas.data.dataset.schema import read_schema
from kubenas.reporting.network.drawing import draw_network
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.outputs import read_result
from kubenas.search.attempts.records import Decided, Started, open_attempt_records
from kubenas.search.journal.journal import Journal
from kubenas.search.layout import search_folder
from kubenas.search.run import read_search
from kubenas.search.warm_start.prior_results import Prior, PriorResult, read_prior
from kubenas.serving.kserve.sample_check import read_sample
from kubenas.steps.drift import read_drift
from kubenas.steps.evaluated_model import check_evaluation
from kubenas.steps.gate import read_decision
from kubenas.steps.process.outcome import StepOutcome, read_outcomes
from kubenas.steps.process.status import Status, read_status
from kubenas.steps.promote import read_handoff
from kubenas.steps.report.report_input import _architecture, _histories
from kubenas.steps.report.summary import read_summary
from kubenas.steps.retrain import read_choice
from kubenas.steps.setup.config_lock import read_config_lock
from kubenas.steps.setup.run_info import RunInfo, read_run_info
from kubenas.storage import Storage, open_storage
from kubenas.training.fit.history import EpochRecord
from kubenas.training.sample_request import SampleAnswer
from kubenas.trial import AttemptRef, Outcome, Result, Task
from kubenas.tuner.search_view import LatestSearch, latest_search

Read = Callable[[Storage], object]


def _card() -> bytes:
    return DataCard(
        source="s", digest="d", task="t", examples=2, shape=(2, 2, 1), dtype="uint8",
        classes=("a", "b"), counts={"train": (1, 1)}, imbalance=1.0, duplicates=0,
        label_conflicts=0, seed=1, notes=(), warnings=(),
    ).to_json()  # fmt: skip


def _result() -> bytes:
    return Result(
        task=Task.TRAIN, trial=0, attempt=1, outcome=Outcome.COMPLETED, score=0.5, parameters=3,
        metrics={"loss": 0.1}, latency_ms=1.0, flops=2, nonce="n",
    ).to_json()  # fmt: skip


_LAYER = {
    "name": "dense", "class": "Dense", "output_shape": [None, 2], "parameters": 6, "inbound": [],
    "config": {"units": 2, "activation": "relu", "strides": [1, 1], "kernel_size": [3, 3]},
}  # fmt: skip

_NEXT = {**_LAYER, "name": "next", "inbound": ["dense"]}


Documents = dict[str, tuple[bytes | None, Read]]
"""Valid content (None: written by the run) and a reader for each file."""


def documents_of(run: Any) -> Documents:
    return _run_documents(run) | _task_documents(run) | _trial_documents(run)


def _run_documents(run: Any) -> Documents:
    """Documents of the output, its data and its search."""
    search, folder, data = run.search_id, search_folder(run.search_id), "data/d1"
    return {
        "config.json": (None, read_config_lock),
        "status.json": (Status(step="s", at=1.0, progress={"done": 1}).to_json(), read_status),
        "steps/search.json": (
            StepOutcome(step="search", state="done", key="k").to_json(), read_outcomes,
        ),
        "summary.json": (b'{"name": "n"}', read_summary),
        "tuner.json": (LatestSearch(search=search).to_json(), latest_search),
        f"{folder}/search.json": (None, lambda output: read_search(output, search)),
        f"{folder}/journal/00000002.json": (None, lambda o: Journal(o, folder).read()),
        f"{folder}/retrain.json": (None, lambda output: read_choice(output, search)),
        f"{folder}/decision.json": (None, lambda output: read_decision(output, search)),
        f"{folder}/drift.json": (b'{"digest": "d"}', lambda output: read_drift(output, search)),
        f"{folder}/handoff.json": (
            b'{"state": "none", "message": "m"}', lambda output: read_handoff(output, search),
        ),
        f"{folder}/origin.json": (
            RunInfo(at=1.0, host="h").to_json(), lambda output: read_run_info(output, search),
        ),
        f"{folder}/prior.json": (
            Prior(known=(PriorResult(values={"x": 1}, merit=1.0),)).to_json(),
            lambda output: read_prior(output, search),
        ),
        f"{data}/schema.json": (None, lambda o: read_schema(open_storage(f"{o.uri}/{data}"))),
        f"{data}/card.json": (_card(), lambda o: read_card(open_storage(f"{o.uri}/{data}"))),
    }  # fmt: skip


def _task_documents(run: Any) -> Documents:
    """Documents of the attempts of the steps."""
    search, folder = run.search_id, search_folder(run.search_id)
    ref = AttemptRef(trial=0, attempt=1)
    schema = read_schema(open_storage(run.dataset))
    counts = Decided(result=Result.from_json(_result()), sha256={"a": "b"})
    return {
        f"{folder}/attempts/evaluate/a1.json": (
            Started(at=1.0, nonce_sha256="0").to_json(),
            lambda o: open_attempt_records(o, search).binding(
                "evaluate", ref, Task.EVALUATE
            ),
        ),
        f"{folder}/attempts/evaluate/decided.json": (
            counts.to_json(),
            lambda output: open_attempt_records(output, search).finished("evaluate"),
        ),
        f"{folder}/evaluate/a1/evaluation.json": (
            None, lambda output: check_evaluation(f"{output.uri}/{folder}/evaluate/a1", schema),
        ),
        f"{folder}/export/a1/sample_answer.json": (
            SampleAnswer(predictions=((0.5,),), labels=("a",), tolerance=0.1).to_json(),
            lambda output: read_sample(open_storage(f"{output.uri}/{folder}/export/a1"), None),
        ),
    }  # fmt: skip


def _trial_documents(run: Any) -> Documents:
    """Documents that a trial writes."""
    search, trial = run.search_id, f"{search_folder(run.search_id)}/trials/00000/a1"
    binding = Binding(AttemptRef(trial=0, attempt=1), Task.TRAIN)

    def result(output: Storage) -> object:
        return read_result(output, trial, binding, max_seconds=1.0)

    def drawn(output: Storage) -> object:
        found = _architecture(output, f"{trial}/architecture.json")
        return draw_network(found) if found else None

    return {
        f"{trial}/result.json": (_result(), result),
        f"{trial}/architecture.json": (json.dumps({"layers": [_LAYER, _NEXT]}).encode(), drawn),
        f"{trial}/history.jsonl": (
            EpochRecord(epoch=0, seconds=1.0, metrics={"loss": 1.0}).to_json(),
            lambda output: _histories(output, read_search(output, search)),
        ),
    }  # fmt: skip
