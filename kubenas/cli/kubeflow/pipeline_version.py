"""Pipeline versions on a server, named by the digest of their content."""

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
    """A pipeline version on the server."""

    pipeline: str
    """Id of the pipeline."""
    id: str
    name: str
    uploaded: bool
    """Whether this call uploaded it."""

    @property
    def reference(self) -> api.V2beta1PipelineVersionReference:
        """Reference for a run or a recurring run."""
        return api.V2beta1PipelineVersionReference(
            pipeline_id=self.pipeline, pipeline_version_id=self.id
        )


def version_name(package: str) -> str:
    """Returns the name of the version with the content ``package``."""
    return f"{__version__}-{hashlib.sha256(package.encode()).hexdigest()[:12]}"


def ensure_version(server: Server, package: str) -> PipelineVersion:
    """Returns the version with the content ``package`` and uploads it if necessary.

    The pipeline and the version are created separately. An interrupted upload is completed, and
    objects that another client creates at the same time are reused.
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
    """Returns the id of the experiment and creates it if necessary."""
    return get_or_create(lambda: server.experiment(name), lambda: server.create_experiment(name))[0]


def get_or_create(find: Callable[[], str | None], create: Callable[[], str]) -> tuple[str, bool]:
    """Returns the id from ``find`` or else from ``create``, and whether it was created.

    Raises:
        Conflict: the object exists but cannot be found.
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
