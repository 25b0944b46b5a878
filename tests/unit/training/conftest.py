"""Fixtures for attempts on scikit-learn's digits, with registered or inline HyperModels."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage
from kubenas.trial import AttemptSpec, SpaceRef, Task, TrainingPlan

MakeSpec = Callable[..., AttemptSpec]

LINEAR = """
import keras, keras_tuner
class Mine(keras_tuner.HyperModel):
    def build(self, hp):
        image = keras.Input((8, 8, 1), name="image")
        values = keras.layers.Flatten()(image)
        output = keras.layers.Dense(10, "softmax", name="probabilities")(values)
        model = keras.Model(image, output)
        optimizer = keras.optimizers.Adam(0.02)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""
"""A minimal HyperModel for tests that do not depend on the model."""


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of the prepared data set."""
    output = open_storage(str(tmp_path_factory.mktemp("digits")))
    return prepare_dataset(DataConfig(source="digits"), output).uri


def spec_in(
    folder: Path,
    dataset: str,
    task: Task = Task.TRAIN,
    *,
    source: str | None = LINEAR,
    plan: dict[str, Any] | None = None,
    attempt: int = 1,
    **fields: Any,
) -> AttemptSpec:
    """Returns a spec. ``source`` is the HyperModel file, ``plan`` overrides plan fields."""
    space = SpaceRef(name="layers")
    if source is not None:
        file = folder / "mine.py"
        file.write_text(source)
        space = SpaceRef(hypermodel=f"{file}:Mine")
    standard = TrainingPlan(
        epochs=2,
        batch_size=128,
        patience=0,
        seed=1,
        objective="val_accuracy",
        direction="max",
    )
    return AttemptSpec(
        task=task,
        search="s",
        trial=0,
        attempt=attempt,
        prefix=str(folder / f"{task}" / f"a{attempt}"),
        space=space,
        dataset=dataset,
        training=standard.model_copy(update=plan or {}),
        **fields,
    )


@pytest.fixture
def make_spec(digits: str, tmp_path: Path) -> MakeSpec:
    """Returns :func:`spec_in` for the test's folder and the digits."""
    return partial(spec_in, tmp_path, digits)
