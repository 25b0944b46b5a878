"""``retention:`` of search.yaml: what ``kubenas gc`` keeps."""

from typing import Literal

from pydantic import Field

from kubenas.trial import Value


class RetentionConfig(Value):
    """``retention:`` what ``kubenas gc`` leaves in the output. Changes nothing about the search."""

    searches: int = Field(
        3, ge=1, description="Searches to keep, the newest; older ones go with all they hold."
    )
    champions: int = Field(
        3,
        ge=1,
        description="Searches to keep besides, for their models: those of the champion and of the"
        " ones before it, which a rollback can name.",
    )
    checkpoints: Literal["none", "failed", "all"] = Field(
        "none",
        description="Whose checkpoints stay once nothing resumes from them: none's, those of"
        " failed trials, or all.",
    )
