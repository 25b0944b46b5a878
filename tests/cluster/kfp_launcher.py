"""Stand-in for Kubeflow's launcher, run in the container of a step.

``kfp_launcher.py EXECUTOR_INPUT ROOT OUTPUTS -- COMMAND...``: downloads the input artifacts to the
paths that kfp derives from their URIs, runs the command with its placeholders replaced, uploads the
output artifacts, and writes parameters and artifacts as one object to the URI ``OUTPUTS``. Like the
original, it rejects an artifact that is not below ``ROOT``, the run's own root, and writes the last
line of the log.
"""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from kubenas.storage import open_storage, split

_LOCAL = {"gs://": "/gcs/", "s3://": "/s3/", "minio://": "/minio/"}


def main(executor_input: str, root: str, outputs: str, separator: str, *command: str) -> int:
    assert separator == "--"
    given = json.loads(executor_input)
    for artifact in _artifacts(given["inputs"]):
        _download(artifact["uri"])
    for artifact in _artifacts(given["outputs"]):
        local_path(artifact["uri"]).parent.mkdir(parents=True, exist_ok=True)
    code = _run([word.replace("{{$}}", executor_input) for word in command])
    if code:
        sys.stderr.write(f"F1129 main.go:59] failed to execute component: exit status {code}\n")
        return 1
    folder, name = split(outputs)
    open_storage(folder).write(name, json.dumps(_collect(given["outputs"], root)).encode())
    return 0


def local_path(uri: str) -> Path:
    """Returns the path at which kfp's executor expects the artifact at ``uri``."""
    scheme = next(scheme for scheme in _LOCAL if uri.startswith(scheme))
    return Path(uri.replace(scheme, _LOCAL[scheme], 1))


def _run(command: list[str]) -> int:
    step = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda number, _: step.send_signal(number))
    return step.wait()


def _artifacts(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for named in part["artifacts"].values() for each in named["artifacts"]]


def _download(uri: str) -> None:
    """Downloads an object, or a folder of objects."""
    folder, name = split(uri)
    storage, target = open_storage(folder), local_path(uri)
    target.parent.mkdir(parents=True, exist_ok=True)
    if storage.exists(name):
        target.write_bytes(storage.read(name))
    elif next(iter(storage.list(f"{name}/")), None):
        shutil.copytree(storage.stage(name), target)


def _collect(outputs: dict[str, Any], root: str) -> dict[str, Any]:
    """Collects the step's parameters and artifacts; uploads those on the local disk."""
    file = Path(outputs["outputFile"])
    told = json.loads(file.read_text()) if file.exists() else {}
    parameters = {
        name: Path(each["outputFile"]).read_text()
        for name, each in outputs["parameters"].items()
        if name not in told.get("parameterValues", {})  # what a step returns is told, not written
    }
    artifacts = {}
    for name, listed in outputs["artifacts"].items():
        (artifact,) = listed["artifacts"]
        (said,) = told.get("artifacts", {}).get(name, {}).get("artifacts", [{}])
        artifacts[name] = {"artifacts": [artifact | said]}
        _upload(name, artifacts[name]["artifacts"][0]["uri"], root)
    return {"parameters": parameters | told.get("parameterValues", {}), "artifacts": artifacts}


def _upload(artifact: str, uri: str, root: str) -> None:
    if not uri.startswith(f"{root}/"):
        sys.exit(
            f'failed to upload output artifact "{artifact}": URI "{uri}" does not have expected'
            f' bucket prefix "{root}"'
        )
    source = local_path(uri)
    folder, name = split(uri)
    if source.is_dir():
        open_storage(folder).upload_tree(source, name)
    elif source.exists():
        open_storage(folder).write(name, source.read_bytes())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
