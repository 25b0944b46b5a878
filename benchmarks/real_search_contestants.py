"""The contestants of real_search.py. Each runs in its own process.

Each JSON line on standard output is an ended trial, {"at", "score", "epochs", "values"}. The last
line of kubenas is the chosen network, {"chosen": values}.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from kubenas.steps.setup.context import RunContext


def kubenas(context: RunContext) -> None:
    """Runs the search step of kubenas, which ends after ``search.max_seconds``."""
    from kubenas.steps.search import search
    from kubenas.trial import Outcome

    run = search(context)
    for trial in run.state.ended(Outcome.COMPLETED):
        assert trial.end is not None
        report_trial(trial.end.at, trial.end.score, trial.end.epochs, trial.proposal.values)
    print(json.dumps({"chosen": run.state.ranked(run.direction)[0].proposal.values}))


def report_trial(at: float, score: float | None, epochs: int, values: dict[str, Any]) -> None:
    line = {"at": at, "score": score, "epochs": epochs, "values": values}
    print(json.dumps(line), flush=True)


def keras_tuner(context: RunContext) -> None:
    """Runs Keras-Tuner's Bayesian optimisation as in its guide, until it is killed."""
    import keras
    import keras_tuner

    from kubenas.data.dataset.schema import read_schema
    from kubenas.data.loading import load_split
    from kubenas.search.seeds import derived_seed
    from kubenas.spaces.registry import load_hypermodel
    from kubenas.storage import open_storage

    class ReportingTuner(keras_tuner.BayesianOptimization):
        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            ended = self.oracle.get_trial(trial.trial_id)
            if ended.status == "COMPLETED":
                epochs = (ended.best_step or 0) + 1
                report_trial(
                    time.time(), float(ended.score), epochs, dict(ended.hyperparameters.values)
                )

    folder, config = Path(context.dataset), context.config
    schema = read_schema(open_storage(context.dataset))
    tuner = ReportingTuner(
        load_hypermodel(context.space, input_shape=schema.shape, num_classes=len(schema.classes)),
        objective="val_accuracy",
        max_trials=10_000,
        seed=derived_seed("oracle", config.search.seed),
        directory=sys.argv[3],
        max_consecutive_failed_trials=10_000,
    )
    batch = config.training.batch_size
    tuner.search(
        load_split(folder, "train", batch_size=batch, shuffle_seed=config.search.seed),
        validation_data=load_split(folder, "validation", batch_size=batch),
        epochs=config.epochs,
        callbacks=[keras.callbacks.EarlyStopping(patience=config.training.patience)],
        verbose=0,
    )


def retrain(context: RunContext) -> None:
    """Retrains the network with the values in a file and prints its test accuracy."""
    import keras
    import keras_tuner

    from kubenas.data.dataset.schema import read_schema
    from kubenas.data.loading import load_split
    from kubenas.spaces.registry import load_hypermodel
    from kubenas.storage import open_storage

    folder, config = Path(context.dataset), context.config
    schema = read_schema(open_storage(context.dataset))
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.values = json.loads(Path(sys.argv[3]).read_text())
    keras.utils.set_random_seed(config.search.seed)
    space = load_hypermodel(
        context.space, input_shape=schema.shape, num_classes=len(schema.classes)
    )
    model = space.build(hyperparameters)
    batch = config.training.batch_size
    model.fit(
        load_split(folder, "train", batch_size=batch, shuffle_seed=config.search.seed),
        validation_data=load_split(folder, "validation", batch_size=batch),
        epochs=config.epochs,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_accuracy", patience=config.training.patience, restore_best_weights=True
            )
        ],
        verbose=0,
    )
    test = model.evaluate(load_split(folder, "test", batch_size=batch), verbose=0, return_dict=True)
    print(json.dumps({"test_accuracy": test["accuracy"]}))


if __name__ == "__main__":
    given = RunContext.from_json(Path(sys.argv[2]).read_bytes())
    {"kubenas": kubenas, "keras_tuner": keras_tuner, "retrained": retrain}[sys.argv[1]](given)
