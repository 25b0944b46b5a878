"""kubenas.Tuner with trials as Jobs: whoever calls search() is outside of the cluster."""

import keras
import keras_tuner
import numpy as np
import pytest

import kubenas
from kubenas.storage import Storage
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.pod_history import most_at_once, pod_history

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]

GPU, TRIALS, WORKERS = "nvidia.com/gpu", 4, 2


def build_model(hp: keras_tuner.HyperParameters) -> keras.Model:
    """A regression; the loop's later names are not met at the defaults."""
    model = keras.Sequential([keras.Input((3,))])
    for layer in range(hp.Int("layers", 1, 2)):
        model.add(keras.layers.Dense(hp.Int(f"units_{layer}", 4, 16), "relu"))
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1, sampling="log")), "mse")
    return model


def test_a_notebooks_function_is_searched_in_pods(
    namespace: Namespace, store: ObjectStore, output: Storage
) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(256, 3)).astype(np.float32)
    y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32)
    pod = {
        "namespace": namespace.name,
        "image": namespace.images.trainer,
        "service_account": TRIAL,
        "accelerator": GPU,
        "env": store.environment,
        "cpu": "250m",
        "memory": "2Gi",
        "shared_memory": "64Mi",
    }
    tuner = kubenas.Tuner(
        build_model,
        objective="val_loss",
        max_trials=TRIALS,
        oracle="random",
        output=output.uri,
        runner={"kind": "kubernetes", "workers": WORKERS, "pod": pod},
    )
    with pod_history(namespace, "app.kubernetes.io/component=trial") as pods:
        tuner.search(x, y, epochs=3, validation_split=0.25, verbose=0)
    assert len(pods) == TRIALS
    assert most_at_once(pods) <= WORKERS
    assert namespace.get("jobs") == []

    best = tuner.oracle.get_best_trials(1)[0]
    assert {"layers", "units_0", "units_1", "rate"} == {
        each.name for each in tuner.oracle.get_space().space
    }
    (model,) = tuner.get_best_models(1)
    loss = model.evaluate(x[-64:], y[-64:], verbose=0)
    assert loss == pytest.approx(best.score, rel=1e-3)
