"""The images in restricted pods: without root, on a read-only root file system."""

import json

import pytest

from kubenas.storage import Storage
from tests.cluster.namespace import Namespace
from tests.cluster.object_store import ObjectStore

pytestmark = pytest.mark.cluster

LOOK_AROUND = """
import json, os, sys
import kfp.dsl.executor_main, kubenas, tensorflow
from kubenas.storage import open_storage
try:
    open("/opt/kubenas/written", "w")
except OSError as error:
    refused = error.strerror
open_storage(sys.argv[1]).write("from-a-pod", b"seen")
print(json.dumps({"user": os.getuid(), "refused": refused, "version": kubenas.__version__}))
"""


def test_a_restricted_pod_imports_all_and_writes_to_the_store_only(
    namespace: Namespace, store: ObjectStore, output: Storage
) -> None:
    log = namespace.run_pod(
        "look", "python3", "-c", LOOK_AROUND, output.uri, environment=store.environment
    )
    seen = json.loads(log.splitlines()[-1])
    assert seen == {"user": 65532, "refused": "Read-only file system", "version": "0.1.0"}
    assert output.read("from-a-pod") == b"seen"
