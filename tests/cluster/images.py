"""Images under test: builds, pushes and digests."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from kubenas.images import CONTROLLER_IMAGE, TRAINER_IMAGE, in_registry

_ROOT = Path(__file__).parents[2]
_AWAY = ("connection refused", "was refused", "connect: connection", "unexpected EOF")
_AWAY_SECONDS = 150.0
_DOCKER = os.environ.get("DOCKER", "docker")
REGISTRY = os.environ.get("REGISTRY", "localhost:5000")
"""Registry to push to, from which the cluster pulls."""


@dataclass(frozen=True)
class Images:
    """References with digests: no node can use an older image of the same tag."""

    controller: str
    trainer: str


def publish_images() -> Images:
    """Builds and pushes the images; fast if nothing has changed.

    The trainer has TensorFlow for CPUs: a test cluster has no driver for its GPUs.
    """
    options = ["IMAGE_OPTIONS=--build-arg TENSORFLOW=cpu --network host --quiet"]
    run("make", "images", "PUSH=1", f"REGISTRY={REGISTRY}", f"DOCKER={_DOCKER}", *options)
    names = (in_registry(image, REGISTRY) for image in (CONTROLLER_IMAGE, TRAINER_IMAGE))
    return Images(*map(_with_digest, names))


def publish_folder(folder: Path, name: str) -> str:
    """Builds and pushes the image of ``folder``; returns its reference with digest."""
    image = in_registry(name, REGISTRY)
    run(_DOCKER, "build", "--quiet", "--tag", image, str(folder))
    run(_DOCKER, "push", "--quiet", image)
    return _with_digest(image)


def publish_copy(image: str, name: str) -> None:
    """Pushes an already pushed ``image`` under another name."""
    run(_DOCKER, "tag", image, name)
    run(_DOCKER, "push", "--quiet", name)
    run(_DOCKER, "rmi", name)


def run(*command: str, stdin: str | None = None) -> str:
    """Runs ``command`` and returns its stdout; the error contains its stderr.

    Retries while the API server does not answer: a test may have stopped it.
    """
    until = time.monotonic() + _AWAY_SECONDS
    while True:
        done = subprocess.run(
            command, cwd=_ROOT, input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout
        away = any(word in done.stderr for word in _AWAY) and time.monotonic() < until
        assert away, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
        time.sleep(1)


def _with_digest(image: str) -> str:
    repository = image.rpartition(":")[0]
    digests = run(_DOCKER, "inspect", "--format", '{{join .RepoDigests " "}}', image).split()
    return next(each for each in digests if each.startswith(f"{repository}@"))
