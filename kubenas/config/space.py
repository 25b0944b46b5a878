"""``space:`` of search.yaml: the search space."""

from typing import Any, Self

from pydantic import Field, model_validator

from kubenas.trial import Value

PRETRAINED_SPACE = "transfer"
"""The space whose networks have pretrained weights."""

TEXT_SPACE = "text"
"""The space of networks that classify texts."""


def missing_weights(space: str | None) -> str:
    """Returns the error message for a pretrained space without weights."""
    return f"weights: '{space}' needs a model that Keras saved (.keras)"


class SpaceConfig(Value):
    """``space:`` the search space."""

    name: str | None = Field(
        None,
        description="Name of a registered space (see 'kubenas spaces'). Empty: chosen by the data.",
    )
    hypermodel: str | None = Field(
        None,
        description="Your own keras_tuner.HyperModel as file.py:Name, with an optional path or URI"
        " before it: a class, an instance or a function build(hp). It runs only in trial"
        " processes. Empty: the named space.",
    )
    files: tuple[str, ...] = Field(
        (),
        description="Additional files that the hypermodel reads, as a list of patterns such as"
        " vocab/*.txt, relative to its folder; empty: none.",
    )
    requirements: str | None = Field(
        None,
        description="File with the packages that the hypermodel needs, such as requirements.txt,"
        " in the folder of the hypermodel; trials check that they are installed. Empty: no check.",
    )
    weights: str | None = Field(
        None,
        description="Pretrained network of the space transfer: path or URI of a model that Keras"
        " saved (.keras). Empty: none.",
    )
    options: dict[str, Any] = Field(
        {},
        description='Options of the named space, as an object, such as {"max_layers": 6};'
        " empty: the space's defaults.",
    )

    @model_validator(mode="after")
    def _check_name_or_hypermodel(self) -> Self:
        if self.name and self.hypermodel:
            raise ValueError("set either 'name' or 'hypermodel', not both")
        if self.options and not self.name and not self.hypermodel:
            raise ValueError("options: set 'name' as well; the default space depends on the data")
        if self.hypermodel:
            file, _, cls = self.hypermodel.rpartition(":")
            if not file.endswith(".py") or not cls.isidentifier():
                raise ValueError("hypermodel must look like 'my_module.py:MyHyperModel'")
        return self

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if self.weights and self.name != PRETRAINED_SPACE:
            raise ValueError(f"weights: only 'name: {PRETRAINED_SPACE}' uses them")
        if self.name == PRETRAINED_SPACE and not self.weights:
            raise ValueError(missing_weights(PRETRAINED_SPACE))
        return self

    @model_validator(mode="after")
    def _check_hypermodel_files(self) -> Self:
        for key, paths in {"files": self.files, "requirements": (self.requirements,)}.items():
            for path in filter(None, paths):
                if not self.hypermodel:
                    raise ValueError(f"{key} requires a 'hypermodel'")
                if "://" in path or path.startswith("/") or ".." in path.split("/"):
                    raise ValueError(f"{key}: '{path}' must lie in the hypermodel's folder")
        return self
