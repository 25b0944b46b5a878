"""Creates runs with an exported model and evaluations with a given number of correct predictions.

The model files are placeholders: a trial process that loads them fails.
"""

import io
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from kubenas.config import Config
from kubenas.data.dataset.card import CARD_FILE
from kubenas.data.dataset.schema import SCHEMA_FILE, DataSchema, Normalization, Split
from kubenas.errors import ObjectExists
from kubenas.search.attempts.records import open_attempt_records
from kubenas.search.definition import define
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Closed, Ended, Opened, Proposed, Started
from kubenas.search.layout import definition_file, search_folder
from kubenas.steps.retrain import Choice, Retraining
from kubenas.steps.setup.config_lock import lock_config
from kubenas.steps.setup.context import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.training.evaluation import evaluate_predictions
from kubenas.trial import AttemptSpec, Outcome, Result, SpaceRef, Task

CLASSES = ("no", "yes")
SHAPE = (2, 2, 1)
TRIAL = 0
Correct = npt.NDArray[np.bool_]


def correct_examples(count: int, *, of: int = 2000, start: int = 0) -> Correct:
    """Correct predictions on ``count`` consecutive examples from ``start``."""
    found = np.zeros(of, bool)
    found[start : start + count] = True
    return found


def finished_run(
    root: str, generation: int, model: Correct, *, classes: tuple[str, ...] = CLASSES,
    shape: tuple[int, int, int] = SHAPE, config: dict[str, object] | None = None,
) -> RunContext:  # fmt: skip
    """Creates a run whose model has the correct predictions ``model``."""
    content = {"name": "n", "output": root, "data": {"source": "digits"}, **(config or {})}
    content["search"] = {"generation": generation}
    output = open_storage(root)
    context = RunContext(
        config=Config.model_validate(content),
        dataset=f"{root}/data/d{generation}",
        dataset_digest=f"d{generation}",
        space=SpaceRef(name="layers"),
    )
    lock_config(context.config, output)
    _data(output, generation, classes, shape, examples=len(model))
    _search(output, context)
    _models(output, context)
    write_evaluation(output, context.search_id, "evaluate", model, classes=classes)
    return context


def write_evaluation(
    output: Storage, search: str, task: str, model: Correct, *,
    parameters: int = 100, classes: tuple[str, ...] = CLASSES,
) -> None:  # fmt: skip
    """Writes a finished evaluation; all examples have the first class."""
    labels = np.zeros(len(model), np.int32)
    probabilities = np.zeros((len(model), len(classes)))
    probabilities[:, 0] = np.where(model, 0.9, 0.1)
    probabilities[:, 1] = 1 - probabilities[:, 0]
    evaluation = evaluate_predictions(labels, probabilities, classes=classes, model="m")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, labels=labels, probabilities=probabilities)
    result = Result(
        task=Task.EVALUATE, trial=TRIAL, attempt=1, outcome=Outcome.COMPLETED,
        metrics={"model_mib": 0.1}, parameters=parameters, flops=1000, latency_ms=1.0,
    )  # fmt: skip
    left = {"predictions.npz": buffer.getvalue(), "evaluation.json": evaluation.to_json()}
    write_attempt(output, search, task, result, left)


def write_attempt(
    output: Storage, search: str, task: str, result: Result, left: Mapping[str, bytes]
) -> None:
    """Writes a finished attempt and the controller's records of it."""
    for name, content in left.items():
        output.write(f"{search_folder(search)}/{task}/a1/{name}", content)
    records = open_attempt_records(output, search)
    with suppress(ObjectExists):
        records.start(task, AttemptSpec.model_construct(attempt=1, nonce="n"))
    records.decide(task, result)


def _data(
    output: Storage, generation: int, classes: tuple[str, ...], shape: tuple[int, int, int], *,
    examples: int,
) -> None:  # fmt: skip
    counts = (examples, *(0,) * (len(classes) - 1))
    split = Split(examples=examples, shards=(), class_counts=counts)
    schema = DataSchema(
        task="image-classification", digest=f"d{generation}", shape=shape, dtype="uint8",
        classes=classes, splits={"train": split, "validation": split, "test": split},
        normalization=Normalization(mean=(0.0,), variance=(1.0,)),
    )  # fmt: skip
    output.write(f"data/d{generation}/{SCHEMA_FILE}", schema.to_json())
    output.write(f"data/d{generation}/{CARD_FILE}", b"{}")


def _search(output: Storage, context: RunContext) -> None:
    definition = define(
        context.config,
        dataset=context.dataset,
        dataset_digest=context.dataset_digest,
        space=context.space,
    )
    output.create(definition_file(definition.id), definition.to_json())
    journal = Journal(output, search_folder(definition.id))
    for record in (
        Opened(at=1.0, controller="c"),
        Proposed(at=1.0, trial=TRIAL, values={"x": 1}, oracle_trial="0"),
        Started(at=1.0, trial=TRIAL, attempt=1),
        Ended(at=2.0, trial=TRIAL, outcome=Outcome.COMPLETED, attempt=1, score=0.5),
        Closed(at=3.0, reason="all trials were run"),
    ):
        journal.append(record)


def _models(output: Storage, context: RunContext) -> None:
    folder = search_folder(context.search_id)
    trained = Result(task=Task.TRAIN, trial=TRIAL, attempt=1, outcome=Outcome.COMPLETED, score=0.5)
    retrained = Retraining(
        trial=TRIAL, seed=1, prefix=f"{output.uri}/{folder}/retrain/t0-s1/a1", result=trained
    )
    choice = Choice(retrained=(retrained,), chosen=retrained)
    output.write(f"{folder}/retrain.json", choice.to_json())
    exported = trained.model_copy(update={"task": Task.EXPORT})
    left = {"model.keras": b"no model", "saved_model/1/saved_model.pb": b"no model"}
    write_attempt(output, context.search_id, "export", exported, left)
