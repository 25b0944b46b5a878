"""The packaged pipeline as a version on a server: one for each content, named by its digest."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import kfp_server_api as api

from kubenas import __version__
from kubenas.cli.kubeflow.server import Server
from kubenas.cli.kubeflow.server_errors import Conflict

PIPELINE = "kubenas"
_DESCRIPTION = "Neural architecture search: from labelled data to a model ready to serve."


@dataclass(frozen=True)
class PipelineVersion:
    """A version that the server has."""

    pipeline: str
    """Id of the pipeline."""
    id: str
    name: str
    uploaded: bool
    """Whether it was uploaded just now."""

    @property
    def reference(self) -> api.V2beta1PipelineVersionReference:
        """As a run or a recurring run names it."""
        return api.V2beta1PipelineVersionReference(
            pipeline_id=self.pipeline, pipeline_version_id=self.id
        )


def version_name(package: str) -> str:
    """What the version with the content ``package`` is called."""
    return f"{__version__}-{hashlib.sha256(package.encode()).hexdigest()[:12]}"


def ensure_version(server: Server, package: str) -> PipelineVersion:
    """The version with the content ``package``, uploaded if the server has none.

    Pipeline and version are created apart, so that whatever was left half done is completed, and
    what somebody else creates meanwhile is taken.
    """
    pipeline = get_or_create(
        lambda: server.pipeline(PIPELINE), lambda: server.create_pipeline(PIPELINE, _DESCRIPTION)
    )[0]
    name = version_name(package)
    version, uploaded = get_or_create(
        lambda: server.version(pipeline, name),
        lambda: server.upload_version(pipeline, name, package),
    )
    return PipelineVersion(pipeline=pipeline, id=version, name=name, uploaded=uploaded)


def ensure_experiment(server: Server, name: str) -> str:
    """Id of the experiment, created if the server has none."""
    return get_or_create(lambda: server.experiment(name), lambda: server.create_experiment(name))[0]


def get_or_create(find: Callable[[], str | None], create: Callable[[], str]) -> tuple[str, bool]:
    """What ``find`` finds, else what ``create`` creates, and whether it was created.

    Raises:
        Conflict: it cannot be created because it exists, and yet it cannot be found.
    """
    found = find()
    if found is not None:
        return found, False
    try:
        return create(), True
    except Conflict:
        found = find()
        if found is None:
            raise
        return found, False
