"""The access policies in docs/policies: a trial can write its attempts, and nothing else.

The S3 policy is enforced by a test server. No test server supports the conditions of Google Cloud,
so that condition is evaluated here as its documentation specifies.
"""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage
from kubenas.trial import AttemptSpec, Outcome, Result, SpaceRef, Task, TrainingPlan
from tests.contracts.storage.servers import BUCKET

POLICY = Path(__file__).parents[3] / "docs/policies/trial-s3.json"
CONDITION = POLICY.with_name("trial-gcs.cel")
OUTPUT = f"s3://{BUCKET}/policy/out"
PLAN = TrainingPlan(
    epochs=1, batch_size=512, patience=0, seed=1, objective="val_accuracy", direction="max"
)

FORBIDDEN = (
    "champion/00001.json",
    "searches/s/search.json",
    "searches/s/journal/00000001.json",
    "searches/s/journal/trials/x",
    "searches/s/journal-segments/export/x",
    "searches/s/attempts/evaluate/a1.json",
    "searches/s/attempts/retrain/x/decided.json",
    "data/x",
    "report.html",
)
TRY_TO_WRITE = """
import sys
from kubenas.errors import StorageDenied
from kubenas.storage import open_storage, split
for uri in sys.argv[1:]:
    folder, name = split(uri)
    try:
        open_storage(folder).write(name, b"{}")
        print("written", uri)
    except StorageDenied:
        print("denied")
"""


@pytest.fixture
def trial(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AttemptSpec]:
    """The spec of a trial. The environment has credentials with the permissions of the policy."""
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path))
    spec = AttemptSpec(
        task=Task.TRAIN,
        search="s",
        trial=0,
        attempt=1,
        prefix=f"{OUTPUT}/searches/s/trials/00000/a1",
        space=SpaceRef(name="layers", options={"max_layers": 2}),
        dataset=prepare_dataset(DataConfig(source="digits"), open_storage(OUTPUT)).uri,
        training=PLAN,
    )
    open_storage(spec.prefix).write("spec.json", spec.to_json())
    access, secret = key_of_a_trial(os.environ["AWS_ENDPOINT_URL_S3"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    check_keys_after(0)
    yield spec
    check_keys_after(float("inf"))


def key_of_a_trial(url: str) -> tuple[str, str]:
    policy = POLICY.read_text(encoding="utf-8").replace("BUCKET/OUTPUT", f"{BUCKET}/policy/out")
    iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
    iam.create_user(UserName="trial")
    iam.put_user_policy(
        UserName="trial", PolicyName="trial", PolicyDocument=policy.replace("BUCKET", BUCKET)
    )
    key = iam.create_access_key(UserName="trial")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def check_keys_after(requests: float) -> None:
    url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/moto-api/reset-auth"
    request = urllib.request.Request(url, data=str(requests).encode(), method="POST")
    request.add_header("Content-Type", "text/plain")
    urllib.request.urlopen(request).close()


def test_a_trial_runs_under_the_policy_and_can_write_nothing_else(trial: AttemptSpec) -> None:
    command = [sys.executable, "-m", "kubenas.training.worker", f"{trial.prefix}/spec.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [f"{OUTPUT}/{name}" for name in FORBIDDEN] + [f"s3://{BUCKET}/elsewhere/x"]
    tried = subprocess.run(
        [sys.executable, "-c", TRY_TO_WRITE, *names], capture_output=True, text=True, check=True
    )
    assert tried.stdout.splitlines() == ["denied"] * len(names)
    check_keys_after(float("inf"))
    result = Result.from_json(open_storage(trial.prefix).read("result.json"))
    assert result.outcome == Outcome.COMPLETED


def extracted(name: str, template: str) -> str:
    """Implements Google's ``extract``: the part of ``name`` that matches the braces."""
    before, after = re.split(r"\{\w+\}", template)
    _, found, rest = name.partition(before)
    text, ended, _ = rest.partition(after)
    return text if found and ended else ""


def may_write_in_google_cloud(name: str) -> bool:
    condition = CONDITION.read_text(encoding="utf-8").replace("BUCKET", "b").replace("OUTPUT", "o")
    expression = condition.replace("&&", "and").replace("||", "or")
    expression = expression.replace("resource.name.startsWith", "name.startswith")
    expression = re.sub(r"resource\.name\.extract\(", "extracted(name, ", expression)
    whole = f"projects/_/buckets/b/objects/{name}"
    return bool(eval(f"({expression})", {"name": whole, "extracted": extracted}))


def test_the_condition_for_google_cloud_allows_attempts_and_nothing_else() -> None:
    tasks = ("trials/00000", "describe", "retrain/t00000-s1", "evaluate", "champion/1", "export")
    assert all(may_write_in_google_cloud(f"o/searches/s/{task}/a1/x") for task in tasks)
    refused = [f"o/{name}" for name in FORBIDDEN] + [
        "elsewhere/objects/o/searches/s/trials/x",
        "other/searches/s/trials/x",
    ]
    assert [name for name in refused if may_write_in_google_cloud(name)] == []
