"""What a hand-over to serving came to."""

from typing import Literal

from kubenas.trial import Value


class Handoff(Value):
    """What a hand-over to serving came to."""

    state: Literal["none", "served", "written", "rolled-back"]
    """none: nothing is configured. written: as YAML only. rolled-back: the new model was not
    served rightly, and what was served before is served again."""
    message: str
    """For people: one line."""
    uri: str = ""
    """Of the YAML file."""
    yaml: str = ""
    """Its content."""
    url: str = ""
    """Where the model is served."""

    @property
    def accepted(self) -> bool:
        """Nothing speaks against the model's being the champion."""
        return self.state != "rolled-back"
