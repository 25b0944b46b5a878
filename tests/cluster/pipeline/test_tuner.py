"""kubenas.Tuner with trials as Jobs, called from outside the cluster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kubenas.storage import Storage
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.pod_history import most_at_once, pod_history

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]

NOTEBOOK = Path(__file__).parent.with_name("notebook.py")
TRIALS, WORKERS, GPU = 4, 2, "nvidia.com/gpu"


def test_a_notebooks_function_is_searched_in_pods(
    namespace: Namespace, store: ObjectStore, output: Storage, tmp_path: Path
) -> None:
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
    runner = json.dumps({"kind": "kubernetes", "workers": WORKERS, "pod": pod})
    command = [sys.executable, str(NOTEBOOK), output.uri, runner]
    with pod_history(namespace, "app.kubernetes.io/component=trial") as pods:
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert len(pods) == TRIALS
    assert most_at_once(pods) <= WORKERS
    assert namespace.get("jobs") == []
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["names"] == ["layers", "rate", "units_0", "units_1"]
    assert told["loss"] == pytest.approx(told["score"], rel=1e-3)
