"""The images under test: built, pushed, and named by their digests."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kubenas.images import CONTROLLER_IMAGE, TRAINER_IMAGE, in_registry

_ROOT = Path(__file__).parents[2]
_DOCKER = os.environ.get("DOCKER", "docker")
REGISTRY = os.environ.get("REGISTRY", "localhost:5000")
"""Where images are pushed to, and pulled from by the cluster."""


@dataclass(frozen=True)
class Images:
    """References that hold a digest, so that no node takes an older image for the same."""

    controller: str
    trainer: str


def publish_images() -> Images:
    """Builds and pushes the images; little is done if nothing has changed.

    The trainer has TensorFlow for CPUs: a cluster for tests has no driver behind its GPUs.
    """
    options = ["IMAGE_OPTIONS=--build-arg TENSORFLOW=cpu --network host --quiet"]
    run("make", "images", "PUSH=1", f"REGISTRY={REGISTRY}", f"DOCKER={_DOCKER}", *options)
    names = (in_registry(image, REGISTRY) for image in (CONTROLLER_IMAGE, TRAINER_IMAGE))
    return Images(*map(_with_digest, names))


def publish_folder(folder: Path, name: str) -> str:
    """Builds and pushes the image that ``folder`` describes; its reference, with its digest."""
    image = in_registry(name, REGISTRY)
    run(_DOCKER, "build", "--quiet", "--tag", image, str(folder))
    run(_DOCKER, "push", "--quiet", image)
    return _with_digest(image)


def run(*command: str) -> str:
    """What ``command`` says; its complaint is in the error if it fails."""
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _with_digest(image: str) -> str:
    repository = image.rpartition(":")[0]
    digests = run(_DOCKER, "inspect", "--format", '{{join .RepoDigests " "}}', image).split()
    return next(each for each in digests if each.startswith(f"{repository}@"))
