"""Kubeflow artifacts that refer to objects in the output.

Kubeflow accepts an artifact only below the artifact root of the run, but data sets and models
outlive the run. The artifact is therefore a small JSON document with the URI, which the UI shows.
The metadata also contain the URI, for components that consume the artifact.
"""

import json
from pathlib import Path
from typing import Any, Protocol

URI_KEY = "kept_at"
"""Key of the URI in the document and in the metadata."""


class Artifact(Protocol):
    """The part of kfp's output artifact that is used here."""

    path: str
    metadata: dict[str, Any]


def write_reference(artifact: Artifact, uri: str, **facts: str | int | float) -> None:
    """Writes a JSON document with ``uri`` and ``facts`` to ``artifact`` and to its metadata."""
    content = {URI_KEY: uri, **facts}
    artifact.metadata.update(content)
    Path(artifact.path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_copy(artifact: Artifact, text: str, uri: str) -> None:
    """Writes ``text``, a copy of the document at ``uri``, to ``artifact``."""
    artifact.metadata[URI_KEY] = uri
    Path(artifact.path).write_text(text, encoding="utf-8")
