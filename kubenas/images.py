"""The container images that this version runs in: the one place that names them.

``make images`` builds and tags them. A site with a registry of its own has them there under the
same names: see :func:`in_registry`.
"""

from kubenas import __version__

CONTROLLER_IMAGE = f"kubenas/controller:{__version__}"
"""Runs the steps of the pipeline, on CPUs."""

TRAINER_IMAGE = f"kubenas/trainer:{__version__}"
"""Runs trials, on GPUs."""

REGISTRY_VARIABLE = "KUBENAS_REGISTRY"
"""The environment variable that names the registry, for ``make images`` and the command line."""


def in_registry(image: str, registry: str) -> str:
    """``image`` as it is called in ``registry``, a host with or without a path; empty: as it is."""
    return f"{registry.rstrip('/')}/{image}" if registry else image


def trainer_beside(controller: str) -> str:
    """The trials' image that belongs to the steps' image ``controller``: in the same registry.

    Of an image that is not named as ours nothing is known: the trainer of this release.
    """
    repository = controller.partition("@")[0]
    if repository.rpartition("/")[2].count(":"):
        repository = repository.rpartition(":")[0]
    ours = CONTROLLER_IMAGE.rpartition(":")[0]
    if repository != ours and not repository.endswith(f"/{ours}"):
        return TRAINER_IMAGE
    return in_registry(TRAINER_IMAGE, repository.removesuffix(ours))


if __name__ == "__main__":
    print(CONTROLLER_IMAGE, TRAINER_IMAGE)  # noqa: T201 - what `make images` reads
