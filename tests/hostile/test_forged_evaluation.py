"""An evaluation whose figures were made up, by an attempt that the controller did start."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable
from kubenas.search.layout import search_folder
from kubenas.steps import contender
from kubenas.steps.contender import check_evaluation
from kubenas.steps.evaluate import evaluate
from kubenas.steps.setup import RunContext
from kubenas.storage import open_storage
from tests.unit.steps.finished_runs import finished_run, right

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    return finished_run(str(tmp_path / "out"), 1, right(6, of=8))


def folder(run: RunContext) -> Path:
    return Path(run.output.uri, search_folder(run.search_id), "evaluate/a1")


def check(run: RunContext) -> None:
    check_evaluation(str(folder(run)), read_schema(open_storage(run.dataset)))


def test_figures_follow_from_predictions(run: RunContext) -> None:
    check(run)
    path = folder(run) / "evaluation.json"
    told = path.read_text()
    assert '"accuracy":0.75' in told
    path.write_text(told.replace('"accuracy":0.75', '"accuracy":1.0'))
    with pytest.raises(DocumentUnusable, match="its figures do not follow from predictions"):
        check(run)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda arrays: arrays["labels"].fill(1), "its labels are not those of the test split"),
        (lambda arrays: arrays["labels"].fill(-1), "its labels are not those of the test split"),
        (lambda arrays: arrays["probabilities"].fill(2), "numbers that are no probabilities"),
        (lambda arrays: arrays["probabilities"].fill(np.nan), "numbers that are no probabilities"),
        (lambda arrays: arrays.update(labels=arrays["labels"][:2]), "not predictions for the test"),
    ],
)
def test_predictions_are_of_the_test_split(run: RunContext, change: Change, says: str) -> None:
    path = folder(run) / "predictions.npz"
    arrays = dict(np.load(io.BytesIO(path.read_bytes())))
    change(arrays)
    np.savez(path, **arrays)
    with pytest.raises(DocumentUnusable, match=says):
        check(run)


def test_an_evaluation_is_looked_at_once(run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def noting(prefix: str, schema: Any) -> Any:
        looked.append(prefix)
        return check_evaluation(prefix, schema)

    monkeypatch.setattr(contender, "check_evaluation", noting)
    evaluate(run)
    assert looked == [str(folder(run))]
