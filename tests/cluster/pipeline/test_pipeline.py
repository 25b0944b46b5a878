"""The compiled pipeline on a cluster: steps as pods, and each attempt as a Job with a GPU."""

import json
from itertools import chain

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended
from kubenas.search.layout import search_folder
from kubenas.steps.report.lineage import champion_lineage
from kubenas.storage import Storage, open_storage
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.pipeline_runner import PipelineRunner
from tests.cluster.pod_history import most_at_once, pod_history

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]

TRIALS, WORKERS, GPU = 8, 3, "nvidia.com/gpu"


def parameters(output: Storage) -> dict[str, object]:
    return {
        "search_name": "digits",
        "output_uri": output.uri,
        "data_source": "digits",
        "network_space": "layers",
        "search_algorithm": "random",
        "max_trials": TRIALS,
        "epochs_per_trial": 3,
        "trials_at_once": WORKERS,
        "gpu_resource_per_trial": GPU,
        "settings": "{training: {patience: 0}, retrain: {candidates: 1, seeds: 1},"
        " runner: {pod: {cpu: 250m, memory: 2Gi, shared_memory: 64Mi}}}",
    }


def test_from_raw_data_to_a_model_that_predicts(
    namespace: Namespace, store: ObjectStore, output: Storage
) -> None:
    pipeline = PipelineRunner(namespace, store, parameters(output))
    with pod_history(namespace, "app.kubernetes.io/component=trial") as pods:
        pipeline.run_tasks()
    summary = json.loads(output.read("summary.json"))
    assert summary["trials"]["completed"] == TRIALS
    assert summary["promotion"]["record"] == 1
    assert output.exists("champion/00001.json")
    journal = Journal(output, search_folder(summary["search"])).read()
    assert sorted(r.trial for r in journal if isinstance(r, Ended)) == list(range(TRIALS))

    tasks = [states[0]["metadata"]["labels"]["kubenas/task"] for states in pods.values()]
    assert sorted(tasks) == ["describe", "evaluate", "export", *["train"] * (TRIALS + 1)]
    for pod in chain.from_iterable(pods.values()):
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["serviceAccountName"] == TRIAL  # by the chart's defaults
        held = container["resources"]["limits"].get(GPU)
        assert held == (None if pod["metadata"]["labels"]["kubenas/task"] == "describe" else "1")
    assert most_at_once(pods) <= WORKERS
    assert accuracy(summary["model"]) == pytest.approx(summary["test"]["accuracy"], abs=0.1)
    assert namespace.get("jobs") == []
    check_lineage(output, namespace)


def check_lineage(output: Storage, namespace: Namespace) -> None:
    """Which images trained and searched, by their digests."""
    origin = champion_lineage(output)
    assert origin.training is not None
    assert origin.run is not None
    assert digest(namespace.images.trainer) in str(origin.training.image)
    assert digest(namespace.images.controller) in str(origin.run.image)


def digest(image: str) -> str:
    return image.partition("@")[2]


def accuracy(model: str) -> float:
    """Of the exported model, loaded anew, on all digits."""
    digits = load_digits()
    served = tf.saved_model.load(str(open_storage(model).stage("1"))).signatures["serving_default"]
    images = tf.constant(digits.images[..., None].astype(np.float32))
    probabilities = served(image=images)["probabilities"].numpy()
    return float((probabilities.argmax(axis=1) == digits.target).mean())
