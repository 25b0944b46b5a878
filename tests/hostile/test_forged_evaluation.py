"""An evaluation whose figures were made up, by an attempt that the controller did start."""

import io
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable
from kubenas.search.layout import search_folder
from kubenas.steps import evaluated_model
from kubenas.steps.evaluate import evaluate
from kubenas.steps.evaluated_model import check_evaluation
from kubenas.steps.setup import RunContext
from kubenas.storage import open_storage
from kubenas.training.evaluation import ComparedModel, ComparedModelKind
from tests.unit.steps.finished_runs import correct_examples, finished_run

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    return finished_run(str(tmp_path / "out"), 1, correct_examples(6, of=8))


def folder(run: RunContext) -> Path:
    return Path(run.output.uri, search_folder(run.search_id), "evaluate/a1")


def check(
    run: RunContext, *, networks: Collection[ComparedModelKind] = ("default", "pretrained")
) -> None:
    schema = read_schema(open_storage(run.dataset))
    check_evaluation(str(folder(run)), schema, networks=networks)


@pytest.mark.parametrize(
    "figure", ["accuracy", "balanced_accuracy", "roc_auc", "average_precision"]
)
def test_figures_follow_from_predictions(run: RunContext, figure: str) -> None:
    check(run)
    path = folder(run) / "evaluation.json"
    told = json.loads(path.read_text())
    assert told[figure] is None or told[figure] < 0.95
    path.write_text(json.dumps(told | {figure: 0.96}))
    with pytest.raises(DocumentUnusable, match="its metrics do not match predictions"):
        check(run)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda arrays: arrays["labels"].fill(1), "its labels differ from those of the test split"),
        (
            lambda arrays: arrays["labels"].fill(-1),
            "its labels differ from those of the test split",
        ),
        (
            lambda arrays: arrays["probabilities"].fill(2),
            "its probabilities are not between 0 and 1",
        ),
        (
            lambda arrays: arrays["probabilities"].fill(np.nan),
            "its probabilities are not between 0 and 1",
        ),
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


MAJORITY = ComparedModel(kind="majority", correct=8, examples=8, trained_on=8, train_seconds=0.0)
LINEAR = ComparedModel(kind="linear", correct=4, examples=8, trained_on=8, train_seconds=0.5)
DEFAULT = LINEAR.model_copy(update={"kind": "default"})
PRETRAINED = LINEAR.model_copy(update={"kind": "pretrained"})


def write_simple_models(run: RunContext, *models: dict[str, Any]) -> None:
    path = folder(run) / "evaluation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"simple_models": models}))


def test_possible_simple_models_are_accepted(run: RunContext) -> None:
    for models in (
        [],
        [MAJORITY],
        [LINEAR, MAJORITY],
        [PRETRAINED, MAJORITY],
        [DEFAULT, LINEAR, MAJORITY],
        [DEFAULT, PRETRAINED, LINEAR, MAJORITY],
    ):
        write_simple_models(run, *(model.model_dump() for model in models))
        check(run)


@pytest.mark.parametrize(("unasked", "asked"), [(DEFAULT, "pretrained"), (PRETRAINED, "default")])
def test_a_network_that_was_not_asked_for_is_refused(
    run: RunContext, unasked: ComparedModel, asked: ComparedModelKind
) -> None:
    models = (unasked, LINEAR, MAJORITY)
    write_simple_models(run, *(model.model_dump() for model in models))
    with pytest.raises(DocumentUnusable, match="its simple models do not match the data set"):
        check(run, networks={asked})


@pytest.mark.parametrize(
    "models",
    [
        [LINEAR],
        [MAJORITY, LINEAR],
        [DEFAULT],
        [LINEAR, DEFAULT, MAJORITY],
        [DEFAULT, DEFAULT, MAJORITY],
        [LINEAR, PRETRAINED, MAJORITY],
        [LINEAR, LINEAR, MAJORITY],
        [MAJORITY, MAJORITY],
        [LINEAR, MAJORITY.model_copy(update={"correct": 7})],
        [LINEAR.model_copy(update={"examples": 9}), MAJORITY],
        [LINEAR.model_copy(update={"trained_on": 9}), MAJORITY],
    ],
)
def test_simple_models_match_the_data_set(run: RunContext, models: list[ComparedModel]) -> None:
    write_simple_models(run, *(model.model_dump() for model in models))
    with pytest.raises(DocumentUnusable, match="its simple models do not match the data set"):
        check(run)


@pytest.mark.parametrize(
    "change", [{"correct": 9}, {"train_seconds": -1}, {"kind": "network"}, {"note": "best"}]
)
def test_impossible_simple_models_are_refused(run: RunContext, change: dict[str, Any]) -> None:
    write_simple_models(run, LINEAR.model_dump() | change, MAJORITY.model_dump())
    with pytest.raises(DocumentUnusable, match="evaluation"):
        check(run)


def test_an_evaluation_is_looked_at_once(run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def noting(prefix: str, schema: Any, **asked: Any) -> Any:
        looked.append(prefix)
        return check_evaluation(prefix, schema, **asked)

    monkeypatch.setattr(evaluated_model, "check_evaluation", noting)
    evaluate(run)
    assert looked == [str(folder(run))]
