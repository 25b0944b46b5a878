"""Fuzz tests of all parsers of files that another process has written.

A parser returns a value or raises a KubenasError. It raises no other exception and terminates. The
inputs are random bytes, truncated files, and valid files with one value replaced or one field
added.
"""

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubenas.data.dataset.card import DataCard, read_card
from kubenas.data.dataset.example_index import read_example_index
from kubenas.data.dataset.schema import read_schema
from kubenas.errors import KubenasError
from kubenas.reporting.network.drawing import draw_network
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.outputs import read_result
from kubenas.search.attempts.records import Decided, Started, open_attempt_records
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.segment import Segment, SegmentUnusable
from kubenas.search.layout import search_folder
from kubenas.search.run import read_search
from kubenas.search.warm_start.prior_results import Prior, PriorResult, read_prior
from kubenas.serving.kserve.sample_check import read_sample
from kubenas.steps.drift import read_drift
from kubenas.steps.evaluate import evaluate
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
from tests.unit.steps.finished_runs import correct_examples, finished_run

Read = Callable[[Storage], object]

ODD: list[Any] = [
    None, True, -1, 0, 2, 10**30, -(10**30), 1e308, "NaN", "Infinity", "-Infinity", "", "x" * 5000,
    "\x1b[2J", "../../up", [], {}, [[]], {"a": 1}, [None] * 50, {"": {}},
]  # fmt: skip
"""Replacements of JSON values."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    context = finished_run(
        str(tmp_path_factory.mktemp("hostile") / "out"), 1, correct_examples(6, of=8)
    )
    evaluate(context)  # which leaves a decision
    export = f"{search_folder(context.search_id)}/export/a1"
    context.output.write(f"{export}/sample_request.json", b"{}")
    return context


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


def _documents(run: Any) -> dict[str, tuple[bytes | None, Read]]:
    """Returns valid content (None: written by the run) and a reader for each file."""
    search, folder, data = run.search_id, search_folder(run.search_id), "data/d1"
    binding = Binding(AttemptRef(trial=0, attempt=1), Task.TRAIN)
    schema = read_schema(open_storage(run.dataset))
    counts = Decided(result=Result.from_json(_result()), sha256={"a": "b"})
    trial = f"{folder}/trials/00000/a1"

    def result(output: Storage) -> object:
        return read_result(output, trial, binding, max_seconds=1.0)

    def drawn(output: Storage) -> object:
        found = _architecture(output, f"{trial}/architecture.json")
        return draw_network(found) if found else None

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
        f"{folder}/attempts/evaluate/a1.json": (
            Started(at=1.0, nonce_sha256="0").to_json(),
            lambda o: open_attempt_records(o, search).binding(
                "evaluate", binding.ref, Task.EVALUATE
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
        f"{trial}/result.json": (_result(), result),
        f"{trial}/architecture.json": (json.dumps({"layers": [_LAYER, _NEXT]}).encode(), drawn),
        f"{trial}/history.jsonl": (
            EpochRecord(epoch=0, seconds=1.0, metrics={"loss": 1.0}).to_json(),
            lambda output: _histories(output, read_search(output, search)),
        ),
        f"{data}/schema.json": (None, lambda o: read_schema(open_storage(f"{o.uri}/{data}"))),
        f"{data}/card.json": (_card(), lambda o: read_card(open_storage(f"{o.uri}/{data}"))),
    }  # fmt: skip


def _paths(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(content, dict):
        for key, value in content.items():
            found += _paths(value, (*path, key))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            found += _paths(value, (*path, place))
    return found


def _replaced(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(content)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def forged(data: st.DataObject, sound: bytes) -> bytes:
    """Yields corrupt variants of ``sound``."""
    how = data.draw(st.sampled_from(["noise", "cut", "nested", "replaced", "added"]))
    if how == "noise":
        return data.draw(st.binary(max_size=200))
    if how == "cut":
        return sound[: data.draw(st.integers(0, len(sound)))]
    if how == "nested":
        return b"[" * 100_000
    content = json.loads(sound)
    path = data.draw(st.sampled_from(_paths(content)))
    if how == "added":
        return json.dumps({**content, "added": data.draw(st.sampled_from(ODD))}).encode()
    return json.dumps(_replaced(content, path, data.draw(st.sampled_from(ODD)))).encode()


FUZZED = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def refusal(read: Callable[[], object]) -> str:
    """Returns the message of the KubenasError that ``read`` raises, or an empty string."""
    try:
        read()
    except KubenasError as error:
        return str(error)
    return ""


@FUZZED
@given(data=st.data())
def test_every_document_is_read_or_refused_with_one_error(run: Any, data: st.DataObject) -> None:
    documents = _documents(run)
    name = data.draw(st.sampled_from(sorted(documents)))
    sound, read = documents[name]
    path = Path(run.output.uri, name)
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    content = forged(data, sound if sound is not None else before or b"{}")
    try:
        path.write_bytes(content)
        message = refusal(lambda: read(run.output))
    finally:
        path.unlink()
        if before is not None:
            path.write_bytes(before)
    assert len(message.splitlines()) <= 1, "one message"
    assert not message or Path(name).stem.partition("-")[0] in message, "it says where"


@FUZZED
@given(data=st.data())
def test_arrays_are_read_or_refused(run: Any, data: st.DataObject) -> None:
    folder = f"{search_folder(run.search_id)}/evaluate/a1"
    schema = read_schema(open_storage(run.dataset))
    path = Path(run.output.uri, folder, "predictions.npz")
    before = path.read_bytes()
    try:
        path.write_bytes(_forged_bytes(data, before))
        message = refusal(lambda: check_evaluation(f"{run.output.uri}/{folder}", schema))
    finally:
        path.write_bytes(before)
    assert not message or "predictions.npz" in message


@FUZZED
@given(data=st.data())
def test_the_contents_of_data_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3, [("key", "<u8"), ("label", "<i4")]))
    (tmp_path / "contents.npy").write_bytes(_forged_bytes(data, buffer.getvalue()))
    message = refusal(lambda: read_example_index(open_storage(str(tmp_path))))
    assert not message or "contents.npy" in message


@FUZZED
@given(data=st.data())
def test_segments_are_read_or_refused(data: st.DataObject) -> None:
    sound = Segment(1, [b'{"a": 1}'], "", "c").encode()
    try:
        Segment.decode(_forged_bytes(data, sound))
    except SegmentUnusable:
        return


def _forged_bytes(data: st.DataObject, sound: bytes) -> bytes:
    if data.draw(st.booleans()):
        return data.draw(st.binary(max_size=200))
    place = data.draw(st.integers(0, len(sound) - 1))
    return sound[:place] + data.draw(st.binary(max_size=4)) + sound[place + 1 :]


def test_predictions_that_unpack_to_more_than_the_test_split_are_not_unpacked(run: Any) -> None:
    folder = f"{search_folder(run.search_id)}/evaluate/a1"
    path = Path(run.output.uri, folder, "predictions.npz")
    before = path.read_bytes()
    np.savez_compressed(path, labels=np.zeros(8, np.int32), probabilities=np.zeros((8, 200_000)))
    try:
        with pytest.raises(KubenasError, match=r"predictions\.npz: not predictions for the test"):
            check_evaluation(f"{run.output.uri}/{folder}", read_schema(open_storage(run.dataset)))
    finally:
        path.write_bytes(before)
