"""The compiled pipeline on this machine, its artifacts at the URIs that Kubeflow would give them:
below a pipeline root in a bucket, and new ones for each run and task.

Steps are run by kfp. What they write to an artifact's path stays in a folder: this tells which URIs
are handed on, not how Kubeflow moves bytes.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp import components, local
from kfp.local import executor_input_utils as driver

from kubenas.cli.package import package_text
from kubenas.config import Config
from kubenas.config.form import to_form
from kubenas.storage import join

_MOUNTS = Path(__file__).with_name("mounts")


@dataclass(frozen=True)
class ArtifactLocation:
    """Locations of an artifact."""

    uri: str
    """Where Kubeflow has it."""
    kept_at: str | None
    """Where what it stands for is kept, if it says so."""


def run_below(root: str, config: Config, folder: Path) -> dict[str, ArtifactLocation]:
    """Runs the pipeline of ``config``; where each artifact that it handed on is, by step and name.

    Args:
        root: the pipeline root, such as ``s3://bucket/v2/artifacts``.
        config: what to run.
        folder: an empty one for what kfp writes.
    """
    environment = {
        "PYTHONPATH": str(_MOUNTS),
        "PYTHONSAFEPATH": "1",  # else our folder docker/ is what kfp imports as docker
        "KFP_MOUNTS": str(folder / "mounts"),
    }
    command = [sys.executable, __file__, root, json.dumps(to_form(config)), folder]
    subprocess.run(command, check=True, env={**os.environ, **environment})
    return {
        f"{file.parent.name}/{name}": _whereabouts(*listed["artifacts"])
        for file in folder.rglob("executor_output.json")
        for name, listed in json.loads(file.read_text()).get("artifacts", {}).items()
    }


def _whereabouts(artifact: Mapping[str, Any]) -> ArtifactLocation:
    return ArtifactLocation(artifact["uri"], artifact["metadata"].get("kept_at"))


def _execute(root: str, parameters: str, folder: str) -> None:
    local.init(
        runner=local.SubprocessRunner(use_venv=False), pipeline_root=folder, raise_on_error=True
    )
    given_locally = driver.artifact_type_schema_to_artifact_list

    def given_by_kubeflow(name: str, artifact_type: Any, task_root: str) -> Any:
        place = join(root, Path(task_root).parent.name, Path(task_root).name, uuid.uuid4().hex)
        return given_locally(name, artifact_type, place)

    driver.artifact_type_schema_to_artifact_list = given_by_kubeflow
    components.load_component_from_text(package_text())(**json.loads(parameters))


if __name__ == "__main__":
    _execute(*sys.argv[1:])
