"""``retention:`` of search.yaml: what ``kubenas gc`` keeps."""

from typing import Literal

from pydantic import Field

from kubenas.trial import Value


class RetentionConfig(Value):
    """``retention:`` what ``kubenas gc`` keeps. It does not affect the search."""

    searches: int = Field(
        3, ge=1, description="Number of newest searches to keep; older searches are deleted."
    )
    champions: int = Field(
        3,
        ge=1,
        description="Number of searches to keep additionally for their models: of the champion and"
        " of previous champions, as targets of a rollback.",
    )
    checkpoints: Literal["none", "failed", "all"] = Field(
        "none",
        description="Checkpoints to keep when no trial or retraining resumes from them: none, those"
        " of failed trials, or all.",
    )
