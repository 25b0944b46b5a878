"""Artifacts of Kubeflow for what stays in the output.

Kubeflow accepts an artifact only below the run's own root. Data sets and models outlive the run.
So the artifact is a small JSON document that names their URI, which the UI shows; the metadata name
it, too, for components that take the artifact.
"""

import json
from pathlib import Path
from typing import Any, Protocol

URI_KEY = "kept_at"
"""In the document and in the metadata: where it is."""


class Artifact(Protocol):
    """An output artifact as kfp hands it to a component."""

    path: str
    metadata: dict[str, Any]


def write_reference(artifact: Artifact, uri: str, **facts: str | int | float) -> None:
    """Makes ``artifact`` name what lies at ``uri``, with ``facts`` about it."""
    content = {URI_KEY: uri, **facts}
    artifact.metadata.update(content)
    Path(artifact.path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_copy(artifact: Artifact, text: str, uri: str) -> None:
    """Makes ``artifact`` a copy of the document ``text`` that lies at ``uri``."""
    artifact.metadata[URI_KEY] = uri
    Path(artifact.path).write_text(text, encoding="utf-8")
