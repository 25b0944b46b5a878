"""The DESCRIBE task: discovers the hyperparameters of a space and writes space.json."""

import keras
import keras_tuner
import numpy as np

from kubenas.data.kinds.registry import example_tensors
from kubenas.errors import UserError
from kubenas.training.model.candidate import build_model, load_space, user_file
from kubenas.training.model.example import zero_examples
from kubenas.training.model.exploration import explore
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import Phase, classify_errors
from kubenas.training.process.hyperparameters import space_json
from kubenas.training.tasks.smoke_test import run_smoke_test
from kubenas.trial import Outcome, Result

SPACE_FILE = "space.json"
_SUM_TOLERANCE = 1e-3


def describe(attempt: Attempt) -> Result:
    """Writes ``HyperParameters.get_config()`` of the whole space with default values.

    If the spec has a training plan, a smoke test runs the user's code as well.

    Raises:
        AttemptFailed: the space cannot be loaded, its default model is not valid, or the smoke test
            failed.
    """
    hypermodel = load_space(attempt)
    with classify_errors(Phase.DESCRIBING, user_file=user_file(attempt)):
        hp = keras_tuner.HyperParameters()
        model = build_model(attempt, hypermodel, hp)
        _check_predicts_classes(model, attempt)
        if attempt.spec.space.hypermodel is not None:
            asked = run_smoke_test(attempt) if attempt.spec.training else hp
            # A trial also loads the space before each build.
            hp = explore(lambda hp: load_space(attempt).build(hp), known=asked)
    attempt.storage.write(SPACE_FILE, space_json(hp))
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.COMPLETED,
        parameters=model.count_params(),
        artifacts={"space": SPACE_FILE},
    )


def _check_predicts_classes(model: keras.Model, attempt: Attempt) -> None:
    classes = len(attempt.schema.classes)
    examples = zero_examples(example_tensors(attempt.schema).network_spec, 2)
    output = model(examples, training=False)
    shape = tuple(getattr(output, "shape", ()))
    if shape != (2, classes):
        raise UserError(
            f"space.hypermodel: the model's output has shape {shape} for 2 examples; it must be"
            f" (2, {classes}): a probability for each of the {classes} classes"
        )
    sums = keras.ops.convert_to_numpy(output).sum(axis=1)
    if np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise UserError(
            "space.hypermodel: the model's outputs do not sum to 1; use softmax as the last"
            " activation"
        )
