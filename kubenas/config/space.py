"""``space:`` of search.yaml: which networks may be built."""

from typing import Any, Self

from pydantic import Field, model_validator

from kubenas.trial import Value


class SpaceConfig(Value):
    """``space:`` which networks may be built."""

    name: str | None = Field(
        None, description="A registered space ('kubenas spaces' lists them); empty: layers."
    )
    hypermodel: str | None = Field(
        None,
        description="Your own keras_tuner.HyperModel instead, as file.py:Name with a path or a"
        " URI before it: a class, an instance or a function build(hp). Runs only in trial"
        " processes. Empty: the named space.",
    )
    files: tuple[str, ...] = Field(
        (),
        description="Files that the hypermodel reads beside those that its sources name, as a list"
        " of patterns such as vocab/*.txt, relative to its folder; empty: none.",
    )
    requirements: str | None = Field(
        None,
        description="File beside the hypermodel's that lists the packages which it needs, such as"
        " requirements.txt; trials check that they are installed. Empty: none is checked.",
    )
    options: dict[str, Any] = Field(
        {},
        description='Options of the named space, as an object, such as {"max_layers": 6};'
        " empty: the space's defaults.",
    )

    @model_validator(mode="after")
    def _one_of_name_and_hypermodel(self) -> Self:
        if self.name and self.hypermodel:
            raise ValueError("give either 'name' or 'hypermodel', not both")
        if self.hypermodel:
            file, _, cls = self.hypermodel.rpartition(":")
            if not file.endswith(".py") or not cls.isidentifier():
                raise ValueError("hypermodel must look like 'my_module.py:MyHyperModel'")
        return self

    @model_validator(mode="after")
    def _files_of_the_hypermodels_folder(self) -> Self:
        for key, paths in {"files": self.files, "requirements": (self.requirements,)}.items():
            for path in filter(None, paths):
                if not self.hypermodel:
                    raise ValueError(f"{key} belongs to a 'hypermodel' of your own; give one")
                if "://" in path or path.startswith("/") or ".." in path.split("/"):
                    raise ValueError(f"{key}: '{path}' must lie in the hypermodel's folder")
        return self
