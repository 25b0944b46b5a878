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

from kubenas.data.dataset.example_index import read_example_index
from kubenas.data.dataset.schema import read_schema
from kubenas.errors import KubenasError
from kubenas.search.journal.segment import Segment, SegmentUnusable
from kubenas.search.layout import search_folder
from kubenas.steps.evaluate import evaluate
from kubenas.steps.evaluated_model import check_evaluation
from kubenas.storage import open_storage
from tests.hostile.documents import documents_of
from tests.unit.steps.finished_runs import correct_examples, finished_run

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
    documents = documents_of(run)
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
