"""The result of a hand-over to serving."""

from typing import Literal

from kubenas.trial import Value


class Handoff(Value):
    """``handoff.json``: the result of a hand-over to serving."""

    state: Literal["none", "served", "written", "rolled-back"]
    """none: serving is not configured. written: only the YAML file was written. rolled-back: the
    new model failed its checks, and the service was restored."""
    message: str
    """One line of text for the user."""
    uri: str = ""
    """URI of the YAML file."""
    yaml: str = ""
    """Content of the YAML file."""
    url: str = ""
    """URL of the service."""

    @property
    def accepted(self) -> bool:
        """Whether the model may become the champion."""
        return self.state != "rolled-back"
